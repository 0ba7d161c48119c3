import { describe, expect, test } from 'vitest';
import type { PeerIdentity } from '@flownexus/datagram';
import { CIPHER_SUITES } from '../../src/cipher-suites.ts';
import {
  credentials,
  expectConnected,
  expectRefused,
  identityOf,
  meet,
  type MeetingOptions,
} from '../support/machine-meeting.ts';
import { suitesNamed } from '../support/machine-pair.ts';

const dev1: PeerIdentity = { kind: 'psk', identity: 'dev1' };
const ecdsa = suitesNamed('ECDHE_ECDSA_WITH_AES_128_CCM_8');
const psk = suitesNamed('PSK_WITH_AES_128_CCM_8');
const encoder = new TextEncoder();

describe.each([true, false])('our client and our server, cookie %s', (cookie) => {
  test.each(CIPHER_SUITES.map((suite) => [suite.name, suite] as const))('%s', (_name, suite) => {
    const meeting = meet({ client: { suites: [suite], serverName: 'server.example' }, cookie });
    expectConnected(
      meeting,
      suite.keyExchange === 'ecdhe_ecdsa'
        ? { clientIs: identityOf(credentials.device, 'x509'), serverIs: identityOf(credentials.server, 'x509') }
        : { clientIs: dev1, serverIs: dev1 },
    );
    expect(meeting.client.connection?.suite).toBe(suite);
    expect(meeting.client.connection?.keys.encryptThenMac).toBe(suite.cipher === 'aes-128-cbc-sha256');
    expect(meeting.client.flights).toHaveLength(cookie ? 3 : 2);
    expect(meeting.server.flights).toHaveLength(2);
  });
});

describe('the suite', () => {
  test('is the first of the server that the client has', () => {
    const { client } = meet({ server: { suites: CIPHER_SUITES.toReversed() } });
    // The CBC suites at the end are not offered by a client that was not asked to.
    expect(client.connection?.suite.name).toBe('PSK_WITH_AES_128_CCM_8');
  });

  test('has to be in common', () => {
    const meeting = meet({ client: { suites: ecdsa }, server: { suites: psk } });
    expectRefused(meeting, 'server', 'handshake_failure');
  });
});

describe('pre-shared keys', () => {
  test('each device has its own', () => {
    const meeting = meet({
      client: { suites: psk, pskIdentity: () => encoder.encode('dev2') },
      clientKey: Uint8Array.of(2, 2),
    });
    const dev2: PeerIdentity = { kind: 'psk', identity: 'dev2' };
    expectConnected(meeting, { clientIs: dev2, serverIs: dev2 });
  });

  test.each(['PSK_WITH_AES_128_GCM_SHA256', 'ECDHE_PSK_WITH_AES_128_CCM_SHA256'])(
    'the identity that belongs to the hint, %s',
    (name) => {
      const meeting = meet({
        client: { suites: suitesNamed(name), pskIdentity: (hint) => hint ?? encoder.encode('dev2') },
        server: { pskIdentityHint: encoder.encode('dev1') },
      });
      expectConnected(meeting, { clientIs: dev1, serverIs: dev1 });
    },
  );

  test('a wrong one ends with the Finished', () => {
    const meeting = meet({ client: { suites: psk }, clientKey: Uint8Array.of(9) });
    expectRefused(meeting, 'server', 'decrypt_error');
  });

  test('the client has none', () => {
    expectRefused(meet({ client: { suites: psk }, clientKey: 'none' }), 'client', 'handshake_failure');
  });

  test.each([
    [true, 'decrypt_error'],
    [false, 'unknown_psk_identity'],
  ] as const)('an identity that is not known, hidden %s', (hideUnknownIdentities, alert) => {
    const meeting = meet({
      client: { suites: psk, pskIdentity: () => encoder.encode('nobody') },
      server: { hideUnknownIdentities },
    });
    expectRefused(meeting, 'server', alert);
  });
});

