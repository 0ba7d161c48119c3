import { describe, expect, test } from 'vitest';
import { decodeClientKeyExchange, encodeClientKeyExchange } from '../../src/messages/client-key-exchange.ts';
import type { ClientKeyExchange, ServerKeyExchange } from '../../src/messages/key-exchange.ts';
import {
  decodeServerKeyExchange,
  encodeEcdhParameters,
  encodeServerKeyExchange,
} from '../../src/messages/server-key-exchange.ts';
import { alertOf, dtlsErrorOf } from '../errors.ts';
import { fromHex, toHex } from '../hex.ts';

const ecdh = { group: 23, point: fromHex('0401') };
const signed = { scheme: 0x0403, signature: fromHex('3006') };

describe('ServerKeyExchange', () => {
  const messages: readonly (readonly [string, ServerKeyExchange])[] = [
    ['0002 6869', { keyExchange: 'psk', pskIdentityHint: fromHex('6869'), ecdh: undefined, signed: undefined }],
    ['0000', { keyExchange: 'psk', pskIdentityHint: new Uint8Array(0), ecdh: undefined, signed: undefined }],
    ['0000 03 0017 02 0401', { keyExchange: 'ecdhe_psk', pskIdentityHint: new Uint8Array(0), ecdh, signed: undefined }],
    ['03 0017 02 0401 0403 0002 3006', { keyExchange: 'ecdhe_ecdsa', pskIdentityHint: undefined, ecdh, signed }],
  ];

  test.each(messages)('%s', (text, message) => {
    expect(decodeServerKeyExchange(fromHex(text), message.keyExchange)).toEqual(message);
    expect(toHex(encodeServerKeyExchange(message))).toBe(text.replaceAll(' ', ''));
  });

  test('without a hint it is empty', () => {
    const message: ServerKeyExchange = {
      keyExchange: 'ecdhe_psk',
      pskIdentityHint: undefined,
      ecdh,
      signed: undefined,
    };
    expect(toHex(encodeServerKeyExchange(message))).toBe('0000030017020401');
  });

  test('the part that is signed', () => {
    expect(toHex(encodeEcdhParameters(ecdh))).toBe('030017020401');
  });

  test.each([
    ['psk', ''],
    ['psk', '0001'],
    ['psk', '0000 00'],
    ['ecdhe_psk', '0000'],
    ['ecdhe_psk', '0000 03 0017 00'],
    ['ecdhe_psk', '0000 03 0017 02 04'],
    ['ecdhe_ecdsa', '03 0017 02 0401'],
    ['ecdhe_ecdsa', '03 0017 02 0401 0403 0003 3006'],
    ['ecdhe_ecdsa', '03 0017 02 0401 0403 0002 3006 00'],
  ] as const)('%s "%s": decode_error', (keyExchange, text) => {
    expect(alertOf(() => decodeServerKeyExchange(fromHex(text), keyExchange))).toBe('decode_error');
  });

  test('a curve that is not named: illegal_parameter', () => {
    const body = fromHex('01 0017 02 0401 0403 0002 3006');
    expect(alertOf(() => decodeServerKeyExchange(body, 'ecdhe_ecdsa'))).toBe('illegal_parameter');
  });

  test('parts that are missing are not encoded', () => {
    const none = { pskIdentityHint: undefined, ecdh: undefined, signed: undefined };
    expect(() => encodeServerKeyExchange({ ...none, keyExchange: 'ecdhe_psk' })).toThrow(TypeError);
    expect(() => encodeServerKeyExchange({ ...none, keyExchange: 'ecdhe_ecdsa', ecdh })).toThrow(TypeError);
  });
});

describe('ClientKeyExchange', () => {
  const messages: readonly (readonly [string, ClientKeyExchange])[] = [
    ['0002 6869', { keyExchange: 'psk', pskIdentity: fromHex('6869'), point: undefined }],
    ['0000', { keyExchange: 'psk', pskIdentity: new Uint8Array(0), point: undefined }],
    ['0001 61 02 0401', { keyExchange: 'ecdhe_psk', pskIdentity: fromHex('61'), point: fromHex('0401') }],
    ['02 0401', { keyExchange: 'ecdhe_ecdsa', pskIdentity: undefined, point: fromHex('0401') }],
  ];

  test.each(messages)('%s', (text, message) => {
    expect(decodeClientKeyExchange(fromHex(text), message.keyExchange)).toEqual(message);
    expect(toHex(encodeClientKeyExchange(message))).toBe(text.replaceAll(' ', ''));
  });

  test('the longest identity, and one that is too long', () => {
    const body = fromHex(`00ff ${'61'.repeat(255)}`);
    expect(decodeClientKeyExchange(body, 'psk').pskIdentity).toHaveLength(255);
    const longer = fromHex(`0100 ${'61'.repeat(256)}`);
    expect(dtlsErrorOf(() => decodeClientKeyExchange(longer, 'psk')).code).toBe('ERR_DTLS_LIMIT');
  });

  test.each([
    ['psk', ''],
    ['psk', '0002 61'],
    ['psk', '0001 61 00'],
    ['ecdhe_psk', '0001 61'],
    ['ecdhe_psk', '0001 61 00'],
    ['ecdhe_ecdsa', ''],
    ['ecdhe_ecdsa', '00'],
    ['ecdhe_ecdsa', '01 04 00'],
  ] as const)('%s "%s": decode_error', (keyExchange, text) => {
    expect(alertOf(() => decodeClientKeyExchange(fromHex(text), keyExchange))).toBe('decode_error');
  });

  test('parts that are missing are not encoded', () => {
    const none = { pskIdentity: undefined, point: undefined };
    expect(() => encodeClientKeyExchange({ ...none, keyExchange: 'psk' })).toThrow(TypeError);
    expect(() => encodeClientKeyExchange({ ...none, keyExchange: 'ecdhe_ecdsa' })).toThrow(TypeError);
  });
});
