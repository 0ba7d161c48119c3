import type { ResourceNode } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import {
  checkBootstrapConfiguration,
  MemoryBootstrapStore,
  parseBootstrapJson,
  serverAccount,
  type BootstrapConfiguration,
} from '../../src/index.ts';

const ACCOUNT = { shortServerId: 1, uri: 'coap://192.0.2.1', securityInstanceId: 1 };

function resource(id: number, type: ResourceNode['type'], value: string | number): ResourceNode {
  return { kind: 'singleResource', id, type, value };
}

test.each([
  ['a lifetime that is no integer', serverAccount({ ...ACCOUNT, lifetime: 1.5 }), '/1/1 can not be written'],
  ['a lifetime that is no number', serverAccount({ ...ACCOUNT, lifetime: NaN }), '/1/1 can not be written'],
  ['a value of another type', [{ path: '/0/1', resources: [resource(5, 'opaque', 'secret')] }], '/0/1 can not'],
  ['an id that is none', [{ path: '/1/0', resources: [resource(70_000, 'string', 'x')] }], '/1/0 can not be written'],
  ['the id of no instance', [{ path: '/1/65535', resources: [] }], '/1/65535 can not be written'],
  [
    'one instance by two names',
    [
      { path: '/1/0', resources: [] },
      { path: '1/0', resources: [] },
    ],
    '/1/0 is written twice',
  ],
])('%s can not be written', (_, instances, expected) => {
  expect(() => checkBootstrapConfiguration({ instances })).toThrow(expected);
});

test.each([
  [{ operation: 'execute', path: '/1/0' }, 'a question is a discover or a read'],
  [{ operation: 'read', path: '/1/0', when: 'later' }, 'a question is asked first or afterDeletes or beforeFinish'],
])('%s is no question', (query, expected) => {
  const configuration = { instances: [], queries: [query] } as unknown as BootstrapConfiguration;
  expect(() => checkBootstrapConfiguration(configuration)).toThrow(expected);
});

test.each([
  ['nothing', undefined, 'a bootstrap configuration has `instances`, a list of Object Instances'],
  ['no instances', {}, 'a bootstrap configuration has `instances`'],
  ['the instances themselves', serverAccount(ACCOUNT), 'a bootstrap configuration has `instances`'],
  ['an instance that is none', { instances: [null] }, 'an Object Instance that is written has a `path`'],
  ['an instance without a path', { instances: [{ resources: [] }] }, 'an Object Instance that is written has a `path`'],
  ['an instance without Resources', { instances: [{ path: '/1/0' }] }, '/1/0 is written with `resources`'],
  ['one path to delete', { instances: [], deletes: '/0' }, '`deletes` of a bootstrap configuration is a list of paths'],
  ['one question', { instances: [], queries: {} }, '`queries` of a bootstrap configuration is a list of questions'],
])('a store is given %s, and says what is missing', (_, configuration, expected) => {
  const set = (): void => new MemoryBootstrapStore().set('a', configuration as unknown as BootstrapConfiguration);
  expect(set).toThrow(TypeError);
  expect(set).toThrow(expected);
});

test('what is wrong is told without the value', () => {
  const instances = [{ path: '/0/1', resources: [resource(5, 'opaque', 'secret')] }];
  expect(() => checkBootstrapConfiguration({ instances })).not.toThrow(/secret/);
});

test('the JSON of Leshan with a negative number that has no sign is refused with a reason', () => {
  const json = { security: { 1: { uri: 'coap://192.0.2.1', cipherSuite: [-5] } } };
  expect(() => parseBootstrapJson(json)).toThrow('this is no bootstrap configuration: /0/1 can not be written');
});
