import { expect, test } from 'vitest';
import {
  formatBootstrapConfiguration,
  parseBootstrapConfiguration,
  serverAccount,
  type BootstrapConfiguration,
} from '../../src/index.ts';

const CONFIGURATION: BootstrapConfiguration = {
  instances: serverAccount({
    shortServerId: 1,
    uri: 'coaps://a',
    security: { mode: 'psk', identity: 'id', key: Uint8Array.of(1, 2) },
  }),
  queries: [{ operation: 'discover', path: '/' }],
};

test('a configuration is the same again', () => {
  expect(parseBootstrapConfiguration(formatBootstrapConfiguration(CONFIGURATION))).toEqual(CONFIGURATION);
});

test.each([
  ['', 'expected JSON at the top'],
  ['{}', 'expected the field instances at the top'],
  ['{"instances":[{"path":"/1/0"}]}', 'expected the field resources at /instances/0'],
  ['{"instances":[],"deletes":["/1/0/0"]}', 'a Delete is of /, an Object or an Object Instance, not /1/0/0'],
  ['{"instances":[],"deletes":["x y"]}', 'expected a digit'],
])('%s is none', (text, reason) => {
  expect(() => parseBootstrapConfiguration(text)).toThrow(`this is no bootstrap configuration: ${reason}`);
});

test('what is too long is not written, and not read', () => {
  const key = new Uint8Array(1_000_000);
  const configuration = {
    instances: serverAccount({ shortServerId: 1, uri: 'coaps://a', security: { mode: 'psk', identity: 'id', key } }),
  };
  expect(() => formatBootstrapConfiguration(configuration)).toThrow(RangeError);
  expect(() => parseBootstrapConfiguration(' '.repeat(1_048_577))).toThrow('at most 1048576 characters');
});
