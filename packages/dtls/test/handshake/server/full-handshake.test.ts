import { describe, expect, it } from 'vitest';
import { CIPHER_SUITES } from '../../../src/cipher-suites.ts';
import { trafficKeys } from '../../../src/crypto/key-schedule.ts';
import {
  certifiedIdentity,
  deviceIdentity,
  ecdsaTalk,
  ECDHE_PSK_SUITE,
  PSK_SUITE,
  serverCredential,
  ServerTalk,
} from '../../support/test-client-talk.ts';

const encoder = new TextEncoder();
const identities = {
  psk: { kind: 'psk', identity: 'dev1' },
  ecdhe_psk: { kind: 'psk', identity: 'dev1' },
  ecdhe_ecdsa: certifiedIdentity,
} as const;

describe('a full handshake on the server', () => {
  it.each(CIPHER_SUITES)('comes to its end with $name', (suite) => {
    for (const extendedMasterSecret of [true, false]) {
      for (const encryptThenMac of [true, false]) {
        const talk = new ServerTalk({
          client: { suites: [suite.name], extensions: { extendedMasterSecret, encryptThenMac } },
        }).full();
        expect(talk.error).toBeUndefined();
        expect(talk.client.finishedIsRight).toBe(true);
        expect(talk.connection).toMatchObject({
          suite,
          identity: identities[suite.keyExchange],
          resumed: false,
          serverName: undefined,
          resumable: undefined,
          masterSecret: talk.client.masterSecret,
          clientRandom: talk.client.random,
          maxPlaintext: 16_384,
        });
        const { clientRandom, masterSecret, keys } = talk.connection!;
        const useEtm = encryptThenMac && suite.cipher === 'aes-128-cbc-sha256';
        expect(keys).toEqual(trafficKeys(suite, masterSecret, clientRandom, talk.serverHello.random, useEtm));
        expect(talk.serverHello.extensions).toMatchObject({ extendedMasterSecret, encryptThenMac: useEtm });
      }
    }
  });

  it('asks, sends and answers in this order with PSK', () => {
    const talk = new ServerTalk().full();
    expect(talk.said).toEqual(['1:2@0 2:14@0', 'needPsk', 'keys', 'final ccs 3:20@1', 'connected']);
    expect(talk.outputs[1]).toEqual({ kind: 'needPsk', identity: deviceIdentity, hint: undefined });
  });

  it('shows its hint with PSK, if it has one', () => {
    const hint = encoder.encode('which key');
    const talk = new ServerTalk({ server: { pskIdentityHint: hint } }).full();
    expect(talk.said).toEqual(['1:2@0 2:12@0 3:14@0', 'needPsk', 'keys', 'final ccs 4:20@1', 'connected']);
    expect(talk.client.serverKeyExchange?.pskIdentityHint).toEqual(hint);
    expect(talk.outputs[1]).toMatchObject({ kind: 'needPsk', hint });
  });

  it('always sends its parameters with ECDHE_PSK, with an empty hint if it has none', () => {
    const talk = new ServerTalk({ client: { suites: [ECDHE_PSK_SUITE] } }).full();
    expect(talk.said).toEqual(['1:2@0 2:12@0 3:14@0', 'needPsk', 'keys', 'final ccs 4:20@1', 'connected']);
    expect(talk.client.serverKeyExchange?.pskIdentityHint).toHaveLength(0);
    const hint = encoder.encode('which key');
    const hinted = new ServerTalk({ server: { pskIdentityHint: hint }, client: { suites: [ECDHE_PSK_SUITE] } }).full();
    expect(hinted.client.serverKeyExchange?.pskIdentityHint).toEqual(hint);
  });

  it('shows its certificate and asks for one with ECDHE_ECDSA', () => {
    const talk = ecdsaTalk().full();
    expect(talk.said).toEqual([
      '1:2@0 2:11@0 3:12@0 4:13@0 5:14@0',
      'needPeer',
      'keys',
      'final ccs 6:20@1',
      'connected',
    ]);
    expect(talk.client.serverCertificate).toEqual({ type: 0, chain: serverCredential.chain });
    expect(talk.client.isSignedBy(serverCredential)).toBe(true);
    expect(talk.client.certificateRequest).toEqual({
      certificateTypes: [64],
      signatureSchemes: [0x0403, 0x0503],
      authorities: [Uint8Array.of(0x30, 0xca)],
    });
  });

  it('asks for no certificate where clients may be anonymous, and then knows nobody', () => {
    const talk = ecdsaTalk({ server: { clientCertificates: 'none' } }).full();
    expect(talk.said).toEqual(['1:2@0 2:11@0 3:12@0 4:14@0', 'keys', 'final ccs 5:20@1', 'connected']);
    expect(talk.connection?.identity).toEqual({ kind: 'anonymous' });
  });

  it('counts its messages from the message_seq of the ClientHello', () => {
    const talk = new ServerTalk({ client: { firstSequence: 0 } }).full();
    expect(talk.said).toEqual(['0:2@0 1:14@0', 'needPsk', 'keys', 'final ccs 2:20@1', 'connected']);
  });

  it('gives the same secrets before and after the end', () => {
    const talk = new ServerTalk().full();
    expect(talk.connection?.keys).toBe(talk.secrets?.keys);
  });

  it('says what the server name was', () => {
    const talk = new ServerTalk({ client: { extensions: { serverName: 'lwm2m.example' } } }).full();
    expect(talk.connection?.serverName).toBe('lwm2m.example');
  });

  it('keeps nothing of the ClientHello but copies', () => {
    const talk = new ServerTalk({
      server: { localCid: () => Uint8Array.of(9) },
      client: { extensions: { connectionId: Uint8Array.of(7, 7) } },
    }).full();
    expect(talk.connection?.clientRandom.buffer.byteLength).toBe(32);
    expect(talk.connection?.peerCid?.buffer.byteLength).toBe(2);
  });

  it('does nothing any more once it has ended', () => {
    const talk = new ServerTalk().full();
    const said = [...talk.said];
    talk.hear(talk.client.finished(), talk.client.changeCipherSpec(), talk.client.clientHello());
    talk.hear({ kind: 'psk', key: undefined });
    expect(talk.said).toEqual(said);
    expect(talk.state).toEqual({ kind: 'connected' });
  });
});

