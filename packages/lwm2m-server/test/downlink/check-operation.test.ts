import { parsePath } from '@flownexus/lwm2m-core';
import { describe, expect, test } from 'vitest';
import { checkOperation, type Operation } from '../../src/index.ts';
import { OPERATIONS } from './operation-samples.ts';

const LIFETIME = { kind: 'singleResource', id: 1, type: 'integer', value: 60 } as const;
const INSTANCE = { kind: 'objectInstance', id: 0, resources: [LIFETIME] } as const;

describe('can be sent', () => {
  test.each(OPERATIONS)('$kind $path$paths', (operation) => {
    expect(() => checkOperation(operation)).not.toThrow();
  });

  test.each<[string, Operation]>([
    ['what only the device may refuse', { kind: 'delete', path: '/3/0' }],
    [
      'a Write to an Object',
      { kind: 'write', path: '/3', mode: 'replace', node: { kind: 'object', id: 3, instances: [] } },
    ],
    ['contradictions', { kind: 'writeAttributes', path: '/3', attributes: { pmin: 9, pmax: 1, lt: 9, gt: 1 } }],
    ['a composite of the root', { kind: 'readComposite', paths: ['/'] }],
  ])('%s', (_name, operation) => {
    expect(() => checkOperation(operation)).not.toThrow();
  });
});

describe('can never be sent', () => {
  test.each<[string, Operation]>([
    ['a path that does not parse', { kind: 'read', path: '/a' }],
    ['a path of five levels', { kind: 'discover', path: '/1/2/3/4/5' }],
    ['an Accept that is none', { kind: 'read', path: '/3', accept: 1.5 }],
    ['a Write to the root', { kind: 'write', path: '/', mode: 'replace', node: { kind: 'root', objects: [] } }],
    [
      'a partial update of an Object',
      { kind: 'write', path: '/1', mode: 'update', node: { kind: 'object', id: 1, instances: [] } },
    ],
    ['a node of another level', { kind: 'write', path: '/1/0', mode: 'replace', node: LIFETIME }],
    ['a node with another id', { kind: 'write', path: '/1/1', mode: 'replace', node: INSTANCE }],
    ['a value of another type', { kind: 'write', path: '/1/0/1', mode: 'replace', node: { ...LIFETIME, value: 'a' } }],
    [
      'a value out of its type',
      { kind: 'write', path: '/1/0/1', mode: 'replace', node: { ...LIFETIME, value: 2n ** 64n } },
    ],
    ['a tree as text', { kind: 'write', path: '/1/0', mode: 'replace', node: INSTANCE, contentFormat: 0 }],
    ['a Write in no format', { kind: 'write', path: '/1/0', mode: 'replace', node: INSTANCE, contentFormat: 40 }],
    ['attributes of the root', { kind: 'writeAttributes', path: '/', attributes: { pmin: 1 } }],
    ['an attribute that has no form', { kind: 'writeAttributes', path: '/3', attributes: { pmin: -1 } }],
    ['an attribute that is a property', { kind: 'writeAttributes', path: '/3', attributes: { unknown: { dim: '1' } } }],
    ['an Execute of an Object Instance', { kind: 'execute', path: '/3/0' }],
    ['an Execute of a Resource Instance', { kind: 'execute', path: '/3/0/4/0' }],
    ['arguments that have no form', { kind: 'execute', path: '/3/0/4', arguments: [{ digit: 10 }] }],
    ['a Create of an Object Instance', { kind: 'create', path: '/3303/0', instance: INSTANCE }],
    [
      'a Create without an id, in SenML',
      { kind: 'create', path: '/1', instance: { ...INSTANCE, id: 65_535 }, contentFormat: 112 },
    ],
    ['a Delete of the root', { kind: 'delete', path: '/' }],
    ['a depth that is none', { kind: 'discover', path: '/3', depth: -1 as 0 }],
    ['an Observe of the root', { kind: 'observe', path: '/' }],
    ['an Observe with attributes that have no form', { kind: 'observe', path: '/3', attributes: { pmin: NaN } }],
    ['a composite of nothing', { kind: 'readComposite', paths: [] }],
    ['a composite in TLV', { kind: 'readComposite', paths: ['/3'], contentFormat: 11_542 }],
    ['a composite observation of no path', { kind: 'observeComposite', paths: ['x'] }],
    [
      'a composite observation with attributes that have no form',
      { kind: 'observeComposite', paths: ['/3'], attributes: { pmax: 0.5 } },
    ],
    ['a composite write of nothing', { kind: 'writeComposite', changes: [] }],
    [
      'a composite write of an Object',
      { kind: 'writeComposite', changes: [{ path: parsePath('/3'), type: 'integer', value: 1, time: undefined }] },
    ],
    [
      'a removal in SenML',
      { kind: 'writeComposite', changes: [{ path: parsePath('/3'), value: null }], contentFormat: 112 },
    ],
    ['the end of an observation of two paths', { kind: 'cancelObservation', paths: ['/3', '/1'], composite: false }],
    ['the end of one of none', { kind: 'cancelObservation', paths: [], composite: true }],
    ['the end of one of the root', { kind: 'cancelObservation', paths: ['/'], composite: false }],
    ['a request of no method', { kind: 'request', method: 'HEAD' as 'GET', path: [] }],
    ['no operation', { kind: 'reboot' } as unknown as Operation],
  ])('%s', (_name, operation) => {
    expect(() => checkOperation(operation)).toThrow(
      expect.toSatisfy(
        (error: unknown) =>
          error instanceof RangeError ||
          error instanceof TypeError ||
          (error instanceof Error && ['Lwm2mError', 'DecodeError'].includes(error.name)),
      ) as Error,
    );
  });
});
