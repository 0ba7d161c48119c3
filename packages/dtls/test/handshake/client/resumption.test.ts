import { describe, expect, test } from 'vitest';
import { CIPHER_SUITES } from '../../../src/cipher-suites.ts';
import type { EstablishedConnection, ResumableSession } from '../../../src/handshake/machine.ts';
import type { ServerExtensions } from '../../../src/messages/hello.ts';
import type { TestServerOptions } from '../../support/test-server.ts';
import { Talk, type TalkOptions } from '../../support/test-server-talk.ts';

const suite = CIPHER_SUITES.find(({ name }) => name === 'PSK_WITH_AES_128_CCM_8') ?? CIPHER_SUITES[0]!;
const session: ResumableSession = {
  suite,
  masterSecret: new Uint8Array(48).fill(7),
  extendedMasterSecret: true,
  encryptThenMac: false,
  sessionId: Uint8Array.of(1, 2, 3),
  ticket: undefined,
  identity: { kind: 'psk', identity: 'the server' },
  serverName: undefined,
};
const byTicket: ResumableSession = { ...session, sessionId: new Uint8Array(0), ticket: Uint8Array.of(9, 9) };

/** A client with a session, and a server that still has it. */
function resuming(
  offered: ResumableSession,
  server: Partial<TestServerOptions> = {},
  client: TalkOptions['client'] = {},
): Talk {
  return new Talk({
    client: { session: offered, ...client },
    server: { resumedMasterSecret: offered.masterSecret, ...server },
  });
}

/** Echoes the session id of the client. */
const accepted = (talk: Talk): Talk => talk.hear(talk.server.serverHello({ sessionId: talk.server.hello.sessionId }));

/** A whole handshake with a server that says these things. */
function full(
  server: Partial<TestServerOptions>,
  ticket?: Uint8Array,
  client: TalkOptions['client'] = {},
): EstablishedConnection {
  const talk = new Talk({ server, client });
  talk.hear(talk.server.serverHello(), talk.server.serverHelloDone());
  if (ticket !== undefined) talk.hear(talk.server.newSessionTicket(ticket));
  const { connection } = talk.end();
  if (connection === undefined) throw new Error('not connected');
  return connection;
}

describe('a full handshake leaves what can be resumed', () => {
  test('by a session id', () => {
    const connection = full({ sessionId: Uint8Array.of(4, 5) }, undefined, { serverName: 'a.example' });
    expect(connection.resumable).toEqual({
      suite,
      masterSecret: connection.masterSecret,
      extendedMasterSecret: true,
      encryptThenMac: false,
      sessionId: Uint8Array.of(4, 5),
      ticket: undefined,
      identity: { kind: 'psk', identity: 'dev1' },
      serverName: 'a.example',
    });
    expect(connection.resumable?.sessionId.buffer.byteLength).toBe(2);
  });

  test('by a ticket, which takes the place of the session id (RFC 5077 §3.4)', () => {
    const connection = full(
      { sessionId: Uint8Array.of(4, 5), extensions: { sessionTicket: true } },
      Uint8Array.of(7, 7, 7),
    );
    expect(connection.resumable).toMatchObject({ sessionId: new Uint8Array(0), ticket: Uint8Array.of(7, 7, 7) });
    expect(connection.resumable?.ticket?.buffer.byteLength).toBe(3);
  });

  test('by the session id when the ticket is empty (RFC 5077 §3.3)', () => {
    const connection = full({ sessionId: Uint8Array.of(4, 5), extensions: { sessionTicket: true } }, new Uint8Array(0));
    expect(connection.resumable).toMatchObject({ sessionId: Uint8Array.of(4, 5), ticket: undefined });
  });

  test('or nothing', () => {
    expect(full({}).resumable).toBeUndefined();
    expect(
      full({ sessionId: Uint8Array.of(4), extensions: { extendedMasterSecret: false } }).resumable,
    ).toBeUndefined();
  });

  test('a ticket that was announced has to come', () => {
    const talk = new Talk({ server: { extensions: { sessionTicket: true } } });
    talk.hear(talk.server.serverHello(), talk.server.serverHelloDone());
    expect(talk.state.kind).toBe('newSessionTicket');
    talk.hear(talk.server.changeCipherSpec());
    expect(talk.error?.alert).toBe('unexpected_message');
  });
});

