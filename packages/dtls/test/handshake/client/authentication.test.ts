import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { CertificateRequest } from '../../../src/messages/certificate.ts';
import type { OwnCredential } from '../../../src/handshake/machine.ts';
import { serverKeyExchangeData, sign } from '../../../src/crypto/signature.ts';
import { encodeEcdhParameters } from '../../../src/messages/server-key-exchange.ts';
import {
  certificateFlight,
  clientCredential,
  clientKeys,
  ecdsaTalk,
  serverKeys,
  type Talk,
  trusted,
} from '../../support/test-server-talk.ts';

const spki = Uint8Array.from(clientKeys.publicKey.export({ format: 'der', type: 'spki' }));

describe('the server', () => {
  test('that is not trusted is told why', () => {
    const talk = ecdsaTalk({ verdict: { trusted: false, alert: 'unknown_ca', reason: 'no authority knows it' } });
    talk.hear(talk.server.serverHello(), talk.server.certificateMessage());
    expect(talk.error).toMatchObject({
      code: 'ERR_DTLS_AUTHENTICATION',
      alert: 'unknown_ca',
      message: 'no authority knows it',
    });
    expect(talk.state).toEqual({ kind: 'failed' });
  });

  test('without a certificate is refused', () => {
    const talk = ecdsaTalk();
    talk.hear(talk.server.serverHello(), talk.server.certificateMessage({ type: 0, chain: [] }));
    expect(talk.error?.alert).toBe('bad_certificate');
    expect(talk.outputs.some(({ kind }) => kind === 'needPeer')).toBe(false);
  });

  test('that signs with another key than that of its certificate is refused', () => {
    const talk = ecdsaTalk({ server: { signingKey: clientKeys.privateKey } });
    talk.hear(...certificateFlight(talk));
    expect(talk.error).toMatchObject({ code: 'ERR_DTLS_AUTHENTICATION', alert: 'decrypt_error' });
    expect(talk.flights).toHaveLength(1);
  });

  test('that signs for another handshake is refused', () => {
    const talk = ecdsaTalk();
    const { server } = talk;
    const data = serverKeyExchangeData(new Uint8Array(32), server.random, encodeEcdhParameters(server.ephemeral));
    const signed = { scheme: 0x0403, signature: sign(serverKeys.privateKey, 0x0403, data) };
    talk.hear(server.serverHello(), server.certificateMessage(), server.serverKeyExchange({ signed }));
    expect(talk.error?.alert).toBe('decrypt_error');
  });

  test('that signs other parameters than it sends is refused', () => {
    const talk = ecdsaTalk();
    const { server } = talk;
    const { point } = server.ephemeral;
    talk.hear(server.serverHello(), server.certificateMessage());
    talk.hear(server.serverKeyExchange({ ecdh: { group: 24, point } }));
    expect(talk.error?.alert).toBe('decrypt_error');
  });

  test.each([0x0401, 0x0203, 0x0603, 0x0804])(
    'that signs with scheme %i, which was not offered, is refused',
    (scheme) => {
      const talk = ecdsaTalk();
      const { server } = talk;
      talk.hear(server.serverHello(), server.certificateMessage());
      talk.hear(server.serverKeyExchange({ signed: { scheme, signature: Uint8Array.of(1) } }));
      expect(talk.error?.alert).toBe('illegal_parameter');
    },
  );

  test('shows a raw public key when that is agreed (RFC 7250)', () => {
    const publicKey = Uint8Array.of(0x30, 0x59, 1);
    const identity = { kind: 'rpk', publicKey } as const;
    const talk = ecdsaTalk({
      client: { serverCertificateTypes: [2, 0] },
      server: { extensions: { serverCertificateType: 2 } },
      verdict: { trusted: true, identity, publicKey: serverKeys.publicKey },
    });
    const { server } = talk;
    talk.hear(server.serverHello(), server.certificateMessage({ type: 2, publicKey }));
    talk.hear(server.serverKeyExchange(), server.serverHelloDone()).end();
    expect(talk.outputs).toContainEqual({
      kind: 'needPeer',
      certificate: { type: 2, publicKey },
      serverName: undefined,
    });
    expect(talk.connection?.identity).toEqual(identity);
  });
});

describe('our certificate', () => {
  const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
  const p384Credential: OwnCredential = { ...clientCredential, privateKey: p384.privateKey, group: 24 };

  function answer(
    credential: OwnCredential | undefined,
    request: Partial<CertificateRequest> = {},
    clientCertificateType?: 0 | 2,
  ): Talk {
    const talk = ecdsaTalk({
      client: { credential },
      server:
        clientCertificateType === undefined ? {} : { clientCertificateType, extensions: { clientCertificateType } },
    });
    return talk.hear(...certificateFlight(talk, request));
  }

  const empty = ['1:11@0', '2:16@0', 'ccs', '3:20@1'];
  const signed = ['1:11@0', '2:16@0', '3:15@0', 'ccs', '4:20@1'];

  test('is not sent unasked', () => {
    const talk = ecdsaTalk({ client: { credential: clientCredential } });
    talk.hear(...certificateFlight(talk));
    expect(talk.lastFlight).toEqual(['1:16@0', 'ccs', '2:20@1']);
  });

  test.each<[string, OwnCredential | undefined, Partial<CertificateRequest>]>([
    ['there is none', undefined, {}],
    ['the server takes RSA keys alone', clientCredential, { certificateTypes: [1] }],
    ['no scheme is in common', clientCredential, { signatureSchemes: [0x0401, 0x0203] }],
    ['its curve was not offered', { ...clientCredential, group: 25 }, {}],
    ['there is a raw public key alone', { ...clientCredential, chain: undefined, rawPublicKey: spki }, {}],
  ])('is empty when %s', (_name, credential, request) => {
    const talk = answer(credential, request);
    expect(talk.lastFlight).toEqual(empty);
    expect(talk.server.certificate).toEqual({ type: 0, chain: [] });
    expect(talk.server.finishedIsRight).toBe(true);
    expect(talk.end().connection).toBeDefined();
  });

  test('is shown and signed with a scheme that the server takes', () => {
    const talk = answer(p384Credential, { signatureSchemes: [0x0503, 0x0401] });
    expect(talk.lastFlight).toEqual(signed);
    expect(talk.server.verifiedBy?.(p384.publicKey)).toBe(true);
    expect(talk.end().connection).toBeDefined();
  });

  test('is a raw public key when that is agreed (RFC 7250)', () => {
    const talk = answer({ ...clientCredential, rawPublicKey: spki }, {}, 2);
    expect(talk.lastFlight).toEqual(signed);
    expect(talk.server.certificate).toEqual({ type: 2, publicKey: spki });
    expect(talk.server.verifiedBy?.(clientKeys.publicKey)).toBe(true);
    expect(talk.server.finishedIsRight).toBe(true);
  });

  test('is a chain when that is agreed, though there is a raw key', () => {
    const talk = answer({ ...clientCredential, rawPublicKey: spki }, {}, 0);
    expect(talk.server.certificate).toEqual({ type: 0, chain: clientCredential.chain });
  });
});

describe('the identity of the server', () => {
  test('is that of the verdict', () => {
    const talk = ecdsaTalk();
    talk.hear(...certificateFlight(talk)).end();
    expect(talk.connection?.identity).toEqual(trusted.trusted && trusted.identity);
  });
});
