import { describe, expect, test } from 'vitest';
import { decodeEmpty, decodeFinished } from '../../src/messages/finished.ts';
import { decodeHelloVerifyRequest, encodeHelloVerifyRequest } from '../../src/messages/hello-verify-request.ts';
import { decodeNewSessionTicket, encodeNewSessionTicket } from '../../src/messages/new-session-ticket.ts';
import { alertOf } from '../errors.ts';
import { fromHex, toHex } from '../hex.ts';

describe('HelloVerifyRequest', () => {
  test('a version and a cookie', () => {
    const request = { version: 0xfeff, cookie: fromHex('0102') };
    expect(decodeHelloVerifyRequest(fromHex('feff 02 0102'))).toEqual(request);
    expect(toHex(encodeHelloVerifyRequest(request))).toBe('feff020102');
  });

  test.each(['', 'feff', 'feff 02 01', 'feff 01 01 00'])('"%s": decode_error', (text) => {
    expect(alertOf(() => decodeHelloVerifyRequest(fromHex(text)))).toBe('decode_error');
  });
});

describe('NewSessionTicket', () => {
  test('a lifetime and a ticket', () => {
    const message = { lifetimeSeconds: 7200, ticket: fromHex('aabb') };
    expect(decodeNewSessionTicket(fromHex('00001c20 0002 aabb'))).toEqual(message);
    expect(toHex(encodeNewSessionTicket(message))).toBe('00001c200002aabb');
  });

  test.each(['', '00001c20', '00001c20 0002 aa', '00001c20 0000 aa'])('"%s": decode_error', (text) => {
    expect(alertOf(() => decodeNewSessionTicket(fromHex(text)))).toBe('decode_error');
  });
});

describe('Finished and empty messages', () => {
  test('12 bytes', () => {
    const body = fromHex('0102030405060708090a0b0c');
    expect(decodeFinished(body)).toEqual(body);
  });

  test.each([11, 13, 0])('%i bytes: decode_error', (length) => {
    expect(alertOf(() => decodeFinished(new Uint8Array(length)))).toBe('decode_error');
  });

  test('ServerHelloDone is empty', () => {
    decodeEmpty(new Uint8Array(0));
    expect(alertOf(() => decodeEmpty(new Uint8Array(1)))).toBe('decode_error');
  });
});
