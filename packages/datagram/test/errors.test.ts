import { ByteRangeError, TransportError, TransportErrorCodes } from '@flownexus/datagram';
import { describe, expect, test } from 'vitest';
import { bindError } from '../src/errors.ts';

const systemError = (code: string): Error => Object.assign(new Error(`bind ${code} :::5683`), { code });

describe('TransportError', () => {
  test('a bind error says host, port and reason in one line and keeps its cause', () => {
    const cause = systemError('EADDRINUSE');
    const error = bindError('udp', '::', 5683, cause);
    expect(error).toBeInstanceOf(TransportError);
    expect(error.name).toBe('TransportError');
    expect(error.code).toBe('ERR_DATAGRAM_BIND');
    expect(error.message).toBe('udp port 5683 on :: is already in use');
    expect(error.cause).toBe(cause);
  });

  test.each([
    ['EACCES', 'udp port 80 on 0.0.0.0 needs a privilege that this process does not have'],
    ['EADDRNOTAVAIL', 'udp port 80 on 0.0.0.0 can not be bound: this machine does not have that address'],
    ['EWHATEVER', 'udp port 80 on 0.0.0.0 can not be bound: bind EWHATEVER :::5683'],
  ])('names %s', (code, message) => {
    expect(bindError('udp', '0.0.0.0', 80, systemError(code)).message).toBe(message);
  });

  test('a ByteRangeError is a TransportError with its place', () => {
    const error = new ByteRangeError(7, 4, 1);
    expect(error).toBeInstanceOf(TransportError);
    expect(error.code in TransportErrorCodes).toBe(true);
    expect(error).toMatchObject({ name: 'ByteRangeError', offset: 7, wanted: 4, available: 1 });
  });
});
