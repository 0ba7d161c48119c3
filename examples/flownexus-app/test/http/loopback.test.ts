import { expect, test } from 'vitest';
import { isLoopback, isLoopbackAuthority } from '../../src/http/loopback.ts';

test.each([
  ['127.0.0.1', true],
  ['127.255.0.9', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['localhost', true],
  ['::ffff:192.0.2.1', false],
  ['0.0.0.0', false],
  ['::', false],
  ['192.0.2.1', false],
  ['localhost.example', false],
  ['', false],
])('loopback is what reaches this machine only: %s %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

test.each([
  ['localhost', true],
  ['LOCALHOST:8080', true],
  ['127.0.0.1:8080', true],
  ['[::1]:8080', true],
  ['[::1]', true],
  ['attacker.example:8080', false],
  ['localhost.attacker.example', false],
  ['localhost:x', false],
  ['[::1', false],
  ['', false],
])('a Host header that means this machine only: %s %s', (authority, expected) => {
  expect(isLoopbackAuthority(authority)).toBe(expected);
});
