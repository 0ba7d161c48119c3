import { describe, expect, it } from 'vitest';
import { CIPHER_SUITES } from '../../../src/cipher-suites.ts';
import {
  credential,
  ECDHE_PSK_SUITE,
  ECDSA_SUITE,
  PSK_SUITE,
  serverCredential,
  ServerTalk,
  type ServerTalkOptions,
} from '../../support/test-client-talk.ts';

const all = CIPHER_SUITES.map(({ name }) => name);
const begin = (options: ServerTalkOptions): ServerTalk => new ServerTalk(options).begin();
const chosen = (options: ServerTalkOptions): string =>
  CIPHER_SUITES.find(({ id }) => id === begin(options).serverHello.cipherSuite)!.name;

describe('the choice of a cipher suite', () => {
  it('follows the order of the server', () => {
    expect(chosen({ client: { suites: all } })).toBe('ECDHE_ECDSA_WITH_AES_128_GCM_SHA256');
    expect(chosen({ client: { suites: all }, server: { suites: [...CIPHER_SUITES].reverse() } })).toBe(
      'PSK_WITH_AES_128_CBC_SHA256',
    );
  });

  it('passes over what the server does not have the credentials for', () => {
    const server = { credentialFor: () => undefined };
    expect(chosen({ client: { suites: all }, server })).toBe('ECDHE_PSK_WITH_AES_128_GCM_SHA256');
    expect(chosen({ client: { suites: all }, server: { psk: false } })).toBe('ECDHE_ECDSA_WITH_AES_128_GCM_SHA256');
  });

  it('passes over numbers that it does not know, and signalling values', () => {
    const talk = new ServerTalk().begin({ cipherSuites: [0x00ff, 0x5600, 0x1301, 0x0a0a, 0xc0a8] });
    expect(talk.serverHello.cipherSuite).toBe(0xc0a8);
  });

  it.each<{ what: string; options: ServerTalkOptions }>([
    { what: 'no suite in common', options: { server: { suites: [] } } },
    { what: 'PSK without a lookup', options: { server: { psk: false } } },
    { what: 'ECDHE_PSK without a lookup', options: { server: { psk: false }, client: { suites: [ECDHE_PSK_SUITE] } } },
    {
      what: 'ECDHE_PSK without a group',
      options: { client: { suites: [ECDHE_PSK_SUITE], extensions: { groups: [29] } } },
    },
    {
      what: 'ECDHE_ECDSA without a credential',
      options: { server: { credentialFor: () => undefined }, client: { suites: [ECDSA_SUITE] } },
    },
    {
      what: 'ECDHE_ECDSA without a group',
      options: { client: { suites: [ECDSA_SUITE], extensions: { groups: [29] } } },
    },
    {
      what: 'ECDHE_ECDSA without a scheme',
      options: { client: { suites: [ECDSA_SUITE], extensions: { signatureSchemes: [0x0401] } } },
    },
    {
      what: 'ECDHE_ECDSA with a key on a curve that the client does not take',
      options: { client: { suites: [ECDSA_SUITE], extensions: { groups: [24] } } },
    },
  ])('fails with handshake_failure: $what', ({ options }) => {
    const talk = begin(options);
    expect(talk.error).toMatchObject({ code: 'ERR_DTLS_HANDSHAKE', alert: 'handshake_failure' });
    expect(talk.said).toEqual(['failed']);
    expect(talk.state).toEqual({ kind: 'failed' });
  });

  it('says what the client offers when nothing is in common', () => {
    const talk = new ServerTalk().begin({ cipherSuites: [0xc0a9, ...Array.from({ length: 40 }, () => 0x0005)] });
    expect(talk.error?.message).toContain('the client offers 0xc0a9 0x0005');
    expect(talk.error?.message).toContain('and 17 more');
  });

  it('falls back to PSK when the certificate is not for this client', () => {
    const client = { suites: [ECDSA_SUITE, PSK_SUITE], extensions: { serverCertificateTypes: [1] } };
    expect(chosen({ client })).toBe(PSK_SUITE);
  });

  it('asks for the credential of the server name', () => {
    const names: (string | undefined)[] = [];
    const server: ServerTalkOptions['server'] = {
      credentialFor: (name) => {
        names.push(name);
        return serverCredential;
      },
    };
    const suites = all.filter((name) => name.startsWith('ECDHE_ECDSA'));
    begin({ server, client: { suites, extensions: { serverName: 'a.example' } } });
    begin({ server, client: { suites } });
    begin({ server });
    expect(names).toEqual(['a.example', undefined]);
  });

  it('ends with internal_error when a hook throws', () => {
    const server: ServerTalkOptions['server'] = {
      credentialFor: () => {
        throw new TypeError('a fault of the application');
      },
    };
    const talk = begin({ server, client: { suites: [ECDSA_SUITE] } });
    expect(talk.error).toMatchObject({ code: 'ERR_DTLS_HANDSHAKE', alert: 'internal_error' });
    expect(talk.error?.cause).toBeInstanceOf(TypeError);
  });
});

