import { beforeEach, describe, expect, it } from 'vitest';
import { seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { MAX_TICKET } from '../../src/limits.ts';
import {
  serverResumption,
  type RevocableResumption,
  type ServerResumptionOptions,
} from '../../src/resumption/server-resumption.ts';
import { PSK_IDENTITY, session } from './sessions.ts';

let clock: VirtualClock;
beforeEach(() => {
  clock = new VirtualClock({ now: 5000 });
});

function resumption(options: Partial<ServerResumptionOptions> = {}): RevocableResumption {
  return serverResumption({
    clock,
    random: seededRandom(3),
    limits: { sessions: 10, sessionMs: 60_000 },
    ...options,
  });
}

describe('serverResumption', () => {
  it('counts milliseconds from its beginning', () => {
    const sessions = resumption();
    expect(sessions.now()).toBe(0);
    clock.advance(1500.7);
    expect(sessions.now()).toBe(1500);
  });

  it('finds a session by its id until its time is over', () => {
    const sessions = resumption();
    const id = sessions.newSessionId();
    expect(sessions.findById(id)).toBeUndefined();
    sessions.remember(id, session());
    clock.advance(59_999);
    expect(sessions.findById(id)).toEqual(session());
    clock.advance(1);
    expect(sessions.findById(id)).toBeUndefined();
  });

  it('finds a session by its ticket until its time is over, counted from the handshake', () => {
    const sessions = resumption();
    clock.advance(10_000);
    const { ticket, lifetimeSeconds } = sessions.sealTicket(session());
    expect(lifetimeSeconds).toBe(50);
    clock.advance(49_999);
    expect(sessions.findByTicket(ticket)).toEqual(session());
    clock.advance(1);
    expect(sessions.findByTicket(ticket)).toBeUndefined();
  });

  it('opens a ticket over a change of keys', () => {
    const sessions = resumption();
    sessions.sealTicket(session());
    clock.advance(59_000);
    const one = session({ startedAtMs: sessions.now() });
    const { ticket } = sessions.sealTicket(one);
    clock.advance(30_000);
    sessions.sealTicket(session({ startedAtMs: sessions.now() }));
    expect(sessions.findByTicket(ticket)).toEqual(one);
  });

  it('forgets a session by its id', () => {
    const sessions = resumption();
    const id = sessions.newSessionId();
    sessions.remember(id, session());
    sessions.forget(id);
    expect(sessions.findById(id)).toBeUndefined();
  });

  it('gives neither ids nor tickets where they are off', () => {
    const without = resumption({ sessionIds: false, tickets: false });
    expect(without.newSessionId()).toHaveLength(0);
    without.remember(new Uint8Array(0), session());
    without.forget(new Uint8Array(0));
    expect(without.findById(new Uint8Array(0))).toBeUndefined();
    expect(without.tickets).toBe(false);
    expect(without.sealTicket(session())).toEqual({ lifetimeSeconds: 0, ticket: new Uint8Array(0) });
    const { ticket } = resumption().sealTicket(session());
    expect(without.findByTicket(ticket)).toBeUndefined();
  });

  it('gives an empty ticket for what would not fit into a ClientHello, or is over', () => {
    const sessions = resumption();
    const certificate = new Uint8Array(MAX_TICKET);
    const large = session({ identity: { kind: 'x509', certificate, commonName: undefined } });
    expect(sessions.sealTicket(large)).toEqual({ lifetimeSeconds: 0, ticket: new Uint8Array(0) });
    expect(sessions.findByTicket(new Uint8Array(MAX_TICKET + 1))).toBeUndefined();
    clock.advance(59_500);
    expect(sessions.sealTicket(session()).ticket).toHaveLength(0);
  });

  it('resumes nothing that began before its identity was revoked', () => {
    const sessions = resumption();
    const id = sessions.newSessionId();
    sessions.remember(id, session());
    const { ticket } = sessions.sealTicket(session());
    clock.advance(10);
    sessions.revoke(PSK_IDENTITY);
    expect(sessions.findById(id)).toBeUndefined();
    expect(sessions.findByTicket(ticket)).toBeUndefined();
    // A handshake that was under way when the credential was removed.
    const late = sessions.newSessionId();
    sessions.remember(late, session({ startedAtMs: 5 }));
    expect(sessions.findById(late)).toBeUndefined();
    clock.advance(1);
    const fresh = sessions.newSessionId();
    sessions.remember(fresh, session({ startedAtMs: sessions.now() }));
    expect(sessions.findById(fresh)).toBeDefined();
  });

  it('resumes nothing that began before all were revoked', () => {
    const sessions = resumption();
    const { ticket } = sessions.sealTicket(session());
    sessions.revokeAll();
    expect(sessions.findByTicket(ticket)).toBeUndefined();
  });
});
