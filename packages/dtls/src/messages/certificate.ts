import { ByteWriter } from '@flownexus/datagram';
import { limitError } from '../errors.ts';
import { MAX_CHAIN } from '../limits.ts';
import { decodeWhole, readVector, readVectors, writeVector, writeVectors } from './vectors.ts';

/** Certificate types of RFC 7250 §3. */
export const CertificateType = { x509: 0, rawPublicKey: 2 } as const;

/** A Certificate message by its type: a chain, the sender's own first and possibly empty (RFC 5246 §7.4.2), or a SubjectPublicKeyInfo (RFC 7250 §3). */
export type CertificateMessage =
  | { readonly type: typeof CertificateType.x509; readonly chain: readonly Uint8Array[] }
  | { readonly type: typeof CertificateType.rawPublicKey; readonly publicKey: Uint8Array };

/** RFC 5246 §7.4.4. */
export interface CertificateRequest {
  readonly certificateTypes: readonly number[];
  readonly signatureSchemes: readonly number[];
  /** DER of distinguished names. */
  readonly authorities: readonly Uint8Array[];
}

/** RFC 5077 §3.3. */
export interface NewSessionTicket {
  readonly lifetimeSeconds: number;
  readonly ticket: Uint8Array;
}

/**
 * The body of a Certificate message of the type that was agreed on (RFC 5246 §7.4.2, RFC 7250 §3). DER is not looked into, and is given as views.
 * A chain may be empty, a raw public key not.
 */
export function decodeCertificate(body: Uint8Array, type: CertificateMessage['type']): CertificateMessage {
  return decodeWhole('Certificate', body, (reader) => {
    if (type === CertificateType.rawPublicKey) return { type, publicKey: readVector(reader, 3, 1) };
    const chain = readVectors('certificate_list', reader, 3, 3);
    // RFC 5246 §7.4.2: the root may be left out, so it may also be there.
    if (chain.length > MAX_CHAIN + 1) throw limitError('bad_certificate', `a chain of ${chain.length} certificates`);
    return { type, chain };
  });
}

/** The body of a Certificate message. */
export function encodeCertificate(message: CertificateMessage): Uint8Array {
  const writer = new ByteWriter();
  if (message.type === CertificateType.rawPublicKey) writeVector(writer, 3, message.publicKey);
  else writeVectors(writer, 3, 3, message.chain);
  return writer.finish();
}
