import { describe, expect, it } from 'vitest';
import { HandshakeType } from '../../../src/handshake/handshake-message.ts';
import type { ClientExtensions, ServerExtensions } from '../../../src/messages/hello.ts';
import { noServerExtensions } from '../../../src/messages/server-extensions.ts';
import { ECDHE_PSK_SUITE, ecdsaTalk, ServerTalk, type ServerTalkOptions } from '../../support/test-client-talk.ts';

const NOTHING = new Uint8Array(0);
const CBC_SUITE = 'PSK_WITH_AES_128_CBC_SHA256';

function begin(extensions: Partial<ClientExtensions>, options: ServerTalkOptions = {}): ServerTalk {
  return new ServerTalk({ ...options, client: { ...options.client, extensions } }).begin();
}

describe('a ClientHello', () => {
  it('gets the version, random, suite and compression of this server', () => {
    const { serverHello } = new ServerTalk().begin();
    expect(serverHello).toMatchObject({
      version: 0xfefd,
      cipherSuite: 0xc0a8,
      compressionMethod: 0,
      sessionId: NOTHING,
    });
    expect(serverHello.random).toHaveLength(32);
    expect(new Set(serverHello.random).size).toBeGreaterThan(8);
  });

  it.each([0xfefd, 0xfefc, 0xfe00])('of version %i is answered with 1.2', (version) => {
    expect(new ServerTalk().begin({ version }).serverHello.version).toBe(0xfefd);
  });

  it.each([0xfefe, 0xfeff, 0xffff])('of version %i is refused', (version) => {
    expect(new ServerTalk().begin({ version }).error?.alert).toBe('protocol_version');
  });

  it('without null compression is refused', () => {
    expect(new ServerTalk().begin({ compressionMethods: [1] }).error?.alert).toBe('illegal_parameter');
    expect(new ServerTalk().begin({ compressionMethods: [1, 0] }).serverHello.compressionMethod).toBe(0);
  });

  it('that breaks its format is refused', () => {
    const talk = new ServerTalk();
    talk.hear(talk.client.say(HandshakeType.clientHello, Uint8Array.of(0xfe, 0xfd, 1)));
    expect(talk.error).toMatchObject({ code: 'ERR_DTLS_FORMAT', alert: 'decode_error' });
  });
});

