import { describe, expect, test } from 'vitest';
import type { ServerHello } from '../../src/messages/hello.ts';
import { decodeServerHello, encodeServerHello } from '../../src/messages/server-hello.ts';
import { noServerExtensions } from '../../src/messages/server-extensions.ts';
import { alertOf } from '../errors.ts';
import { fromHex, toHex } from '../hex.ts';

const RANDOM = 'ab'.repeat(32);
const FRONT = `fefd ${RANDOM} 02 0102 c0a8 00`;

const hello: ServerHello = {
  version: 0xfefd,
  random: fromHex(RANDOM),
  sessionId: fromHex('0102'),
  cipherSuite: 0xc0a8,
  compressionMethod: 0,
  extensions: noServerExtensions,
};

const decodeHex = (text: string): ServerHello => decodeServerHello(fromHex(text));

test('a hello without extensions', () => {
  expect(decodeHex(FRONT)).toEqual(hello);
  expect(decodeHex(`${FRONT}0000`)).toEqual(hello);
  expect(toHex(encodeServerHello(hello))).toBe(FRONT.replaceAll(' ', ''));
});

test('all extensions', () => {
  const text = `${FRONT} 0032 00000000 0001000103 000b00020100 0013000102 0014000100 00160000 00170000 00230000
    0036000403c1c2c3 ff01000100`;
  const extensions: ServerHello['extensions'] = {
    serverName: true,
    maxFragmentLength: 3,
    recordSizeLimit: undefined,
    pointFormats: [0],
    clientCertificateType: 2,
    serverCertificateType: 0,
    encryptThenMac: true,
    extendedMasterSecret: true,
    sessionTicket: true,
    connectionId: fromHex('c1c2c3'),
    renegotiationInfo: new Uint8Array(0),
  };
  expect(decodeHex(text).extensions).toEqual(extensions);
  expect(toHex(encodeServerHello({ ...hello, extensions }))).toBe(text.replaceAll(/\s/g, ''));
});

test('the limit of records instead of the length of fragments', () => {
  const text = `${FRONT} 0006 001c0002 0040`;
  const extensions = { ...noServerExtensions, recordSizeLimit: 64 };
  expect(decodeHex(text).extensions).toEqual(extensions);
  expect(toHex(encodeServerHello({ ...hello, extensions }))).toBe(text.replaceAll(' ', ''));
});

test('groups that the server echoes are skipped', () => {
  expect(decodeHex(`${FRONT} 0008 000a000400020017`)).toEqual(hello);
});

describe('refused', () => {
  test.each([
    ['nothing', ''],
    ['a session id of 33 bytes', `fefd ${RANDOM} 21${'00'.repeat(33)} c0a8 00`],
    ['no compression method', `fefd ${RANDOM} 00 c0a8`],
    ['bytes after the extensions', `${FRONT} 0000 00`],
    ['server_name with data', `${FRONT} 0005 0000000100`],
    ['session_ticket with data', `${FRONT} 0005 0023000100`],
    ['a list of certificate types', `${FRONT} 0006 001300020102`],
    ['no certificate type', `${FRONT} 0004 00140000`],
  ])('%s: decode_error', (_, text) => {
    expect(alertOf(() => decodeHex(text))).toBe('decode_error');
  });

  test.each([
    ['an extension twice', `${FRONT} 0008 00170000 00170000`],
    ['both limits of record sizes', `${FRONT} 000b 0001000101 001c00020040`],
    ['max_fragment_length 0', `${FRONT} 0005 0001000100`],
  ])('%s: illegal_parameter', (_, text) => {
    expect(alertOf(() => decodeHex(text))).toBe('illegal_parameter');
  });

  test.each([
    ['one that is not known', '1234'],
    ['signature_algorithms, which servers do not send', '000d'],
  ])('an extension that no client of ours asks for, %s: unsupported_extension', (_, type) => {
    expect(alertOf(() => decodeHex(`${FRONT} 0004 ${type} 0000`))).toBe('unsupported_extension');
  });

  test('a random that is too short is not encoded', () => {
    expect(() => encodeServerHello({ ...hello, random: new Uint8Array(33) })).toThrow(RangeError);
  });
});
