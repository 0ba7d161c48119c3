import { expect, test } from 'vitest';
import { isMulticastAddress, mapAddress, unmapAddress } from '../src/udp-address.ts';

test.each([
  ['192.0.2.1', '::ffff:192.0.2.1'],
  ['2001:db8::1', '2001:db8::1'],
])('%s is %s on a dual-stack socket, and back', (shown, wire) => {
  expect(mapAddress(shown)).toBe(wire);
  expect(unmapAddress(wire)).toBe(shown);
});

test.each([
  ['224.0.1.187', true],
  ['239.255.255.255', true],
  ['223.255.255.255', false],
  ['240.0.0.1', false],
  ['ff02::fd', true],
  ['FF0E:0::FD', true],
  ['ff:0::1', false],
  ['fe80::1', false],
  ['::ffff:224.0.1.187', false],
  ['ff02::fd%eth0', false],
  ['ff02.example', false],
])('%s is the address of a group: %s', (host, expected) => {
  expect(isMulticastAddress(host)).toBe(expected);
});
