import { describe, expect, test } from 'vitest';
import { CIPHER_SUITES } from '../../../src/cipher-suites.ts';
import type { ClientContext } from '../../../src/handshake/contexts.ts';
import { HandshakeType } from '../../../src/handshake/handshake-message.ts';
import type { ServerExtensions, ServerHello } from '../../../src/messages/hello.ts';
import { noServerExtensions } from '../../../src/messages/server-extensions.ts';
import { ecdsaTalk, Talk } from '../../support/test-server-talk.ts';

function alertFor(changes: Partial<ServerHello>, client: Partial<ClientContext> = {}): string | undefined {
  const talk = new Talk({ client });
  talk.hear(talk.server.serverHello(changes));
  return talk.error?.alert;
}

const alertForExtensions = (
  extensions: Partial<ServerExtensions>,
  client: Partial<ClientContext> = {},
): string | undefined => alertFor({ extensions: { ...noServerExtensions, ...extensions } }, client);

describe('a ServerHello', () => {
  test.each([0xfeff, 0xfefc, 0x0303, 0xfefe])('of version %i is refused', (version) => {
    expect(alertFor({ version })).toBe('protocol_version');
  });

  test.each([0x00ff, 0x1301, 0x00ae, 0xc0a9])('with suite %i, which was not offered, is refused', (suite) => {
    expect(alertFor({ cipherSuite: suite })).toBe('illegal_parameter');
  });

  test('with a suite that is built but has no credential is refused', () => {
    expect(alertFor({ cipherSuite: 0xc0a8 }, { pskIdentity: undefined })).toBe('illegal_parameter');
    expect(alertFor({ cipherSuite: 0xc0ae }, { serverCertificateTypes: [] })).toBe('illegal_parameter');
  });

  test('with a compression is refused', () => {
    expect(alertFor({ compressionMethod: 1 })).toBe('illegal_parameter');
  });

  test('without extensions is taken', () => {
    expect(alertForExtensions({})).toBeUndefined();
  });

  test('with bytes that are too few is refused', () => {
    const talk = new Talk();
    talk.hear(talk.server.say(HandshakeType.serverHello, Uint8Array.of(0xfe, 0xfd, 1)));
    expect(talk.error?.alert).toBe('decode_error');
  });
});

describe('an extension that was not offered is refused', () => {
  const onlyPsk: Partial<ClientContext> = {
    suites: CIPHER_SUITES.filter(({ keyExchange, optIn }) => keyExchange === 'psk' && !optIn),
    tickets: false,
  };
  test.each<[keyof ServerExtensions, Partial<ServerExtensions>]>([
    ['serverName', { serverName: true }],
    ['maxFragmentLength', { maxFragmentLength: 1 }],
    ['recordSizeLimit', { recordSizeLimit: 512 }],
    ['pointFormats', { pointFormats: [0] }],
    ['clientCertificateType', { clientCertificateType: 0 }],
    ['serverCertificateType', { serverCertificateType: 0 }],
    ['encryptThenMac', { encryptThenMac: true }],
    ['sessionTicket', { sessionTicket: true }],
    ['connectionId', { connectionId: Uint8Array.of(1) }],
  ])('%s', (_name, extensions) => {
    expect(alertForExtensions(extensions, onlyPsk)).toBe('unsupported_extension');
  });

  test('one that nobody knows', () => {
    const talk = new Talk();
    const body = new Uint8Array(2 + 32 + 1 + 2 + 1 + 2 + 4);
    body.set([0xfe, 0xfd]);
    body.set([0xc0, 0xa8, 0, 0, 4, 0xab, 0xcd, 0, 0], 35);
    talk.hear(talk.server.say(HandshakeType.serverHello, body));
    expect(talk.error?.alert).toBe('unsupported_extension');
  });
});

describe('an extension that was offered', () => {
  test('is taken', () => {
    const talk = new Talk({ client: { serverName: 'a.example', maxFragmentLength: 1, localCid: Uint8Array.of(1) } });
    const extensions: ServerExtensions = {
      ...noServerExtensions,
      serverName: true,
      maxFragmentLength: 1,
      pointFormats: [0],
      extendedMasterSecret: true,
      sessionTicket: true,
      connectionId: new Uint8Array(0),
    };
    talk.hear(talk.server.serverHello({ extensions }));
    expect(talk.error).toBeUndefined();
    expect(talk.state.kind).toBe('serverKeyExchange');
  });

  test('renegotiation_info is empty or missing (RFC 5746 §3.4)', () => {
    expect(alertForExtensions({ renegotiationInfo: new Uint8Array(0) })).toBeUndefined();
    expect(alertForExtensions({ renegotiationInfo: Uint8Array.of(1) })).toBe('handshake_failure');
  });

  test('the extended master secret is there when it is required', () => {
    expect(alertForExtensions({}, { requireExtendedMasterSecret: true })).toBe('handshake_failure');
    expect(alertForExtensions({ extendedMasterSecret: true }, { requireExtendedMasterSecret: true })).toBeUndefined();
  });

  test('encrypt_then_mac only with CBC (RFC 7366 §3)', () => {
    const client = { suites: CIPHER_SUITES };
    expect(alertForExtensions({ encryptThenMac: true }, client)).toBe('illegal_parameter');
    const extensions = { ...noServerExtensions, encryptThenMac: true };
    expect(alertFor({ extensions, cipherSuite: 0x00ae }, client)).toBeUndefined();
  });

  test('max_fragment_length is the same (RFC 6066 §4)', () => {
    expect(alertForExtensions({ maxFragmentLength: 2 }, { maxFragmentLength: 1 })).toBe('illegal_parameter');
  });

  test('points may be uncompressed (RFC 8422 §5.1.2)', () => {
    expect(alertForExtensions({ pointFormats: [1, 2] })).toBe('illegal_parameter');
    expect(alertForExtensions({ pointFormats: [1, 0] })).toBeUndefined();
  });
});

describe('certificate types (RFC 7250)', () => {
  const alertWithEcdsa = (
    extensions: Partial<ServerExtensions>,
    client: Partial<ClientContext>,
  ): string | undefined => {
    const talk = ecdsaTalk({ client });
    talk.hear(talk.server.serverHello({ extensions: { ...noServerExtensions, ...extensions } }));
    return talk.error?.alert;
  };

  test('a type that was not offered is refused', () => {
    const client = { serverCertificateTypes: [2] };
    expect(alertWithEcdsa({ serverCertificateType: 0 }, client)).toBe('illegal_parameter');
    expect(alertWithEcdsa({ serverCertificateType: 2 }, client)).toBeUndefined();
  });

  test('a server that does not know them shows X.509, which has to be accepted', () => {
    expect(alertWithEcdsa({}, { serverCertificateTypes: [2] })).toBe('unsupported_certificate');
    expect(alertWithEcdsa({}, { serverCertificateTypes: [2, 0] })).toBeUndefined();
  });

  test('they do not matter with PSK', () => {
    expect(alertForExtensions({}, { serverCertificateTypes: [2] })).toBeUndefined();
  });
});
