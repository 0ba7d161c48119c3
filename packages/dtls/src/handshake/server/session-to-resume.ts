import { handshakeError } from '../../errors.ts';
import type { ClientHello } from '../../messages/hello.ts';
import type { ServerContext, ServerSession } from '../contexts.ts';
import { agreedFragmentLength, usesEncryptThenMac } from './server-hello-answer.ts';
import type { Closing } from './server-state.ts';

/** A session that a ClientHello asks for and may have. */
export interface SessionToResume {
  readonly session: ServerSession;
  readonly resumed: Exclude<Closing['resumed'], 'no'>;
}

/**
 * The session that a ClientHello resumes (RFC 5246 §7.4.1.2, RFC 5077 §3.4); undefined when it asks for none, or for one that is not known or does
 * not fit: then a full handshake follows. Throws a `DtlsError` for a client that would weaken its session (RFC 7627 §5.3).
 */
export function sessionToResume(context: ServerContext, hello: ClientHello): SessionToResume | undefined {
  const found = findSession(context, hello);
  if (found === undefined || !isUsable(context, hello, found.session)) return undefined;
  if (!hello.extensions.extendedMasterSecret) {
    throw handshakeError('handshake_failure', 'the client resumes a session without its extended master secret');
  }
  return found;
}

function findSession({ resumption }: ServerContext, hello: ClientHello): SessionToResume | undefined {
  if (resumption === undefined) return undefined;
  const { sessionTicket } = hello.extensions;
  // RFC 5077 §3.4: a client that shows a ticket means that, whatever its session id.
  if (resumption.tickets && sessionTicket !== undefined && sessionTicket.length > 0) {
    const session = resumption.findByTicket(sessionTicket);
    return session === undefined ? undefined : { session, resumed: 'byTicket' };
  }
  const session = hello.sessionId.length === 0 ? undefined : resumption.findById(hello.sessionId);
  return session === undefined ? undefined : { session, resumed: 'bySessionId' };
}

function isUsable(context: ServerContext, hello: ClientHello, session: ServerSession): boolean {
  const { suite, identity } = session;
  const isOffered = hello.cipherSuites.includes(suite.id) && context.suites.some(({ id }) => id === suite.id);
  const isCertified = suite.keyExchange === 'ecdhe_ecdsa';
  return (
    isOffered &&
    // RFC 7627 §5.3: a session without it is not resumed.
    session.extendedMasterSecret &&
    // RFC 6066 §3
    session.serverName === hello.extensions.serverName &&
    session.encryptThenMac === usesEncryptThenMac(suite, hello.extensions) &&
    // RFC 6066 §4: it can't change while the session lasts.
    session.maxFragmentLength === agreedFragmentLength(hello.extensions) &&
    (isCertified || context.psk) &&
    (context.clientCertificates === 'none' || identity.kind !== 'anonymous')
  );
}
