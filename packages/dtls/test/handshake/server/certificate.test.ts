import { describe, expect, it } from 'vitest';
import { HandshakeType } from '../../../src/handshake/handshake-message.ts';
import type { HandshakeOutput, PeerVerdict } from '../../../src/handshake/machine.ts';
import {
  certifiedIdentity,
  credential,
  deviceCredential,
  ecdsaTalk,
  strangerKey,
  trustedDevice,
  type ServerTalk,
  type ServerTalkOptions,
} from '../../support/test-client-talk.ts';

const asked = (talk: ServerTalk): Extract<HandshakeOutput, { kind: 'needPeer' }> | undefined =>
  talk.outputs.find((output) => output.kind === 'needPeer');

/** Up to where CertificateVerify is due. */
function claimed(options: ServerTalkOptions = {}): ServerTalk {
  const talk = ecdsaTalk(options).begin();
  return talk.hear(talk.client.certificate()).hear(talk.client.clientKeyExchange());
}

describe('the certificate of a client', () => {
  it('is shown to the verifier with the server name', () => {
    const talk = claimed({ client: { extensions: { serverName: 'a.example' } } });
    expect(asked(talk)).toEqual({
      kind: 'needPeer',
      certificate: { type: 0, chain: deviceCredential.chain },
      serverName: 'a.example',
    });
  });

  it('may be a raw public key', () => {
    const rpk: PeerVerdict = {
      trusted: true,
      identity: { kind: 'rpk', publicKey: Uint8Array.of(0x31, 0xd1) },
      publicKey: deviceCredential.publicKey,
    };
    const talk = ecdsaTalk({
      client: { extensions: { clientCertificateTypes: [2] } },
      verifyPeer: () => rpk,
    }).full();
    expect(asked(talk)?.certificate).toEqual({ type: 2, publicKey: deviceCredential.rawPublicKey });
    expect(talk.connection?.identity).toEqual(rpk.identity);
  });

  it('ends the handshake when it is refused, with the alert of the verdict', () => {
    const verdict: PeerVerdict = { trusted: false, alert: 'certificate_revoked', reason: 'on the list' };
    const talk = ecdsaTalk({ verifyPeer: () => verdict }).begin();
    talk.hear(talk.client.certificate());
    expect(talk.error).toMatchObject({
      code: 'ERR_DTLS_AUTHENTICATION',
      alert: 'certificate_revoked',
      message: 'on the list',
    });
  });

  it('ends the handshake when it is empty', () => {
    const talk = ecdsaTalk().begin();
    talk.hear(talk.client.certificate({ type: 0, chain: [] }));
    expect(talk.error).toMatchObject({ code: 'ERR_DTLS_AUTHENTICATION', alert: 'handshake_failure' });
    expect(asked(talk)).toBeUndefined();
  });

  it('ends the handshake when it is no raw public key as agreed', () => {
    const talk = ecdsaTalk({ client: { extensions: { clientCertificateTypes: [2] } } }).begin();
    talk.hear(talk.client.certificate({ type: 0, chain: [] }));
    expect(talk.error?.alert).toBe('decode_error');
  });

  it('is waited for, and nothing else is taken before the verdict', () => {
    const talk = ecdsaTalk({ silent: true }).begin();
    talk.hear(talk.client.certificate());
    expect(talk.state.kind).toBe('awaitPeer');
    const impatient = ecdsaTalk({ silent: true }).begin();
    impatient.hear(impatient.client.certificate()).hear(impatient.client.clientKeyExchange());
    expect(impatient.error?.alert).toBe('unexpected_message');
    talk.hear({ kind: 'peer', verdict: trustedDevice });
    expect(talk.state.kind).toBe('awaitClientKeyExchange');
  });
});

describe('the CertificateVerify of a client', () => {
  it('proves the identity of the verdict', () => {
    const talk = claimed();
    expect(talk.state.kind).toBe('awaitCertificateVerify');
    talk.hear(talk.client.certificateVerify());
    expect(talk.finish().connection?.identity).toEqual(certifiedIdentity);
  });

  it('is refused when an unrelated key has signed it', () => {
    const talk = claimed();
    talk.hear(talk.client.certificateVerify({ privateKey: strangerKey }));
    expect(talk.error).toMatchObject({ code: 'ERR_DTLS_AUTHENTICATION', alert: 'decrypt_error' });
  });

  it.each([
    { what: 'without ClientKeyExchange', leave: (count: number) => count - 1 },
    { what: 'of the ClientHello alone', leave: () => 1 },
    { what: 'of nothing', leave: () => 0 },
  ])('is refused when it is over messages $what', ({ leave }) => {
    const talk = claimed();
    const { transcript } = talk.client;
    talk.hear(talk.client.certificateVerify({ signed: transcript.slice(0, leave(transcript.length)) }));
    expect(talk.error?.alert).toBe('decrypt_error');
  });

  it('is refused when it comes from another handshake', () => {
    const other = claimed();
    const talk = claimed();
    talk.hear(talk.client.certificateVerify({ signed: other.client.transcript }));
    expect(talk.error?.alert).toBe('decrypt_error');
  });

  it('is refused with a scheme that was not asked for', () => {
    for (const scheme of [0x0401, 0x0203, 0x0603]) {
      const talk = claimed();
      talk.hear(talk.client.certificateVerify({ scheme }));
      expect(talk.error?.alert).toBe('illegal_parameter');
    }
  });

  it('is refused with a scheme that is not that of the signature', () => {
    const talk = claimed();
    talk.hear(talk.client.certificateVerify({ scheme: 0x0503 }));
    expect(talk.error?.alert).toBe('decrypt_error');
  });

  it('is refused when it is no signature', () => {
    const talk = claimed();
    talk.hear(talk.client.say(HandshakeType.certificateVerify, Uint8Array.of(4, 3, 0, 2, 1, 1)));
    expect(talk.error?.alert).toBe('decrypt_error');
  });

  it('may be made with P-384', () => {
    const own = credential(0xd3, 'secp384r1');
    const talk = ecdsaTalk({
      client: { credential: own },
      verifyPeer: () => ({ trusted: true, identity: certifiedIdentity, publicKey: own.publicKey }),
    }).full();
    expect(talk.connection?.identity).toEqual(certifiedIdentity);
  });
});
