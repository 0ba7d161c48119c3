import type { Clock, PeerIdentity, RandomSource } from '@flownexus/datagram';
import type { ServerResumption, ServerSession } from '../handshake/contexts.ts';
import { MAX_REVOCATIONS, MAX_TICKET, type DtlsLimits } from '../limits.ts';
import type { NewSessionTicket } from '../messages/certificate.ts';
import { Revocations } from './revocations.ts';
import { SessionCache } from './session-cache.ts';
import { decodeSession, encodeSession } from './session-codec.ts';
import { TICKET_OVERHEAD, TicketSealer } from './ticket-sealer.ts';

/** What sessions are kept with. */
export interface ServerResumptionOptions {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly limits: Pick<DtlsLimits, 'sessions' | 'sessionMs'>;
  /** Whether sessions are kept by id (RFC 5246 §7.3). Default true. */
  readonly sessionIds?: boolean;
  /** Whether tickets are given and taken (RFC 5077). Default true. */
  readonly tickets?: boolean;
}

/** Resumption of one transport, and how to end it for an identity. */
export interface RevocableResumption extends ServerResumption {
  /** No session that began before is resumed for this identity. For a credential that was removed or changed. */
  revoke(identity: PeerIdentity): void;
  /** No session that began before is resumed. For trust that changed. */
  revokeAll(): void;
}

/**
 * Sessions by id in memory and in tickets. A session can be resumed for `limits.sessionMs` from the full handshake on: resuming it does not
 * make it younger (RFC 5246 §F.1.4 names 24 hours). Nothing survives a restart: ids and tickets from before are unknown.
 */
export function serverResumption(options: ServerResumptionOptions): RevocableResumption {
  const { clock, random } = options;
  const { sessions, sessionMs } = options.limits;
  const originMs = clock.now();
  const now = (): number => Math.max(0, Math.floor(clock.now() - originMs));
  const cache = options.sessionIds === false ? undefined : new SessionCache({ random, maxSessions: sessions });
  const sealer = options.tickets === false ? undefined : new TicketSealer({ random, keyMs: sessionMs });
  const revocations = new Revocations({ maxIdentities: MAX_REVOCATIONS, sessionMs });

  const resumable = (content: Uint8Array | undefined): ServerSession | undefined => {
    const session = content === undefined ? undefined : decodeSession(content);
    if (session === undefined || session.startedAtMs + sessionMs <= now()) return undefined;
    return revocations.isRevoked(session.identity, session.startedAtMs) ? undefined : session;
  };

  return {
    now,
    tickets: sealer !== undefined,
    findById: (sessionId) => resumable(cache?.get(sessionId, now())),
    findByTicket: (ticket) => (ticket.length > MAX_TICKET ? undefined : resumable(sealer?.open(ticket, now()))),
    newSessionId: () => cache?.newId() ?? new Uint8Array(0),
    remember: (sessionId, session) => {
      cache?.set(sessionId, encodeSession(session), session.startedAtMs + sessionMs, now());
    },
    forget: (sessionId) => {
      cache?.delete(sessionId);
    },
    sealTicket: (session) => sealTicket(sealer, session, sessionMs, now()),
    revoke: (identity) => {
      revocations.revoke(identity, now());
    },
    revokeAll: () => {
      revocations.revokeAll(now());
    },
  };
}

/** RFC 5077 §3.3: a server that has promised a ticket and has none sends an empty one. */
const NO_TICKET: NewSessionTicket = { lifetimeSeconds: 0, ticket: new Uint8Array(0) };

function sealTicket(
  sealer: TicketSealer | undefined,
  session: ServerSession,
  sessionMs: number,
  nowMs: number,
): NewSessionTicket {
  const lifetimeSeconds = Math.floor((session.startedAtMs + sessionMs - nowMs) / 1000);
  // A lifetime of 0 would mean that the client may choose one (RFC 5077 §3.3).
  if (sealer === undefined || lifetimeSeconds <= 0) return NO_TICKET;
  const content = encodeSession(session);
  if (content.length + TICKET_OVERHEAD > MAX_TICKET) return NO_TICKET;
  return { lifetimeSeconds: Math.min(lifetimeSeconds, 0xffff_ffff), ticket: sealer.seal(content, nowMs) };
}
