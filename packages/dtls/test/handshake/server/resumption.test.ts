import { beforeEach, describe, expect, it } from 'vitest';
import { seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { HandshakeType } from '../../../src/handshake/handshake-message.ts';
import type { ClientExtensions } from '../../../src/messages/hello.ts';
import { serverResumption, type RevocableResumption } from '../../../src/resumption/server-resumption.ts';
import type { TestClientOptions } from '../../support/test-client.ts';
import {
  certifiedIdentity,
  deviceCredential,
  ECDSA_SUITE,
  PSK_SUITE,
  ServerTalk,
  type ServerTalkOptions,
} from '../../support/test-client-talk.ts';

const NOTHING = new Uint8Array(0);
const CBC_SUITE = 'PSK_WITH_AES_128_CBC_SHA256';

let clock: VirtualClock;
let resumption: RevocableResumption;
beforeEach(() => {
  clock = new VirtualClock();
  resumption = serverResumption({
    clock,
    random: seededRandom(5),
    limits: { sessions: 10, sessionMs: 3_600_000 },
  });
});

interface Case {
  readonly suite?: string;
  readonly extensions?: Partial<ClientExtensions>;
  readonly server?: ServerTalkOptions['server'];
}

/** A full handshake. */
function first({ suite = PSK_SUITE, extensions = {}, server = {} }: Case = {}): ServerTalk {
  return new ServerTalk({ server: { resumption, ...server }, client: { suites: [suite], extensions } }).full();
}

type By = 'session id' | 'ticket';

/** The hello of a client that resumes the session of `talk`. */
function again(talk: ServerTalk, by: By, { suite = PSK_SUITE, extensions = {}, server = {} }: Case = {}): ServerTalk {
  const masterSecret = talk.client.masterSecret;
  const client: Partial<TestClientOptions> = {
    suites: [suite],
    extensions: { ...extensions, ...(by === 'ticket' ? { sessionTicket: talk.client.ticket?.ticket } : {}) },
    hello: { sessionId: by === 'ticket' ? Uint8Array.of(1, 2, 3) : talk.serverHello.sessionId },
    ...(masterSecret === undefined ? {} : { resumedMasterSecret: masterSecret }),
  };
  return new ServerTalk({ server: { resumption, random: seededRandom(77), ...server }, client }).begin();
}

const isAbbreviated = (talk: ServerTalk): boolean => talk.firstFlight.includes(HandshakeType.finished);
const ticketWanted = { sessionTicket: NOTHING };

describe('a full handshake', () => {
  it('gives a session id, and a ticket only to a client that wants one', () => {
    const talk = first();
    expect(talk.serverHello.sessionId).toHaveLength(16);
    expect(talk.serverHello.extensions.sessionTicket).toBe(false);
    expect(talk.client.ticket).toBeUndefined();
  });

  it('gives a ticket before its ChangeCipherSpec', () => {
    const talk = first({ extensions: ticketWanted });
    expect(talk.serverHello.extensions.sessionTicket).toBe(true);
    expect(talk.said).toEqual(['1:2@0 2:14@0', 'needPsk', 'keys', 'final 3:4@0 ccs 4:20@1', 'connected']);
    expect(talk.client.ticket?.lifetimeSeconds).toBe(3600);
    expect(talk.client.finishedIsRight).toBe(true);
  });

  it('keeps no session without the extended master secret', () => {
    const talk = first({ extensions: { ...ticketWanted, extendedMasterSecret: false } });
    expect(talk.connection).toBeDefined();
    expect(talk.serverHello.sessionId).toHaveLength(0);
    expect(talk.serverHello.extensions.sessionTicket).toBe(false);
  });

  it('keeps no session that did not finish', () => {
    const talk = new ServerTalk({ server: { resumption } }).agree();
    talk.hear(talk.client.changeCipherSpec());
    expect(resumption.findById(talk.serverHello.sessionId)).toBeUndefined();
    talk.hear(talk.client.finished({ change: () => new Uint8Array(12) }));
    expect(talk.error?.alert).toBe('decrypt_error');
    expect(resumption.findById(talk.serverHello.sessionId)).toBeUndefined();
  });

  it('works with resumption that keeps nothing', () => {
    const none = serverResumption({
      clock,
      random: seededRandom(5),
      limits: { sessions: 10, sessionMs: 1000 },
      sessionIds: false,
      tickets: false,
    });
    const talk = first({ extensions: ticketWanted, server: { resumption: none } });
    expect(talk.serverHello).toMatchObject({ sessionId: NOTHING, extensions: { sessionTicket: false } });
    expect(talk.client.finishedIsRight).toBe(true);
  });

  it('sends an empty ticket when the session does not fit into one', () => {
    const certificate = new Uint8Array(2000);
    const talk = new ServerTalk({
      server: { resumption },
      client: { suites: [ECDSA_SUITE], extensions: ticketWanted },
      verifyPeer: () => ({
        trusted: true,
        identity: { kind: 'x509', certificate, commonName: undefined },
        publicKey: deviceCredential.publicKey,
      }),
    });
    expect(talk.full().client.ticket).toEqual({ lifetimeSeconds: 0, ticket: NOTHING });
  });
});

describe.each<By>(['session id', 'ticket'])('an abbreviated handshake by %s', (by) => {
  it.each([
    { suite: PSK_SUITE, identity: { kind: 'psk', identity: 'dev1' } },
    { suite: CBC_SUITE, identity: { kind: 'psk', identity: 'dev1' } },
    { suite: ECDSA_SUITE, identity: certifiedIdentity },
  ])('comes to its end with $suite', ({ suite, identity }) => {
    const before = first({ suite, extensions: ticketWanted });
    const talk = again(before, by, { suite });
    expect(talk.said).toEqual(['keys', '1:2@0 ccs 2:20@1']);
    expect(talk.client.finishedIsRight).toBe(true);
    expect(talk.state.kind).toBe('awaitChangeCipherSpec');
    talk.finish();
    expect(talk.said).toEqual(['keys', '1:2@0 ccs 2:20@1', 'connected']);
    expect(talk.connection).toMatchObject({
      identity,
      resumed: true,
      resumable: undefined,
      masterSecret: before.client.masterSecret,
    });
    expect(talk.connection?.keys.block).not.toEqual(before.connection?.keys.block);
    expect(talk.connection?.keys).toBe(talk.secrets?.keys);
  });

  it('shows the session id of the client and what is agreed on, and nothing of certificates', () => {
    const extensions = {
      maxFragmentLength: 1,
      serverName: 'a.example',
      clientCertificateTypes: [0],
      serverCertificateTypes: [0],
    };
    const before = first({ suite: ECDSA_SUITE, extensions: { ...extensions, ...ticketWanted } });
    const talk = again(before, by, { suite: ECDSA_SUITE, extensions });
    expect(talk.serverHello.sessionId).toEqual(by === 'ticket' ? Uint8Array.of(1, 2, 3) : before.serverHello.sessionId);
    expect(talk.serverHello.extensions).toEqual({
      serverName: false,
      maxFragmentLength: 1,
      recordSizeLimit: undefined,
      pointFormats: undefined,
      clientCertificateType: undefined,
      serverCertificateType: undefined,
      encryptThenMac: false,
      extendedMasterSecret: true,
      sessionTicket: false,
      connectionId: undefined,
      renegotiationInfo: NOTHING,
    });
    expect(talk.finish().connection).toMatchObject({ serverName: 'a.example', maxPlaintext: 512 });
  });

  it('agrees on Connection IDs anew', () => {
    const cid = (value: number) => ({ localCid: () => Uint8Array.of(value) });
    const before = first({ extensions: { ...ticketWanted, connectionId: Uint8Array.of(1) }, server: cid(10) });
    const talk = again(before, by, { extensions: { connectionId: Uint8Array.of(2) }, server: cid(20) });
    expect(talk.serverHello.extensions.connectionId).toEqual(Uint8Array.of(20));
    expect(talk.secrets).toMatchObject({ localCid: Uint8Array.of(20), peerCid: Uint8Array.of(2) });
    const without = again(before, by, { server: cid(30) });
    expect(without.finish().connection).toMatchObject({ localCid: undefined, peerCid: undefined });
  });

  it('can be repeated', () => {
    const before = first({ extensions: ticketWanted });
    expect(again(before, by).finish().connection?.resumed).toBe(true);
    expect(again(before, by).finish().connection?.resumed).toBe(true);
  });

  it.each<{ what: string; before?: Case; then: Case }>([
    { what: 'the suite is not offered', then: { suite: 'PSK_WITH_AES_128_CCM' } },
    { what: 'the suite is not allowed any more', then: { server: { suites: [] } } },
    { what: 'PSK is not enabled any more', then: { server: { psk: false } } },
    {
      what: 'another server name',
      before: { extensions: { serverName: 'a' } },
      then: { extensions: { serverName: 'b' } },
    },
    { what: 'no server name any more', before: { extensions: { serverName: 'a' } }, then: {} },
    { what: 'a server name at last', then: { extensions: { serverName: 'a' } } },
    {
      what: 'encrypt_then_mac is not offered any more',
      before: { suite: CBC_SUITE, extensions: { encryptThenMac: true } },
      then: { suite: CBC_SUITE },
    },
    {
      what: 'encrypt_then_mac at last',
      before: { suite: CBC_SUITE },
      then: { suite: CBC_SUITE, extensions: { encryptThenMac: true } },
    },
    {
      what: 'another max_fragment_length',
      before: { extensions: { maxFragmentLength: 1 } },
      then: { extensions: { maxFragmentLength: 2 } },
    },
    { what: 'no max_fragment_length any more', before: { extensions: { maxFragmentLength: 1 } }, then: {} },
    { what: 'max_fragment_length at last', then: { extensions: { maxFragmentLength: 1 } } },
    {
      what: 'record_size_limit in its place',
      before: { extensions: { maxFragmentLength: 1 } },
      then: { extensions: { maxFragmentLength: 1, recordSizeLimit: 600 } },
    },
    {
      what: 'certificates are asked for now',
      before: { suite: ECDSA_SUITE, server: { clientCertificates: 'none' } },
      then: { suite: ECDSA_SUITE },
    },
    { what: 'resumption is off', then: { server: { resumption: undefined } } },
  ])('becomes a full one: $what', ({ before = {}, then }) => {
    const talk = again(first({ ...before, extensions: { ...ticketWanted, ...before.extensions } }), by, then);
    expect(isAbbreviated(talk)).toBe(false);
    expect(talk.secrets).toBeUndefined();
  });

  it('becomes a full one, with another session id, when the session is over or revoked', () => {
    const before = first({ extensions: ticketWanted });
    clock.advance(3_600_000);
    const late = again(before, by);
    expect(isAbbreviated(late)).toBe(false);
    expect(late.serverHello.sessionId).toHaveLength(16);
    expect(late.serverHello.sessionId).not.toEqual(before.serverHello.sessionId);
    const other = first({ extensions: ticketWanted });
    resumption.revoke({ kind: 'psk', identity: 'dev1' });
    expect(isAbbreviated(again(other, by))).toBe(false);
  });

  it('is not one for a handshake that began before its identity was revoked', () => {
    const before = new ServerTalk({ server: { resumption }, client: { extensions: ticketWanted } }).agree();
    clock.advance(5);
    resumption.revoke({ kind: 'psk', identity: 'dev1' });
    before.finish();
    expect(before.connection).toBeDefined();
    expect(isAbbreviated(again(before, by))).toBe(false);
  });

  it('is refused when the client gives up the extended master secret', () => {
    const talk = again(first({ extensions: ticketWanted }), by, { extensions: { extendedMasterSecret: false } });
    expect(talk.error?.alert).toBe('handshake_failure');
    expect(talk.said).toEqual(['failed']);
  });

  it('does not resume a session without the extended master secret', () => {
    const session = {
      ...resumption.findById(first().serverHello.sessionId)!,
      extendedMasterSecret: false,
    };
    const weak: RevocableResumption = { ...resumption, findById: () => session, findByTicket: () => session };
    const before = first({ extensions: ticketWanted });
    for (const extendedMasterSecret of [true, false]) {
      const talk = again(before, by, { extensions: { extendedMasterSecret }, server: { resumption: weak } });
      expect(isAbbreviated(talk)).toBe(false);
    }
  });

  it('ends when the Finished of the client is wrong', () => {
    const before = first({ extensions: ticketWanted });
    const talk = again(before, by);
    talk.hear(talk.client.changeCipherSpec(), talk.client.finished({ change: () => new Uint8Array(12) }));
    expect(talk.error).toMatchObject({ code: 'ERR_DTLS_AUTHENTICATION', alert: 'decrypt_error' });
    // RFC 5246 §7.2.2: the session is not resumed again; that of a ticket has no id to forget.
    expect(isAbbreviated(again(before, by))).toBe(by === 'ticket');
  });

  it('takes nothing but ChangeCipherSpec and Finished', () => {
    const before = first({ extensions: ticketWanted });
    for (const says of ['clientKeyExchange', 'certificate', 'finished', 'clientHello'] as const) {
      const talk = again(before, by);
      talk.hear(talk.client[says]());
      expect(talk.error?.alert).toBe('unexpected_message');
    }
    const twice = again(before, by);
    twice.hear(twice.client.changeCipherSpec(), twice.client.changeCipherSpec());
    expect(twice.error?.alert).toBe('unexpected_message');
    const plain = again(before, by);
    plain.hear(plain.client.changeCipherSpec(), plain.client.finished({ epoch: 0 }));
    expect(plain.error?.alert).toBe('unexpected_message');
  });
});

describe('tickets and session ids together', () => {
  it('a client with a session id that wants a ticket gets one in the abbreviated handshake', () => {
    const before = first();
    const talk = again(before, 'session id', { extensions: ticketWanted });
    expect(talk.serverHello.extensions.sessionTicket).toBe(true);
    expect(talk.said).toEqual(['keys', '1:2@0 2:4@0 ccs 3:20@1']);
    expect(talk.client.finishedIsRight).toBe(true);
    expect(talk.finish().connection?.resumed).toBe(true);
    expect(again(talk, 'ticket').finish().connection?.resumed).toBe(true);
  });

  it('a ticket counts from the full handshake, however late it is given', () => {
    const before = first();
    clock.advance(3_000_000);
    const talk = again(before, 'session id', { extensions: ticketWanted });
    expect(talk.client.ticket?.lifetimeSeconds).toBe(600);
  });

  it('a session id beside a ticket is not looked at', () => {
    const before = first({ extensions: ticketWanted });
    const talk = new ServerTalk({
      server: { resumption, random: seededRandom(78) },
      client: {
        extensions: { sessionTicket: Uint8Array.of(1, 2, 3) },
        hello: { sessionId: before.serverHello.sessionId },
      },
    }).full();
    expect(talk.connection?.resumed).toBe(false);
    expect(talk.client.ticket?.ticket.length).toBeGreaterThan(0);
  });

  it('a ticket may come without a session id', () => {
    const before = first({ extensions: ticketWanted });
    const talk = new ServerTalk({
      server: { resumption, random: seededRandom(79) },
      client: {
        extensions: { sessionTicket: before.client.ticket?.ticket },
        resumedMasterSecret: before.client.masterSecret!,
      },
    }).begin();
    expect(talk.serverHello.sessionId).toHaveLength(0);
    expect(talk.finish().connection?.resumed).toBe(true);
  });
});
