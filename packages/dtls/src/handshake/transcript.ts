import { concatBytes } from '../bytes.ts';
import { limitError } from '../errors.ts';
import { MAX_TRANSCRIPT } from '../limits.ts';
import type { HandshakeMessage } from './handshake-message.ts';

/** The messages of a handshake in order, without the first ClientHello and HelloVerifyRequest when there was a cookie (RFC 6347 §4.2.1). */
export type Transcript = readonly HandshakeMessage[];

/** The transcript with one more message. Throws a `DtlsError` when all messages together are larger than `MAX_TRANSCRIPT`. */
export function extendTranscript(transcript: Transcript, message: HandshakeMessage): Transcript {
  const extended = [...transcript, message];
  if (extended.reduce((size, { raw }) => size + raw.length, 0) > MAX_TRANSCRIPT) {
    throw limitError('handshake_failure', `the messages of the handshake are larger than ${MAX_TRANSCRIPT} bytes`);
  }
  return extended;
}

/** All messages as one: what a CertificateVerify signs (RFC 5246 §7.4.8). Each has the header of an unfragmented message (RFC 6347 §4.2.6). */
export function transcriptBytes(transcript: Transcript): Uint8Array {
  return concatBytes(...transcript.map(({ raw }) => raw));
}