describe('certificates and raw public keys', () => {
  const rawOnly = { ...credentials.device, chain: undefined };
  const chainOnly = { ...credentials.device, rawPublicKey: undefined };

  test.each([
    ['X.509 both', { ...chainOnly }, [0], 'x509', 'x509'],
    ['raw keys both', rawOnly, [2], 'rpk', 'rpk'],
    ['X.509 of the client, raw key of the server', chainOnly, [2], 'x509', 'rpk'],
    ['raw key of the client, X.509 of the server', rawOnly, [0], 'rpk', 'x509'],
    ['both kinds everywhere, raw keys first', credentials.device, [2, 0], 'rpk', 'rpk'],
    ['both kinds everywhere, X.509 of the server first', credentials.device, [0, 2], 'rpk', 'x509'],
  ] as const)('%s', (_name, credential, serverCertificateTypes, clientKind, serverKind) => {
    const meeting = meet({ client: { suites: ecdsa, credential, serverCertificateTypes } });
    expectConnected(meeting, {
      clientIs: identityOf(credentials.device, clientKind),
      serverIs: identityOf(credentials.server, serverKind),
    });
  });

  test('of P-384', () => {
    const meeting = meet({
      client: { suites: ecdsa, credential: credentials.deviceP384 },
      server: { credentialFor: () => credentials.serverP384 },
    });
    expectConnected(meeting, {
      clientIs: identityOf(credentials.deviceP384, 'rpk'),
      serverIs: identityOf(credentials.serverP384, 'x509'),
    });
  });

  test('the server decides by the name that is asked for', () => {
    const meeting = meet({
      client: { suites: ecdsa, serverName: 'b.example' },
      server: { credentialFor: (name) => (name === 'b.example' ? credentials.serverP384 : credentials.server) },
    });
    expectConnected(meeting, {
      clientIs: identityOf(credentials.device, 'x509'),
      serverIs: identityOf(credentials.serverP384, 'x509'),
    });
  });

  test('an anonymous client where that is allowed', () => {
    const meeting = meet({
      client: { suites: ecdsa, credential: undefined },
      server: { clientCertificates: 'none' },
    });
    expectConnected(meeting, {
      clientIs: { kind: 'anonymous' },
      serverIs: identityOf(credentials.server, 'x509'),
    });
  });

  test('an anonymous client where it is not', () => {
    const meeting = meet({ client: { suites: ecdsa, credential: undefined } });
    expectRefused(meeting, 'server', 'handshake_failure');
  });

  test('a server that the client does not trust', () => {
    const meeting = meet({ client: { suites: ecdsa }, server: { credentialFor: () => credentials.stranger } });
    expectRefused(meeting, 'client', 'unknown_ca');
  });

  test('a client that the server does not trust', () => {
    const meeting = meet({ client: { suites: ecdsa, credential: credentials.stranger } });
    expectRefused(meeting, 'server', 'unknown_ca');
  });

  test('somebody with the certificate of the server and another key', () => {
    const { privateKey } = credentials.stranger;
    const meeting = meet({
      client: { suites: ecdsa },
      server: { credentialFor: () => ({ ...credentials.server, privateKey }) },
    });
    expectRefused(meeting, 'client', 'decrypt_error');
  });

  test('somebody with the certificate of the client and another key', () => {
    const { privateKey } = credentials.stranger;
    const meeting = meet({ client: { suites: ecdsa, credential: { ...credentials.device, privateKey } } });
    expectRefused(meeting, 'server', 'decrypt_error');
  });

  test('types that are not in common', () => {
    const meeting = meet({
      client: { suites: ecdsa, serverCertificateTypes: [2] },
      server: { credentialFor: () => ({ ...credentials.server, rawPublicKey: undefined }) },
    });
    expectRefused(meeting, 'server', 'unsupported_certificate');
  });
});

describe('Connection IDs (RFC 9146)', () => {
  const cid = (length: number): Uint8Array => new Uint8Array(length).fill(length);

  test.each([
    [4, 6],
    [0, 8],
    [20, 0],
    [0, 0],
  ])('%i bytes of the client, %i of the server', (ofClient, ofServer) => {
    const meeting = meet({ client: { localCid: cid(ofClient) }, server: { localCid: () => cid(ofServer) } });
    expectConnected(meeting, {
      clientIs: identityOf(credentials.device, 'x509'),
      serverIs: identityOf(credentials.server, 'x509'),
    });
    expect(meeting.client.connection).toMatchObject({ localCid: cid(ofClient), peerCid: cid(ofServer) });
  });

  test.each<[string, MeetingOptions]>([
    ['client', { client: { localCid: undefined }, server: { localCid: () => cid(6) } }],
    ['server', { client: { localCid: cid(6) }, server: { localCid: () => undefined } }],
  ])('are not used when the %s has none', (_side, options) => {
    const { client, server } = meet(options);
    for (const { connection } of [client, server]) {
      expect(connection).toMatchObject({ localCid: undefined, peerCid: undefined });
    }
  });
});

test.each([
  [1, 512],
  [3, 2048],
])('max_fragment_length %i (RFC 6066 §4)', (maxFragmentLength, maxPlaintext) => {
  const { client, server } = meet({ client: { maxFragmentLength } });
  for (const { connection, outputs } of [client, server]) {
    expect(connection?.maxPlaintext).toBe(maxPlaintext);
    expect(outputs.filter(({ kind }) => kind === 'send').at(-1)).toMatchObject({ maxPlaintext });
  }
});

test('both sides may require the extended master secret', () => {
  const meeting = meet({
    client: { suites: psk, requireExtendedMasterSecret: true },
    server: { requireExtendedMasterSecret: true },
  });
  expectConnected(meeting, { clientIs: dev1, serverIs: dev1 });
});