describe('an abbreviated handshake', () => {
  test.each([
    ['by session id', session],
    ['by ticket', byTicket],
  ])('%s: the server ends first, and our flight is the last', (_name, offered) => {
    const talk = resuming(offered);
    talk.cookie();
    accepted(talk);
    expect(talk.secrets?.masterSecret).toEqual(session.masterSecret);
    talk.end();
    expect(talk.lastFlight).toEqual(['ccs', '2:20@1']);
    expect(talk.server.finishedIsRight).toBe(true);
    expect(talk.outputs.map(({ kind }) => kind)).toEqual(['send', 'send', 'keys', 'send', 'connected']);
    expect(talk.outputs.at(-2)).toMatchObject({ final: true });
    expect(talk.connection).toMatchObject({
      resumed: true,
      identity: session.identity,
      masterSecret: session.masterSecret,
      clientRandom: talk.server.hello.random,
      resumable: offered,
    });
  });

  test('has keys of its own', () => {
    const first = accepted(resuming(session, {}, { tickets: true }));
    const second = resuming(session);
    second.hear(second.server.serverHello({ sessionId: session.sessionId, random: new Uint8Array(32).fill(1) }));
    expect(first.secrets?.keys.block).not.toEqual(second.secrets?.keys.block);
  });

  test('negotiates Connection IDs afresh (RFC 9146 §3)', () => {
    const talk = resuming(session, { extensions: { connectionId: Uint8Array.of(8) } }, { localCid: Uint8Array.of(6) });
    accepted(talk).end();
    expect(talk.connection).toMatchObject({ localCid: Uint8Array.of(6), peerCid: Uint8Array.of(8) });
  });

  test('shows no certificate, so its type is not answered (RFC 7250)', () => {
    const ecdsa = CIPHER_SUITES.find(({ name }) => name === 'ECDHE_ECDSA_WITH_AES_128_CCM_8') ?? suite;
    const identity = { kind: 'rpk', publicKey: Uint8Array.of(0x30) } as const;
    const talk = resuming(
      { ...session, suite: ecdsa, identity },
      { suite: ecdsa.name },
      { serverCertificateTypes: [2] },
    );
    accepted(talk).end();
    expect(talk.connection).toMatchObject({ resumed: true, identity });
  });

  test('keeps to the max_fragment_length of its own hellos', () => {
    const talk = resuming(session, { extensions: { maxFragmentLength: 1 } }, { maxFragmentLength: 1 });
    accepted(talk).end();
    expect(talk.connection?.maxPlaintext).toBe(512);
    expect(talk.outputs.at(-2)).toMatchObject({ kind: 'send', final: true, maxPlaintext: 512 });
  });

  test('may bring a new ticket', () => {
    const talk = resuming(byTicket, { extensions: { sessionTicket: true } });
    accepted(talk).hear(talk.server.newSessionTicket(Uint8Array.of(1, 1)));
    talk.end();
    expect(talk.server.finishedIsRight).toBe(true);
    expect(talk.connection?.resumable).toEqual({ ...byTicket, ticket: Uint8Array.of(1, 1) });
  });

  test('keeps its ticket when the new one is empty', () => {
    const talk = resuming(byTicket, { extensions: { sessionTicket: true } });
    accepted(talk).hear(talk.server.newSessionTicket(new Uint8Array(0)));
    talk.end();
    expect(talk.connection?.resumable).toEqual(byTicket);
  });

  test('ends when the Finished is wrong', () => {
    const talk = resuming(session, { resumedMasterSecret: new Uint8Array(48) });
    accepted(talk).end();
    expect(talk.error?.alert).toBe('decrypt_error');
    expect(talk.flights).toHaveLength(1);
  });

  test('has no key exchange', () => {
    const talk = resuming(session);
    accepted(talk).hear(talk.server.serverHelloDone());
    expect(talk.error?.alert).toBe('unexpected_message');
  });
});

describe('a server that resumes a session with other parameters is refused:', () => {
  const withExtensions = (offered: ResumableSession, extensions: Partial<ServerExtensions>): Talk =>
    accepted(resuming(offered, { extensions }, { suites: CIPHER_SUITES }));

  test('another suite (RFC 5246 §7.4.1.3)', () => {
    const talk = accepted(resuming(session, { suite: 'PSK_WITH_AES_128_CCM' }));
    expect(talk.error?.alert).toBe('illegal_parameter');
  });

  test('no extended master secret (RFC 7627 §5.3)', () => {
    expect(withExtensions(session, { extendedMasterSecret: false }).error?.alert).toBe('handshake_failure');
  });

  test.each([true, false])('encrypt-then-MAC %s where it was not (RFC 7366)', (encryptThenMac) => {
    const cbc = CIPHER_SUITES.find(({ name }) => name === 'PSK_WITH_AES_128_CBC_SHA256') ?? suite;
    const offered = { ...session, suite: cbc, encryptThenMac: !encryptThenMac };
    const client = { suites: CIPHER_SUITES };
    const talk = accepted(resuming(offered, { suite: cbc.name, extensions: { encryptThenMac } }, client));
    expect(talk.error?.alert).toBe('illegal_parameter');
  });
});

describe('a server that does not resume', () => {
  test('begins a new session, with any suite', () => {
    const talk = resuming(session, { suite: 'PSK_WITH_AES_128_GCM_SHA256', sessionId: Uint8Array.of(5) });
    talk.hear(talk.server.serverHello(), talk.server.serverHelloDone()).end();
    expect(talk.connection).toMatchObject({ resumed: false, resumable: { sessionId: Uint8Array.of(5) } });
    expect(talk.connection?.masterSecret).not.toEqual(session.masterSecret);
  });

  test('cannot make a client believe that it resumes what was not offered', () => {
    const talk = new Talk();
    accepted(talk);
    expect(talk.state.kind).toBe('serverKeyExchange');
  });
});