describe('the group of the key exchange', () => {
  const group = (options: ServerTalkOptions): number | undefined =>
    begin(options).client.serverKeyExchange?.ecdh?.group;
  const suites = [ECDHE_PSK_SUITE];

  it('is the first of ours that the client takes, P-256 when it does not say', () => {
    expect(group({ client: { suites, extensions: { groups: [24, 23] } } })).toBe(23);
    expect(group({ client: { suites, extensions: { groups: [29, 24] } } })).toBe(24);
    expect(group({ client: { suites, extensions: { groups: undefined } } })).toBe(23);
  });

  it('may be another than that of the certificate', () => {
    const own = credential(0x38, 'secp384r1');
    const talk = new ServerTalk({ server: { credentialFor: () => own }, client: { suites: [ECDSA_SUITE] } }).full();
    expect(talk.client.serverKeyExchange?.ecdh?.group).toBe(23);
    expect(talk.client.serverKeyExchange?.signed?.scheme).toBe(0x0503);
    expect(talk.client.isSignedBy(own)).toBe(true);
    expect(talk.client.finishedIsRight).toBe(true);
  });
});

describe('certificate types (RFC 7250)', () => {
  const suites = [ECDSA_SUITE];

  it('are not answered when they were not offered', () => {
    const { extensions } = begin({ client: { suites } }).serverHello;
    expect(extensions).toMatchObject({ clientCertificateType: undefined, serverCertificateType: undefined });
  });

  it.each([
    { offered: [2, 0], type: 2 },
    { offered: [0, 2], type: 0 },
    { offered: [1, 2], type: 2 },
  ])('of the server: the first of $offered that there is', ({ offered, type }) => {
    const talk = begin({ client: { suites, extensions: { serverCertificateTypes: offered } } });
    expect(talk.serverHello.extensions.serverCertificateType).toBe(type);
    expect(talk.client.serverCertificate).toEqual(
      type === 2 ? { type, publicKey: serverCredential.rawPublicKey } : { type, chain: serverCredential.chain },
    );
  });

  it.each([
    { have: { ...serverCredential, chain: undefined }, offered: [0, 2], type: 2 },
    { have: { ...serverCredential, rawPublicKey: undefined }, offered: [2, 0], type: 0 },
  ])('of the server: $type when it has nothing else', ({ have, offered, type }) => {
    const talk = begin({
      server: { credentialFor: () => have },
      client: { suites, extensions: { serverCertificateTypes: offered } },
    });
    expect(talk.serverHello.extensions.serverCertificateType).toBe(type);
  });

  it.each([
    { offered: [2, 0], accepted: [0, 2], type: 2 },
    { offered: [0, 2], accepted: [2], type: 2 },
    { offered: [2, 0], accepted: [0], type: 0 },
  ])('of the client: the first of $offered that is in $accepted', ({ offered, accepted, type }) => {
    const talk = begin({
      server: { clientCertificateTypes: accepted },
      client: { suites, extensions: { clientCertificateTypes: offered } },
    });
    expect(talk.serverHello.extensions.clientCertificateType).toBe(type);
  });

  it('of the client are not answered when it is asked for no certificate', () => {
    const talk = begin({
      server: { clientCertificates: 'none' },
      client: { suites, extensions: { clientCertificateTypes: [2] } },
    });
    expect(talk.serverHello.extensions.clientCertificateType).toBeUndefined();
  });

  it('are not answered with PSK', () => {
    const { extensions } = begin({
      client: { extensions: { clientCertificateTypes: [2], serverCertificateTypes: [2] } },
    }).serverHello;
    expect(extensions).toMatchObject({ clientCertificateType: undefined, serverCertificateType: undefined });
  });

  it.each<{ what: string; options: ServerTalkOptions }>([
    {
      what: 'of the server, without a raw key',
      options: {
        server: { credentialFor: () => ({ ...serverCredential, rawPublicKey: undefined }) },
        client: { suites, extensions: { serverCertificateTypes: [2] } },
      },
    },
    {
      what: 'of the server, without a chain',
      options: { server: { credentialFor: () => ({ ...serverCredential, chain: undefined }) }, client: { suites } },
    },
    {
      what: 'of the client',
      options: {
        server: { clientCertificateTypes: [0] },
        client: { suites, extensions: { clientCertificateTypes: [2] } },
      },
    },
    { what: 'of a client that does not say', options: { server: { clientCertificateTypes: [2] }, client: { suites } } },
  ])('with none in common end with unsupported_certificate: $what', ({ options }) => {
    expect(begin(options).error?.alert).toBe('unsupported_certificate');
  });
});
