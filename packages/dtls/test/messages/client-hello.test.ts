import { describe, expect, test } from 'vitest';
import { noClientExtensions } from '../../src/messages/client-extensions.ts';
import { decodeClientHello, encodeClientHello, withoutCookie } from '../../src/messages/client-hello.ts';
import type { ClientHello } from '../../src/messages/hello.ts';
import { alertOf, dtlsErrorOf } from '../errors.ts';
import { fromHex, toHex } from '../hex.ts';

const RANDOM = '00'.repeat(31) + '07';
/** Version, random, an empty session id and cookie, one suite, no compression. */
const FRONT = `fefd ${RANDOM} 00 00 0002c0a8 0100`;

const hello: ClientHello = {
  version: 0xfefd,
  random: fromHex(RANDOM),
  sessionId: new Uint8Array(0),
  cookie: new Uint8Array(0),
  cipherSuites: [0xc0a8],
  compressionMethods: [0],
  extensions: noClientExtensions,
};

const decodeHex = (text: string): ClientHello => decodeClientHello(fromHex(text));
const u16 = (value: number): string => value.toString(16).padStart(4, '0');
/** A hello with these extensions, each with its length made right. */
function withExtensions(...extensions: readonly (readonly [type: number, data: string])[]): string {
  const block = extensions.map(([type, data]) => u16(type) + u16(fromHex(data).length) + data).join('');
  return FRONT + u16(fromHex(block).length) + block;
}
const decodeExtension = (type: number, data: string) => decodeHex(withExtensions([type, data])).extensions;

describe('fields', () => {
  test('a hello without extensions', () => {
    expect(decodeHex(FRONT)).toEqual(hello);
    expect(toHex(encodeClientHello(hello))).toBe(FRONT.replaceAll(' ', ''));
  });

  test('an empty block of extensions is the same as none', () => {
    expect(decodeHex(`${FRONT}0000`)).toEqual(hello);
  });

  test('session id, cookie, several suites and methods', () => {
    const text = `feff ${RANDOM} 02abcd 03010203 0004c0a800ff 020100`;
    const decoded = decodeHex(text);
    expect(decoded).toEqual({
      ...hello,
      version: 0xfeff,
      sessionId: fromHex('abcd'),
      cookie: fromHex('010203'),
      cipherSuites: [0xc0a8, 0x00ff],
      compressionMethods: [1, 0],
    });
    expect(toHex(encodeClientHello(decoded))).toBe(text.replaceAll(' ', ''));
  });

  test.each([
    ['nothing', ''],
    ['a random that is cut off', 'fefd 0102'],
    ['a session id of 33 bytes', `fefd ${RANDOM} 21${'00'.repeat(33)} 00 0002c0a8 0100`],
    ['a cookie that is cut off', `fefd ${RANDOM} 00 ff00`],
    ['no suites', `fefd ${RANDOM} 00 00 0000 0100`],
    ['half a suite', `fefd ${RANDOM} 00 00 0003c0a8c0 0100`],
    ['no compression methods', `fefd ${RANDOM} 00 00 0002c0a8 00`],
    ['half a length of extensions', `${FRONT}00`],
    ['extensions that are cut off', `${FRONT}0004 0016`],
    ['an extension longer than the block', `${FRONT}0004 00160001`],
    ['bytes after the extensions', `${FRONT}0000 00`],
    ['a block that ends inside an extension header', `${FRONT}0003 001600`],
    ['too many suites', `fefd ${RANDOM} 00 00 0202${'c0a8'.repeat(257)} 0100`],
  ])('%s: decode_error', (_, text) => {
    expect(alertOf(() => decodeHex(text))).toBe('decode_error');
  });

  test('the error says what was expected where', () => {
    const error = dtlsErrorOf(() => decodeHex(`fefd ${RANDOM} 00 ff00`));
    expect(error.code).toBe('ERR_DTLS_FORMAT');
    expect(error.message).toBe('ClientHello: expected 255 bytes at offset 36, found 1');
  });

  test('a client that insists on compression: illegal_parameter', () => {
    expect(alertOf(() => decodeHex(`fefd ${RANDOM} 00 00 0002c0a8 0101`))).toBe('illegal_parameter');
  });

  test.each([
    { random: new Uint8Array(31) },
    { sessionId: new Uint8Array(33) },
    { cookie: new Uint8Array(256) },
    { cipherSuites: [0x1_0000] },
    { extensions: { ...noClientExtensions, serverName: 'ä.example' } },
    { extensions: { ...noClientExtensions, serverName: '' } },
    { extensions: { ...noClientExtensions, connectionId: new Uint8Array(256) } },
  ])('what does not fit is not encoded: %o', (change) => {
    expect(() => encodeClientHello({ ...hello, ...change })).toThrow(RangeError);
  });
});