describe('the Finished of a client', () => {
  it.each([PSK_SUITE, ECDHE_PSK_SUITE])('has to be right with %s', (suite) => {
    for (let index = 0; index < 12; index += 1) {
      const talk = new ServerTalk({ client: { suites: [suite] } }).agree();
      talk.hear(talk.client.changeCipherSpec());
      talk.hear(talk.client.finished({ change: (data) => data.map((byte, at) => (at === index ? byte ^ 1 : byte)) }));
      expect(talk.error).toMatchObject({ code: 'ERR_DTLS_AUTHENTICATION', alert: 'decrypt_error' });
      expect(talk.connection).toBeUndefined();
    }
  });

  it('has 12 bytes', () => {
    const talk = new ServerTalk().agree();
    talk.hear(talk.client.changeCipherSpec(), talk.client.finished({ change: (data) => data.subarray(0, 11) }));
    expect(talk.error?.alert).toBe('decode_error');
  });

  it('does not fit when the client has seen other messages', () => {
    const talk = new ServerTalk().agree();
    talk.client.transcript.splice(1, 1);
    expect(talk.finish().error?.alert).toBe('decrypt_error');
  });

  it("can't be that of the server", () => {
    const talk = new ServerTalk().agree();
    talk.hear(talk.client.changeCipherSpec());
    const other = new ServerTalk().full();
    const flight = other.outputs.find((output) => output.kind === 'send' && output.final);
    const item = flight?.kind === 'send' ? flight.flight.at(-1) : undefined;
    const body = item?.kind === 'message' ? item.message.body : new Uint8Array(12);
    talk.hear(talk.client.finished({ change: () => body }));
    expect(talk.error?.alert).toBe('decrypt_error');
  });
});
