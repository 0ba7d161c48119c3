import { CoapError } from '@flownexus/coap';
import { DtlsError } from '@flownexus/dtls';
import { Lwm2mClientError } from '../errors.ts';

/** The codes of failures for which the server has said something. */
const ANSWERED: ReadonlySet<string> = new Set([
  'ERR_COAP_RESET',
  'ERR_DTLS_ALERT',
  'ERR_DTLS_AUTHENTICATION',
  'ERR_DTLS_FORMAT',
  'ERR_DTLS_HANDSHAKE',
]);

/** Whether the server has said something in a failure that a device tells of, such as that it refuses. */
export function wasAnswered(error: unknown): boolean {
  if (error instanceof CoapError || error instanceof DtlsError) return ANSWERED.has(error.code);
  if (!(error instanceof Lwm2mClientError)) return false;
  return error.responseCode !== undefined || wasAnswered(error.cause);
}