describe('extensions', () => {
  it('that were not offered are not answered', () => {
    const talk = new ServerTalk({
      server: { localCid: () => Uint8Array.of(1) },
      client: { suites: [ECDHE_PSK_SUITE], hello: { cipherSuites: [0xd001] } },
    });
    talk.begin({
      extensions: {
        serverName: undefined,
        maxFragmentLength: undefined,
        recordSizeLimit: undefined,
        groups: undefined,
        pointFormats: undefined,
        signatureSchemes: undefined,
        clientCertificateTypes: undefined,
        serverCertificateTypes: undefined,
        encryptThenMac: false,
        extendedMasterSecret: false,
        sessionTicket: undefined,
        connectionId: undefined,
        renegotiationInfo: undefined,
      },
    });
    expect(talk.serverHello.extensions).toEqual(noServerExtensions);
  });

  it.each<{
    what: string;
    offered: Partial<ClientExtensions>;
    answered: Partial<ServerExtensions>;
    options?: ServerTalkOptions;
  }>([
    { what: 'server_name is not used with PSK', offered: { serverName: 'a.example' }, answered: { serverName: false } },
    {
      what: 'point formats with ECDHE',
      offered: { pointFormats: [0, 1] },
      answered: { pointFormats: [0] },
      options: { client: { suites: [ECDHE_PSK_SUITE] } },
    },
    { what: 'point formats without ECDHE', offered: { pointFormats: [0] }, answered: { pointFormats: undefined } },
    { what: 'encrypt_then_mac with an AEAD', offered: { encryptThenMac: true }, answered: { encryptThenMac: false } },
    {
      what: 'encrypt_then_mac with CBC',
      offered: { encryptThenMac: true },
      answered: { encryptThenMac: true },
      options: { client: { suites: [CBC_SUITE] } },
    },
    { what: 'a ticket without resumption', offered: { sessionTicket: NOTHING }, answered: { sessionTicket: false } },
    { what: 'renegotiation_info', offered: { renegotiationInfo: NOTHING }, answered: { renegotiationInfo: NOTHING } },
    {
      what: 'max_fragment_length beside record_size_limit',
      offered: { maxFragmentLength: 2, recordSizeLimit: 700 },
      answered: { maxFragmentLength: undefined, recordSizeLimit: 2000 },
      options: { server: { maxPlaintext: 2000 } },
    },
  ])('$what', ({ offered, answered, options }) => {
    expect(begin(offered, options).serverHello.extensions).toMatchObject(answered);
  });

  it.each([true, false])(
    'server_name is answered when the name has chosen the certificate: %s',
    (choosesByServerName) => {
      const options = { server: { choosesByServerName }, client: { extensions: { serverName: 'a.example' } } };
      expect(ecdsaTalk(options).begin().serverHello.extensions.serverName).toBe(choosesByServerName);
    },
  );

  it.each([
    { offered: { maxFragmentLength: 1 }, most: 512 },
    { offered: { maxFragmentLength: 4 }, most: 4096 },
    { offered: { recordSizeLimit: 64 }, most: 64 },
    { offered: { recordSizeLimit: 65_535 }, most: 16_384 },
    { offered: { recordSizeLimit: 1000, maxFragmentLength: 1 }, most: 1000 },
    { offered: {}, most: 16_384 },
  ])('$offered bound records to $most bytes, those of the handshake too', ({ offered, most }) => {
    const talk = new ServerTalk({ client: { extensions: offered } }).full();
    expect(talk.connection?.maxPlaintext).toBe(most);
    expect(talk.outputs.flatMap((output) => (output.kind === 'send' ? [output.maxPlaintext] : []))).toEqual([
      most,
      most,
    ]);
  });

  it('renegotiation_info is answered to the signalling suite as well, and not without either', () => {
    expect(new ServerTalk().begin().serverHello.extensions.renegotiationInfo).toEqual(NOTHING);
    const talk = new ServerTalk().begin({ cipherSuites: [0xc0a8] });
    expect(talk.serverHello.extensions.renegotiationInfo).toBeUndefined();
  });

  it('renegotiation_info with anything in it is refused', () => {
    expect(begin({ renegotiationInfo: new Uint8Array(12) }).error?.alert).toBe('handshake_failure');
  });

  it('a client without the extended master secret is refused where it is required', () => {
    const options = { server: { requireExtendedMasterSecret: true } };
    expect(begin({ extendedMasterSecret: false }, options).error?.alert).toBe('handshake_failure');
    expect(begin({ extendedMasterSecret: true }, options).serverHello.extensions.extendedMasterSecret).toBe(true);
  });
});

describe('Connection IDs', () => {
  const talkWith = (local: Uint8Array | undefined, peer: Uint8Array | undefined) => {
    let asked = 0;
    const localCid = (): Uint8Array | undefined => {
      asked += 1;
      return local;
    };
    const talk = new ServerTalk({ server: { localCid }, client: { extensions: { connectionId: peer } } }).full();
    return { talk, asked };
  };

  it('are agreed on for both directions', () => {
    const { talk, asked } = talkWith(Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5));
    expect(asked).toBe(1);
    expect(talk.serverHello.extensions.connectionId).toEqual(Uint8Array.of(1, 2, 3));
    const cids = { localCid: Uint8Array.of(1, 2, 3), peerCid: Uint8Array.of(4, 5) };
    expect(talk.secrets).toMatchObject(cids);
    expect(talk.connection).toMatchObject(cids);
  });

  it('may be empty on either side', () => {
    const { talk } = talkWith(NOTHING, NOTHING);
    expect(talk.serverHello.extensions.connectionId).toEqual(NOTHING);
    expect(talk.connection).toMatchObject({ localCid: NOTHING, peerCid: NOTHING });
  });

  it('are not made up for a client that does not offer them', () => {
    const { talk, asked } = talkWith(Uint8Array.of(1), undefined);
    expect(asked).toBe(0);
    expect(talk.connection).toMatchObject({ localCid: undefined, peerCid: undefined });
  });

  it('are not used when the server has none', () => {
    const { talk } = talkWith(undefined, Uint8Array.of(4, 5));
    expect(talk.serverHello.extensions.connectionId).toBeUndefined();
    expect(talk.connection).toMatchObject({ localCid: undefined, peerCid: undefined });
  });

  it('are not taken when the handshake fails before', () => {
    const server = {
      suites: [],
      localCid: (): Uint8Array => {
        throw new Error('not to be asked');
      },
    };
    const talk = new ServerTalk({ server, client: { extensions: { connectionId: NOTHING } } }).begin();
    expect(talk.error?.alert).toBe('handshake_failure');
  });
});
