import type { AlertName } from './alert.ts';

/** What each error code means. */
export const DtlsErrorCodes = {
  ERR_DTLS_FORMAT: 'a record or message breaks its format',
  ERR_DTLS_HANDSHAKE: 'the handshake can not go on: the peers do not agree, or one of them breaks the protocol',
  ERR_DTLS_AUTHENTICATION: 'a peer could not prove who it is, or is not trusted',
  ERR_DTLS_ALERT: 'the peer ended it with a fatal alert',
  ERR_DTLS_TIMEOUT: 'the handshake was not finished in time',
  ERR_DTLS_CLOSED: 'the association or the transport is closed',
  ERR_DTLS_LIMIT: 'a bound of limits.ts is reached',
  ERR_DTLS_CREDENTIAL: 'a key, certificate or other credential of our own can not be used',
} as const;
export type DtlsErrorCode = keyof typeof DtlsErrorCodes;

/** Any failure of the DTLS layer. `alert` is the wire form, for errors that have one. Never carries keys or payloads. */
export class DtlsError extends Error {
  override readonly name: string = 'DtlsError';
  readonly code: DtlsErrorCode;
  /** The fatal alert that the peer is told, or has told us with `ERR_DTLS_ALERT`. */
  readonly alert: AlertName | undefined;

  constructor(
    code: DtlsErrorCode,
    message: string,
    options?: { readonly alert?: AlertName; readonly cause?: unknown },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.alert = options?.alert;
  }
}

/** The error of bytes that break their format: the peer is told `decode_error` (RFC 5246 §7.2.2). */
export function formatError(message: string): DtlsError {
  return new DtlsError('ERR_DTLS_FORMAT', message, { alert: 'decode_error' });
}

/** The error of a handshake that can't go on. */
export function handshakeError(alert: AlertName, message: string): DtlsError {
  return new DtlsError('ERR_DTLS_HANDSHAKE', message, { alert });
}

/** The error of a peer that goes beyond a bound of `limits.ts`. */
export function limitError(alert: AlertName, message: string): DtlsError {
  return new DtlsError('ERR_DTLS_LIMIT', message, { alert });
}
