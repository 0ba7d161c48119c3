import { describe, expect, test } from 'vitest';
import { CIPHER_SUITES } from '../../../src/cipher-suites.ts';
import { trafficKeys } from '../../../src/crypto/key-schedule.ts';
import type { HandshakeOutput } from '../../../src/handshake/machine.ts';
import {
  certificateFlight,
  clientKeys,
  ecdsaTalk,
  pskKey,
  serverKeys,
  Talk,
  trusted,
} from '../../support/test-server-talk.ts';
import { clientCredential } from '../../support/test-server-talk.ts';
import { serverCertificate } from '../../support/test-server.ts';

const kinds = (outputs: readonly HandshakeOutput[]): string[] => outputs.map(({ kind }) => kind);
const suitesOf = (keyExchange: string): string[] =>
  CIPHER_SUITES.filter((suite) => suite.keyExchange === keyExchange).map(({ name }) => name);

describe('PSK (RFC 4279)', () => {
  test.each(suitesOf('psk'))('%s', (suite) => {
    const talk = new Talk({ client: { suites: CIPHER_SUITES }, server: { suite } });
    const { server } = talk;
    talk.cookie().hear(server.serverHello(), server.serverHelloDone());
    expect(talk.lastFlight).toEqual(['2:16@0', 'ccs', '3:20@1']);
    expect(server.finishedIsRight).toBe(true);
    expect(server.keyExchange?.pskIdentity).toEqual(new TextEncoder().encode('dev1'));
    talk.end();
    expect(talk.connection).toMatchObject({
      identity: { kind: 'psk', identity: 'dev1' },
      resumed: false,
      masterSecret: server.masterSecret,
      clientRandom: server.hello.random,
      suite: server.suite,
    });
    expect(kinds(talk.outputs)).toEqual(['send', 'send', 'needPsk', 'keys', 'send', 'connected']);
  });

  test('a server that needs no cookie', () => {
    const talk = new Talk();
    const { server } = talk;
    talk.hear(server.serverHello(), server.serverHelloDone()).end();
    expect(server.finishedIsRight).toBe(true);
    expect(talk.lastFlight).toEqual(['1:16@0', 'ccs', '2:20@1']);
    expect(talk.connection).toBeDefined();
  });

  test('the identity may depend on the hint', () => {
    const hints: (Uint8Array | undefined)[] = [];
    const talk = new Talk({
      client: {
        pskIdentity: (hint) => {
          hints.push(hint);
          return Uint8Array.of(0xef, 0xbb, 0xbf, 0x61);
        },
      },
    });
    const { server } = talk;
    const pskIdentityHint = Uint8Array.of(9, 8);
    talk.hear(server.serverHello(), server.serverKeyExchange({ pskIdentityHint }), server.serverHelloDone());
    talk.end();
    expect(hints).toEqual([pskIdentityHint]);
    expect(talk.outputs).toContainEqual({
      kind: 'needPsk',
      identity: Uint8Array.of(0xef, 0xbb, 0xbf, 0x61),
      hint: pskIdentityHint,
    });
    // A byte order mark is part of the identity.
    expect(talk.connection?.identity).toEqual({ kind: 'psk', identity: '\ufeffa' });
  });

  test.each(['none', new Uint8Array(0), new Uint8Array(129)] as const)('without a key that can be used', (psk) => {
    const talk = new Talk({ psk });
    talk.hear(talk.server.serverHello(), talk.server.serverHelloDone());
    expect(talk.error).toMatchObject({ code: 'ERR_DTLS_CREDENTIAL', alert: 'handshake_failure' });
    expect(talk.flights).toHaveLength(1);
  });

  test.each([new Uint8Array(256), Uint8Array.of(0xff)])(
    'an identity that is too long or no text is not sent',
    (identity) => {
      const talk = new Talk({ client: { pskIdentity: () => identity } });
      talk.hear(talk.server.serverHello(), talk.server.serverHelloDone());
      expect(talk.error).toMatchObject({ code: 'ERR_DTLS_CREDENTIAL', alert: 'internal_error' });
    },
  );

  test('another key on the server gives other secrets', () => {
    const talk = new Talk({ psk: Uint8Array.of(1) });
    talk.hear(talk.server.serverHello(), talk.server.serverHelloDone());
    expect(talk.server.finishedIsRight).toBe(false);
    expect(talk.secrets?.masterSecret).not.toEqual(talk.server.masterSecret);
  });
});

describe('ECDHE_PSK (RFC 5489)', () => {
  test.each(suitesOf('ecdhe_psk'))('%s', (suite) => {
    const talk = new Talk({ server: { suite } });
    const { server } = talk;
    talk.cookie().hear(server.serverHello(), server.serverKeyExchange(), server.serverHelloDone());
    expect(server.finishedIsRight).toBe(true);
    expect(server.keyExchange?.point).toHaveLength(65);
    // RFC 5489 §2: an empty hint is none.
    expect(talk.outputs).toContainEqual(expect.objectContaining({ kind: 'needPsk', hint: undefined }));
    talk.end();
    expect(talk.connection).toMatchObject({
      identity: { kind: 'psk', identity: 'dev1' },
      masterSecret: server.masterSecret,
    });
  });
});

