import { describe, expect, test } from 'vitest';
import { CIPHER_SUITES } from '../../../src/cipher-suites.ts';
import { startClient } from '../../../src/handshake/client/step-client.ts';
import type { ClientContext } from '../../../src/handshake/contexts.ts';
import type { HandshakeMessage } from '../../../src/handshake/handshake-message.ts';
import type { ResumableSession } from '../../../src/handshake/machine.ts';
import { decodeClientHello } from '../../../src/messages/client-hello.ts';
import type { ClientHello } from '../../../src/messages/hello.ts';
import { clientContext, clientCredential, Talk } from '../../support/test-server-talk.ts';

function helloMessage(changes: Partial<ClientContext>): HandshakeMessage {
  const [output] = startClient(clientContext(changes)).outputs;
  if (output?.kind !== 'send') throw new Error('no flight');
  const [item] = output.flight;
  if (item?.kind !== 'message') throw new Error('no message');
  return item.message;
}

const helloFor = (changes: Partial<ClientContext> = {}): ClientHello => decodeClientHello(helloMessage(changes).body);

const session: ResumableSession = {
  suite: CIPHER_SUITES[8] ?? CIPHER_SUITES[0]!,
  masterSecret: new Uint8Array(48).fill(7),
  extendedMasterSecret: true,
  encryptThenMac: false,
  sessionId: Uint8Array.of(1, 2, 3),
  ticket: undefined,
  identity: { kind: 'psk', identity: 'dev1' },
  serverName: undefined,
};

describe('what a client offers', () => {
  test('DTLS 1.2, 32 random bytes, no compression, no session, no cookie', () => {
    const hello = helloFor();
    expect(hello).toMatchObject({
      version: 0xfefd,
      compressionMethods: [0],
      sessionId: new Uint8Array(0),
      cookie: new Uint8Array(0),
    });
    expect(hello.random).toHaveLength(32);
    expect(helloMessage({}).sequence).toBe(0);
  });

  test('suites in the order of the context and the signalling suite of RFC 5746', () => {
    const suites = CIPHER_SUITES.toReversed();
    expect(helloFor({ suites }).cipherSuites).toEqual([...suites.map(({ id }) => id), 0x00ff]);
  });

  test('PSK suites only with an identity, ECDHE_ECDSA suites only when something of the server can be verified', () => {
    const ids = (keyExchange: string): number[] =>
      clientContext()
        .suites.filter((suite) => suite.keyExchange === keyExchange)
        .map(({ id }) => id);
    expect(helloFor({ pskIdentity: undefined }).cipherSuites).toEqual([...ids('ecdhe_ecdsa'), 0x00ff]);
    expect(helloFor({ serverCertificateTypes: [] }).cipherSuites).toEqual([...ids('ecdhe_psk'), ...ids('psk'), 0x00ff]);
  });

  test('with nothing to offer it fails, and nobody is told', () => {
    const step = startClient(clientContext({ pskIdentity: undefined, serverCertificateTypes: [] }));
    expect(step.state).toEqual({ kind: 'failed' });
    expect(step.outputs).toEqual([
      { kind: 'failed', error: expect.objectContaining({ code: 'ERR_DTLS_CREDENTIAL', alert: undefined }) as unknown },
    ]);
  });

  test('groups, point formats and signature schemes as far as the suites need them', () => {
    const named = (name: string): Partial<ClientContext> => ({
      suites: CIPHER_SUITES.filter((suite) => suite.name === name),
    });
    expect(helloFor(named('ECDHE_ECDSA_WITH_AES_128_CCM_8')).extensions).toMatchObject({
      groups: [23, 24],
      pointFormats: [0],
      signatureSchemes: [0x0403, 0x0503],
    });
    expect(helloFor(named('ECDHE_PSK_WITH_AES_128_GCM_SHA256')).extensions).toMatchObject({
      groups: [23, 24],
      pointFormats: [0],
      signatureSchemes: undefined,
    });
    expect(helloFor(named('PSK_WITH_AES_128_CCM_8')).extensions).toMatchObject({
      groups: undefined,
      pointFormats: undefined,
      signatureSchemes: undefined,
    });
  });

  test('the extended master secret always, encrypt-then-MAC with a CBC suite', () => {
    expect(helloFor().extensions).toMatchObject({ extendedMasterSecret: true, encryptThenMac: false });
    expect(helloFor({ suites: CIPHER_SUITES }).extensions.encryptThenMac).toBe(true);
  });

  test('what the context asks for: name, fragment length, Connection ID, ticket', () => {
    const { extensions } = helloFor({
      serverName: 'server.example',
      maxFragmentLength: 2,
      localCid: Uint8Array.of(5),
      tickets: true,
    });
    expect(extensions).toMatchObject({
      serverName: 'server.example',
      maxFragmentLength: 2,
      connectionId: Uint8Array.of(5),
      sessionTicket: new Uint8Array(0),
    });
  });

  test('and nothing else', () => {
    expect(helloFor({ tickets: false }).extensions).toMatchObject({
      serverName: undefined,
      maxFragmentLength: undefined,
      recordSizeLimit: undefined,
      connectionId: undefined,
      sessionTicket: undefined,
      clientCertificateTypes: undefined,
      serverCertificateTypes: undefined,
      renegotiationInfo: undefined,
    });
  });

  test('an empty Connection ID is offered', () => {
    expect(helloFor({ localCid: new Uint8Array(0) }).extensions.connectionId).toEqual(new Uint8Array(0));
  });
});