describe('extensions', () => {
  const all: ClientHello['extensions'] = {
    serverName: 'gw.example',
    maxFragmentLength: 2,
    recordSizeLimit: 256,
    groups: [23, 24],
    pointFormats: [0],
    signatureSchemes: [0x0403],
    clientCertificateTypes: [2, 0],
    serverCertificateTypes: [0],
    encryptThenMac: true,
    extendedMasterSecret: true,
    sessionTicket: fromHex('aabb'),
    connectionId: fromHex('c1c2c3'),
    renegotiationInfo: new Uint8Array(0),
  };

  test('as they lie on the wire', () => {
    const text = withExtensions(
      [0, '000d 00 000a 67772e6578616d706c65'],
      [1, '02'],
      [28, '0100'],
      [10, '0004 0017 0018'],
      [11, '0100'],
      [13, '0002 0403'],
      [19, '020200'],
      [20, '0100'],
      [22, ''],
      [23, ''],
      [35, 'aabb'],
      [54, '03c1c2c3'],
      [0xff01, '00'],
    );
    expect(decodeHex(text).extensions).toEqual(all);
    expect(toHex(encodeClientHello({ ...hello, extensions: all }))).toBe(text.replaceAll(' ', ''));
  });

  test.each([
    ['session ticket', 35, '', { sessionTicket: new Uint8Array(0) }],
    ['Connection ID', 54, '00', { connectionId: new Uint8Array(0) }],
  ])('an empty %s is there', (_, type, data, expected) => {
    const extensions = { ...noClientExtensions, ...expected };
    expect(decodeExtension(type, data)).toEqual(extensions);
    expect(decodeClientHello(encodeClientHello({ ...hello, extensions })).extensions).toEqual(extensions);
  });

  test('unknown ones are skipped', () => {
    expect(decodeHex(withExtensions([16, '000302683200'], [23, ''], [0x0a0a, '00'])).extensions).toEqual({
      ...noClientExtensions,
      extendedMasterSecret: true,
    });
  });

  test.each([
    ['known', 23],
    ['unknown', 0x1234],
  ])('a %s one that comes twice: illegal_parameter', (_, type) => {
    expect(alertOf(() => decodeHex(withExtensions([type, ''], [type, ''])))).toBe('illegal_parameter');
  });

  test('too many: decode_error', () => {
    const many = Array.from({ length: 257 }, (_, index) => [0x2000 + index, ''] as const);
    expect(dtlsErrorOf(() => decodeHex(withExtensions(...many)))).toMatchObject({
      code: 'ERR_DTLS_LIMIT',
      alert: 'decode_error',
    });
    expect(decodeHex(withExtensions(...many.slice(1))).extensions).toEqual(noClientExtensions);
  });

  test.each([
    ['server_name: other types are skipped', '000b 07000401020304 00000161', 'a'],
    ['server_name: the longest', `0102 00 00ff ${'61'.repeat(255)}`, 'a'.repeat(255)],
  ])('%s', (_, data, serverName) => {
    expect(decodeExtension(0, data)).toEqual({ ...noClientExtensions, serverName });
  });

  test.each([
    ['max_fragment_length 0', 1, '00'],
    ['max_fragment_length 5', 1, '05'],
    ['record_size_limit 63', 28, '003f'],
    ['point formats without the uncompressed', 11, '0101'],
    ['two host names', 0, '0008 00000161 00000162'],
    ['no host name', 0, '0004 01000161'],
    ['a host name of 256 bytes', 0, `0103 00 0100 ${'61'.repeat(256)}`],
    ['a host name with a zero byte', 0, '0005 00 0002 6100'],
    ['a host name with a blank', 0, '0005 00 0002 6120'],
    ['a host name with a byte above ASCII', 0, '0005 00 0002 61c3'],
  ])('%s: illegal_parameter', (_, type, data) => {
    expect(alertOf(() => decodeExtension(type, data))).toBe('illegal_parameter');
  });

  test.each([
    ['encrypt_then_mac with data', 22, '00'],
    ['extended_master_secret with data', 23, '00'],
    ['server_name without data', 0, ''],
    ['an empty list of server names', 0, '0000'],
    ['an empty host name', 0, '0003 00 0000'],
    ['bytes after the list of server names', 0, '0004 00000161 00'],
    ['max_fragment_length without data', 1, ''],
    ['max_fragment_length with two bytes', 1, '0101'],
    ['record_size_limit with one byte', 28, '40'],
    ['no groups', 10, '0000'],
    ['half a group', 10, '0003 001700'],
    ['bytes after the groups', 10, '0002 0017 00'],
    ['no point formats', 11, '00'],
    ['no signature schemes', 13, '0000'],
    ['half a signature scheme', 13, '0001 04'],
    ['no client certificate types', 19, '00'],
    ['no server certificate types', 20, '00'],
    ['server certificate types that are cut off', 20, '0200'],
    ['a Connection ID without its length', 54, ''],
    ['a Connection ID that is cut off', 54, '0201'],
    ['bytes after the Connection ID', 54, '010102'],
    ['renegotiation_info without data', 0xff01, ''],
    ['renegotiation_info that is cut off', 0xff01, '01'],
  ])('%s: decode_error', (_, type, data) => {
    expect(alertOf(() => decodeExtension(type, data))).toBe('decode_error');
  });
});

test('what a hello is without its cookie', () => {
  const parts = withoutCookie(fromHex(`fefd ${RANDOM} 02abcd 03010203 0002c0a8 0100`));
  expect(parts.map(toHex)).toEqual([`fefd${RANDOM}02abcd`, '0002c0a80100']);
  expect(alertOf(() => withoutCookie(fromHex(`fefd ${RANDOM} 02ab`)))).toBe('decode_error');
});