describe('ECDHE_ECDSA (RFC 8422)', () => {
  test.each(suitesOf('ecdhe_ecdsa'))('%s, an anonymous client', (suite) => {
    const talk = ecdsaTalk({ client: { suites: CIPHER_SUITES, serverName: 'server.example' }, server: { suite } });
    const { server } = talk;
    talk.cookie().hear(...certificateFlight(talk));
    expect(talk.outputs).toContainEqual({
      kind: 'needPeer',
      certificate: serverCertificate,
      serverName: 'server.example',
    });
    expect(talk.lastFlight).toEqual(['2:16@0', 'ccs', '3:20@1']);
    expect(server.finishedIsRight).toBe(true);
    talk.end();
    expect(talk.connection).toMatchObject({
      identity: trusted.trusted ? trusted.identity : undefined,
      serverName: 'server.example',
      masterSecret: server.masterSecret,
    });
    expect(kinds(talk.outputs)).toEqual(['send', 'send', 'needPeer', 'keys', 'send', 'connected']);
  });

  test('a client with a certificate', () => {
    const talk = ecdsaTalk({ client: { credential: clientCredential } });
    const { server } = talk;
    talk
      .cookie()
      .hear(...certificateFlight(talk, {}))
      .end();
    expect(talk.lastFlight).toEqual(['2:11@0', '3:16@0', '4:15@0', 'ccs', '5:20@1']);
    expect(server.certificate).toEqual({ type: 0, chain: clientCredential.chain });
    expect(server.verifiedBy?.(clientKeys.publicKey)).toBe(true);
    expect(server.verifiedBy?.(serverKeys.publicKey)).toBe(false);
    expect(server.finishedIsRight).toBe(true);
    expect(talk.connection).toBeDefined();
  });

  test('waits for the verdict before it goes on', () => {
    const talk = ecdsaTalk({ verdict: trusted });
    talk.hear(talk.server.serverHello());
    expect(talk.state.kind).toBe('certificate');
    talk.hear(talk.server.certificateMessage());
    expect(talk.state.kind).toBe('serverKeyExchange');
  });
});

describe('secrets', () => {
  test('come before the flight that needs them, with keys of the suite', () => {
    const talk = new Talk();
    talk.hear(talk.server.serverHello(), talk.server.serverHelloDone());
    const { secrets, server } = talk;
    expect(secrets?.keys).toEqual(
      trafficKeys(server.suite, server.masterSecret ?? pskKey, server.hello.random, server.random, false),
    );
    expect(secrets).toMatchObject({ localCid: undefined, peerCid: undefined, maxPlaintext: 16_384 });
  });

  test('without the extended master secret', () => {
    const talk = new Talk({ server: { extensions: { extendedMasterSecret: false } } });
    const { server } = talk;
    talk.hear(server.serverHello(), server.serverHelloDone()).end();
    expect(server.finishedIsRight).toBe(true);
    expect(talk.connection?.masterSecret).toEqual(server.masterSecret);
    // RFC 7627 §5.3
    expect(talk.connection?.resumable).toBeUndefined();
  });

  test.each([true, false])('CBC, encrypt-then-MAC %s (RFC 7366)', (encryptThenMac) => {
    const talk = new Talk({
      client: { suites: CIPHER_SUITES },
      server: { suite: 'PSK_WITH_AES_128_CBC_SHA256', extensions: { encryptThenMac } },
    });
    talk.hear(talk.server.serverHello(), talk.server.serverHelloDone()).end();
    expect(talk.connection?.keys).toMatchObject({ cipher: 'aes-128-cbc-sha256', encryptThenMac });
  });

  test('Connection IDs of both sides (RFC 9146)', () => {
    const talk = new Talk({
      client: { localCid: Uint8Array.of(1, 2) },
      server: { extensions: { connectionId: Uint8Array.of(3, 4, 5) } },
    });
    talk.hear(talk.server.serverHello(), talk.server.serverHelloDone()).end();
    expect(talk.connection).toMatchObject({ localCid: Uint8Array.of(1, 2), peerCid: Uint8Array.of(3, 4, 5) });
    // It outlives the handshake: it is no view of the message.
    expect(talk.connection?.peerCid?.buffer.byteLength).toBe(3);
  });

  test('a Connection ID that the server does not answer is not used', () => {
    const talk = new Talk({ client: { localCid: Uint8Array.of(1, 2) } });
    talk.hear(talk.server.serverHello(), talk.server.serverHelloDone());
    expect(talk.secrets).toMatchObject({ localCid: undefined, peerCid: undefined });
  });

  test.each([
    [1, 512],
    [4, 4096],
  ])('max_fragment_length %i: %i bytes (RFC 6066 §4)', (maxFragmentLength, maxPlaintext) => {
    const talk = new Talk({ client: { maxFragmentLength }, server: { extensions: { maxFragmentLength } } });
    talk.hear(talk.server.serverHello(), talk.server.serverHelloDone());
    expect(talk.secrets?.maxPlaintext).toBe(maxPlaintext);
    // It counts for the handshake as well, but not before it is agreed on.
    const sends = talk.outputs.filter(({ kind }) => kind === 'send');
    expect(sends).toMatchObject([{ final: false }, { final: false, maxPlaintext }]);
    expect(sends[0]).not.toHaveProperty('maxPlaintext');
  });
});