describe('certificate types (RFC 7250)', () => {
  const spki = Uint8Array.of(0x30, 0x59);

  test('are left out when X.509 is all', () => {
    const { extensions } = helloFor({ credential: clientCredential, serverCertificateTypes: [0] });
    expect(extensions).toMatchObject({ clientCertificateTypes: undefined, serverCertificateTypes: undefined });
  });

  test('of the server: what is accepted', () => {
    expect(helloFor({ serverCertificateTypes: [2] }).extensions.serverCertificateTypes).toEqual([2]);
    expect(helloFor({ serverCertificateTypes: [0, 2] }).extensions.serverCertificateTypes).toEqual([0, 2]);
  });

  test('of the client: what its credential can show', () => {
    const types = (credential: Partial<typeof clientCredential>): readonly number[] | undefined =>
      helloFor({ credential: { ...clientCredential, ...credential } }).extensions.clientCertificateTypes;
    expect(types({ rawPublicKey: spki })).toEqual([2, 0]);
    expect(types({ rawPublicKey: spki, chain: undefined })).toEqual([2]);
  });

  test('not with PSK alone', () => {
    const suites = CIPHER_SUITES.filter(({ keyExchange }) => keyExchange === 'psk');
    const { extensions } = helloFor({ suites, serverCertificateTypes: [2] });
    expect(extensions.serverCertificateTypes).toBeUndefined();
  });
});

describe('a session to resume', () => {
  const offered = (changes: Partial<ResumableSession>, context: Partial<ClientContext> = {}): ClientHello =>
    helloFor({ session: { ...session, ...changes }, ...context });

  test('by its id', () => {
    const { sessionId, extensions } = offered({});
    expect(sessionId).toEqual(session.sessionId);
    expect(extensions.sessionTicket).toEqual(new Uint8Array(0));
  });

  test('by its ticket, with a session id of our own choice (RFC 5077 §3.4)', () => {
    const { sessionId, extensions } = offered({ ticket: Uint8Array.of(9, 9), sessionId: new Uint8Array(0) });
    expect(sessionId).toHaveLength(32);
    expect(extensions.sessionTicket).toEqual(Uint8Array.of(9, 9));
  });

  test.each<[string, Partial<ResumableSession>, Partial<ClientContext>]>([
    ['without the extended master secret (RFC 7627 §5.3)', { extendedMasterSecret: false }, {}],
    ['of a suite that is not offered', {}, { suites: CIPHER_SUITES.slice(0, 3) }],
    ['of another server name (RFC 6066 §3)', { serverName: 'a.example' }, { serverName: 'b.example' }],
    ['that the server keeps nowhere', { sessionId: new Uint8Array(0) }, {}],
    [
      'with a ticket when tickets are off',
      { sessionId: new Uint8Array(0), ticket: Uint8Array.of(9) },
      { tickets: false },
    ],
    ['whose ticket is too large for a datagram', { sessionId: new Uint8Array(0), ticket: new Uint8Array(801) }, {}],
  ])('is not offered %s', (_name, changes, context) => {
    const { sessionId, extensions } = offered(changes, context);
    expect(sessionId).toEqual(new Uint8Array(0));
    expect(extensions.sessionTicket ?? new Uint8Array(0)).toEqual(new Uint8Array(0));
  });
});

describe('HelloVerifyRequest (RFC 6347 §4.2.1)', () => {
  test.each([0xfeff, 0xfefd])('of version %i: the same hello again with the cookie', (version) => {
    const talk = new Talk({
      client: { session: { ...session, ticket: Uint8Array.of(1), sessionId: new Uint8Array(0) } },
    });
    const cookie = new Uint8Array(255).fill(3);
    talk.hear(talk.server.helloVerifyRequest(version, cookie));
    const [first, second] = talk.server.hellos;
    expect(second).toEqual({ ...first, cookie });
    expect(talk.lastFlight).toEqual(['1:1@0']);
  });

  test.each([0xfefc, 0x0303, 0xfe00])('of version %i is refused', (version) => {
    const talk = new Talk();
    talk.hear(talk.server.helloVerifyRequest(version));
    expect(talk.error?.alert).toBe('protocol_version');
  });

  test('again, with another cookie: the hello again with that one', () => {
    const talk = new Talk();
    talk.hear(talk.server.helloVerifyRequest(0xfeff, Uint8Array.of(1)));
    talk.hear(talk.server.helloVerifyRequest(0xfeff, Uint8Array.of(2)));
    const [first, , third] = talk.server.hellos;
    expect(third).toEqual({ ...first, cookie: Uint8Array.of(2) });
    expect(talk.lastFlight).toEqual(['2:1@0']);
  });

  test('more often than any server has reason to is refused', () => {
    const talk = new Talk();
    for (let count = 0; count < 4; count += 1) talk.cookie();
    expect(talk.error).toBeUndefined();
    expect(talk.lastFlight).toEqual(['4:1@0']);
    talk.cookie();
    expect(talk.error?.alert).toBe('unexpected_message');
    expect(talk.flights).toHaveLength(5);
  });

  test('with bytes that are too many is refused', () => {
    const talk = new Talk();
    talk.hear(talk.server.say(3, Uint8Array.of(0xfe, 0xff, 1, 2, 3)));
    expect(talk.error?.alert).toBe('decode_error');
  });
});
