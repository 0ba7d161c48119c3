import type { ReceivedAlert } from '../../alert.ts';
import { DtlsError } from '../../errors.ts';

/** The peer has ended the handshake with an alert. */
export function alertError(alert: ReceivedAlert): DtlsError {
  const options = alert.name === undefined ? {} : { alert: alert.name };
  return new DtlsError('ERR_DTLS_ALERT', `the peer ended the handshake: ${textOf(alert)}`, options);
}

/** So many records that should have brought the peer's Finished did not authenticate (RFC 6347 §4.1.2.7). */
export function forgedError(count: number): DtlsError {
  const what = `${count} records that should bring the Finished of the peer did not authenticate`;
  return new DtlsError('ERR_DTLS_AUTHENTICATION', `${what}: its key is another one, or its identity is not known`, {
    alert: 'bad_record_mac',
  });
}

/**
 * The handshake took too long. An operator gets to know what else was seen: an alert that proved nothing, and records that did not
 * authenticate.
 */
export function timeoutError(what: string, claimedAlert: ReceivedAlert | undefined, forged: number): DtlsError {
  const claim = claimedAlert === undefined ? '' : `; the peer had said, without proof: ${textOf(claimedAlert)}`;
  const failures = forged === 0 ? '' : `; ${forged} of its records did not authenticate`;
  return new DtlsError('ERR_DTLS_TIMEOUT', `the handshake timed out: ${what}${claim}${failures}`);
}

/** A lookup of a key, or a verification, threw or rejected. */
export function unansweredError(what: string, cause: unknown): DtlsError {
  return new DtlsError('ERR_DTLS_HANDSHAKE', what, { alert: 'internal_error', cause });
}

function textOf({ name, description }: ReceivedAlert): string {
  return name ?? `alert ${description}`;
}
