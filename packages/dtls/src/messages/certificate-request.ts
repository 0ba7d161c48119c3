import { ByteWriter } from '@flownexus/datagram';
import type { CertificateRequest } from './certificate.ts';
import { decodeWhole, readNumbers, readVectors, writeNumbers, writeVectors } from './vectors.ts';

/** RFC 8422 §5.5: the certificate type of a client with an ECDSA key, raw public keys included. */
export const ECDSA_SIGN = 64;

/** The body of a CertificateRequest (RFC 5246 §7.4.4). Names of authorities are views of it. */
export function decodeCertificateRequest(body: Uint8Array): CertificateRequest {
  return decodeWhole('CertificateRequest', body, (reader) => ({
    certificateTypes: readNumbers('certificate_types', reader, 1, 1),
    signatureSchemes: readNumbers('supported_signature_algorithms', reader, 2, 2),
    authorities: readVectors('certificate_authorities', reader, 2, 2),
  }));
}

/** The body of a CertificateRequest. `RangeError` for lists that don't fit. */
export function encodeCertificateRequest(request: CertificateRequest): Uint8Array {
  const writer = new ByteWriter();
  writeNumbers(writer, 1, 1, request.certificateTypes);
  writeNumbers(writer, 2, 2, request.signatureSchemes);
  writeVectors(writer, 2, 2, request.authorities);
  return writer.finish();
}
