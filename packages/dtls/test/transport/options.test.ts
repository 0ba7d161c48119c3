import { MemoryNetwork, VirtualClock } from '@flownexus/datagram/testing';
import { describe, expect, test } from 'vitest';
import { CIPHER_SUITES, dtlsTransport, type DtlsTransport, type DtlsTransportOptions } from '../../src/index.ts';
import { credentialOf, pem } from './credentials.ts';
import { KEY } from './world.ts';

const network = new MemoryNetwork(new VirtualClock());
const psk = (): Uint8Array => KEY;
const client = { psk: { identity: 'dev1', key: KEY } };
const credential = credentialOf('server');
const x509 = { roots: [pem('ca.crt')] };

function made(options: Omit<DtlsTransportOptions, 'transport'>, maxDatagramSize = 2_000): DtlsTransport {
  return dtlsTransport({ transport: network.transport({ host: '10.0.0.1', maxDatagramSize }), ...options });
}

describe('options that contradict each other', () => {
  test.each<[string, Omit<DtlsTransportOptions, 'transport'>]>([
    ['a server without keys', { server: {} }],
    ['a server with a credential that does not say whom it trusts', { server: { credential } }],
    ['anonymous clients that show certificates', { server: { credential, x509, anonymousClients: true } }],
    ['a client that trusts nobody', { client: {} }],
    ['a client with a credential that trusts nobody', { client: { credential: credentialOf('client') } }],
  ])('are a TypeError: %s', (_name, options) => {
    expect(() => made(options)).toThrow(TypeError);
  });

  test('are a TypeError: a client over a transport that can not connect', () => {
    const lower = network.transport({ host: '10.0.0.1' });
    const transport = { ...lower, scheme: 'coap', maxDatagramSize: 2_000, localAddress: undefined, connect: undefined };
    const withoutConnect = transport as unknown as DtlsTransportOptions['transport'];
    expect(() => dtlsTransport({ transport: withoutConnect, client })).toThrow(TypeError);
    expect(() => dtlsTransport({ transport: withoutConnect, server: { psk } })).not.toThrow();
  });
});

describe('options out of their range', () => {
  test.each<[string, Omit<DtlsTransportOptions, 'transport'>]>([
    ['a cipher suite that is none', { server: { psk }, cipherSuites: ['PSK_WITH_NULL_SHA'] }],
    ['a bound that is no number', { server: { psk }, limits: { handshakes: Number.NaN } }],
    ['a negative bound', { server: { psk }, limits: { idleMs: -1 } }],
    ['an MTU that nothing fits into', { server: { psk }, mtu: 50 }],
    ['an MTU that is no whole number', { server: { psk }, mtu: 1200.5 }],
    ['a Connection ID that is too long', { server: { psk, connectionIdLength: 21 } }],
    ['a Connection ID of half a byte', { client: { ...client, connectionIdLength: 0.5 } }],
    [
      'Connection IDs of two lengths',
      { server: { psk, connectionIdLength: 6 }, client: { ...client, connectionIdLength: 8 } },
    ],
  ])('are a RangeError: %s', (_name, options) => {
    expect(() => made(options)).toThrow(RangeError);
  });
});

test('options that are in order', () => {
  expect(made({ server: { psk }, client }).scheme).toBe('coaps');
  expect(made({ server: { credential, anonymousClients: true } }).statistics.associations).toBe(0);
  expect(made({ server: { psk, connectionIdLength: 8 }, client: { ...client, connectionIdLength: 8 } })).toBeDefined();
  expect(made({ client: { ...client, connectionIdLength: 'not-offered' } })).toBeDefined();
  expect(made({ server: { psk }, cipherSuites: CIPHER_SUITES.map(({ name }) => name) })).toBeDefined();
});

test('the largest datagram leaves room for what protection adds', () => {
  expect(made({ server: { psk } }).maxDatagramSize).toBe(2_000 - 58);
  expect(made({ server: { psk }, cipherSuites: ['PSK_WITH_AES_128_CBC_SHA256'] }).maxDatagramSize).toBe(2_000 - 98);
  expect(made({ server: { psk } }, 65_507).maxDatagramSize).toBe(16_383);
});
