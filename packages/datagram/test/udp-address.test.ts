import { expect, test } from 'vitest';
import { mapAddress, unmapAddress } from '../src/udp-address.ts';

test.each([
  ['192.0.2.1', '::ffff:192.0.2.1'],
  ['2001:db8::1', '2001:db8::1'],
])('%s is %s on a dual-stack socket, and back', (shown, wire) => {
  expect(mapAddress(shown)).toBe(wire);
  expect(unmapAddress(wire)).toBe(shown);
});
