import type { AlertName } from '../alert.ts';
import { DtlsError } from '../errors.ts';

/** The error of a certificate or raw public key that is not accepted, with the alert of RFC 5246 §7.2.2 that says why. */
export function certificateError(alert: AlertName, message: string): DtlsError {
  return new DtlsError('ERR_DTLS_AUTHENTICATION', message, { alert });
}

/** The error of a key or certificate of our own that can't be used. */
export function credentialError(message: string, cause?: unknown): DtlsError {
  return new DtlsError('ERR_DTLS_CREDENTIAL', message, { cause });
}
