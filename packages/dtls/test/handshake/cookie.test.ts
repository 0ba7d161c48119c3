import { seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { describe, expect, test } from 'vitest';
import { CookieJar, helloVerifyRequest } from '../../src/handshake/cookie.ts';
import { encodeHandshakeMessage, HandshakeType } from '../../src/handshake/handshake-message.ts';
import { statelessHello, type StatelessHello } from '../../src/handshake/stateless-hello.ts';
import { noClientExtensions } from '../../src/messages/client-extensions.ts';
import { encodeClientHello } from '../../src/messages/client-hello.ts';
import type { ClientHello } from '../../src/messages/hello.ts';
import { decodeHelloVerifyRequest } from '../../src/messages/hello-verify-request.ts';
import { decodeRecords, encodePlainRecord } from '../../src/records/record-codec.ts';
import { DTLS_1_0, DTLS_1_2, type DtlsRecord } from '../../src/records/record.ts';
import { fromHex, toHex } from '../hex.ts';

/** The smallest hello there is. */
const smallest: ClientHello = {
  version: 0xfefd,
  random: new Uint8Array(32).fill(7),
  sessionId: new Uint8Array(0),
  cookie: new Uint8Array(0),
  cipherSuites: [0xc0a8],
  compressionMethods: [0],
  extensions: noClientExtensions,
};
const LIFETIME = 1_000;
const HOST = '192.0.2.1';

function recordOf(body: Uint8Array, sequence = 0, recordSequence = 0): DtlsRecord {
  const { raw } = encodeHandshakeMessage(HandshakeType.clientHello, sequence, body);
  return only(encodePlainRecord(22, recordSequence, raw));
}

function only(datagram: Uint8Array): DtlsRecord {
  const [record, ...others] = decodeRecords(datagram, 0);
  if (record === undefined || others.length > 0) throw new Error('expected one record');
  return record;
}

function helloOf(change: Partial<ClientHello> = {}, recordSequence = 0): StatelessHello {
  const hello = statelessHello(recordOf(encodeClientHello({ ...smallest, ...change }), 0, recordSequence));
  if (hello === undefined) throw new Error('expected a ClientHello');
  return hello;
}

function newJar(seed = 1) {
  const clock = new VirtualClock();
  return { clock, jar: new CookieJar({ random: seededRandom(seed), clock, lifetimeMs: LIFETIME }) };
}

describe('CookieJar', () => {
  test('the hello that comes again with its cookie is accepted, as often as it comes', () => {
    const { jar } = newJar();
    const again = helloOf({ cookie: jar.cookieFor(HOST, 5684, helloOf()) }, 9);
    expect(jar.accepts(HOST, 5684, again)).toBe(true);
    expect(jar.accepts(HOST, 5684, again)).toBe(true);
  });

  test('a cookie shown already does not change what is asked for', () => {
    const { jar } = newJar();
    const cookie = jar.cookieFor(HOST, 5684, helloOf());
    expect(jar.cookieFor(HOST, 5684, helloOf({ cookie }))).toEqual(cookie);
  });

  test.each<[string, Partial<ClientHello>]>([
    ['version', { version: 0xfeff }],
    ['random', { random: new Uint8Array(32).fill(8) }],
    ['session id', { sessionId: fromHex('01') }],
    ['suites', { cipherSuites: [0xc0a8, 0x00ff] }],
    ['compression methods', { compressionMethods: [0, 1] }],
    ['extensions', { extensions: { ...noClientExtensions, extendedMasterSecret: true } }],
  ])('another %s is refused', (_, change) => {
    const { jar } = newJar();
    const cookie = jar.cookieFor(HOST, 5684, helloOf());
    expect(jar.accepts(HOST, 5684, helloOf({ ...change, cookie }))).toBe(false);
  });

  test('extensions that are not known count as well', () => {
    const { jar } = newJar();
    const body = encodeClientHello(smallest);
    const at = (block: string, cookie: Uint8Array): StatelessHello => {
      const front = body.subarray(0, 35);
      const rest = body.subarray(36);
      const text = `${toHex(front)}${cookie.length.toString(16).padStart(2, '0')}${toHex(cookie)}${toHex(rest)}${block}`;
      return statelessHello(recordOf(fromHex(text))) ?? helloOf();
    };
    const cookie = jar.cookieFor(HOST, 5684, at('000412340000', new Uint8Array(0)));
    expect(jar.accepts(HOST, 5684, at('000412340000', cookie))).toBe(true);
    expect(jar.accepts(HOST, 5684, at('000412350000', cookie))).toBe(false);
  });

  test.each([
    ['host', '192.0.2.2', 5684],
    ['port', HOST, 5685],
    ['host and port that together look the same', '192.0.2.15', 684],
  ])('another %s is refused', (_, host, port) => {
    const { jar } = newJar();
    const cookie = jar.cookieFor(HOST, 5684, helloOf());
    expect(jar.accepts(host, port, helloOf({ cookie }))).toBe(false);
  });

  test.each([
    ['none', () => new Uint8Array(0)],
    ['one bit different', (cookie: Uint8Array) => cookie.map((byte, index) => (index === 15 ? byte ^ 1 : byte))],
    ['a part of it', (cookie: Uint8Array) => cookie.subarray(1)],
    ['one that is longer', (cookie: Uint8Array) => Uint8Array.of(...cookie, 0)],
  ])('%s is refused', (_, change) => {
    const { jar } = newJar();
    const cookie = change(jar.cookieFor(HOST, 5684, helloOf()));
    expect(jar.accepts(HOST, 5684, helloOf({ cookie }))).toBe(false);
  });

  test('cookies of another jar are refused', () => {
    const cookie = newJar(1).jar.cookieFor(HOST, 5684, helloOf());
    expect(newJar(2).jar.accepts(HOST, 5684, helloOf({ cookie }))).toBe(false);
  });

  test.each([0, 1, LIFETIME - 1])('a cookie made %i ms after a secret lives for one to two lifetimes', (madeAt) => {
    const { clock, jar } = newJar();
    clock.advance(madeAt);
    const again = helloOf({ cookie: jar.cookieFor(HOST, 5684, helloOf()) });
    clock.advance(LIFETIME);
    expect(jar.accepts(HOST, 5684, again)).toBe(true);
    clock.advance(LIFETIME - madeAt - 1);
    expect(jar.accepts(HOST, 5684, again)).toBe(true);
    clock.advance(1);
    expect(jar.accepts(HOST, 5684, again)).toBe(false);
  });

  test('after a long silence old cookies are refused, and new ones live as long as any', () => {
    const { clock, jar } = newJar();
    const old = helloOf({ cookie: jar.cookieFor(HOST, 5684, helloOf()) });
    clock.advance(2.5 * LIFETIME);
    expect(jar.accepts(HOST, 5684, old)).toBe(false);
    const again = helloOf({ cookie: jar.cookieFor(HOST, 5684, helloOf()) });
    clock.advance(LIFETIME);
    expect(jar.accepts(HOST, 5684, again)).toBe(true);
    clock.advance(LIFETIME);
    expect(jar.accepts(HOST, 5684, again)).toBe(false);
  });
});

describe('helloVerifyRequest', () => {
  test('takes on the sequence number of the record, and says DTLS 1.0', () => {
    const cookie = fromHex('000102030405060708090a0b0c0d0e0f');
    const record = helloVerifyRequest(helloOf({}, 0x0102_0304_0506), cookie);
    expect(toHex(record)).toBe(
      `16 fefd 0000 010203040506 001f 03 000013 0000 000000 000013 feff 10 ${toHex(cookie)}`.replaceAll(' ', ''),
    );
    expect(decodeHelloVerifyRequest(only(record).fragment.subarray(12))).toEqual({ version: DTLS_1_0, cookie });
  });

  test.each([DTLS_1_0, DTLS_1_2])('its record has the version of the record with the ClientHello: %i', (version) => {
    const { raw } = encodeHandshakeMessage(HandshakeType.clientHello, 0, encodeClientHello(smallest));
    const hello = statelessHello(only(encodePlainRecord(22, 0, raw, version)));
    if (hello === undefined) throw new Error('expected a ClientHello');
    expect(only(helloVerifyRequest(hello, fromHex('01'))).version).toBe(version);
  });

  test('takes on the message_seq of a hello whose cookie is too old (RFC 6347 §4.2.2)', () => {
    const again = statelessHello(recordOf(encodeClientHello({ ...smallest, cookie: fromHex('00') }), 1, 7));
    if (again === undefined) throw new Error('expected a ClientHello');
    const [record] = decodeRecords(helloVerifyRequest(again, fromHex('01')), 0);
    expect(toHex(record?.fragment.subarray(0, 6) ?? fromHex(''))).toBe('030000040001');
  });

  test('is smaller than the smallest ClientHello', () => {
    const { jar } = newJar();
    const hello = helloOf();
    const asked = encodePlainRecord(22, 0, hello.message.raw);
    expect(asked).toHaveLength(67);
    expect(helloVerifyRequest(hello, jar.cookieFor(HOST, 5684, hello)).length).toBeLessThan(asked.length);
  });
});
