import { ByteWriter } from '@flownexus/datagram';
import type { DigitallySigned } from './key-exchange.ts';
import { readSigned, writeSigned } from './key-exchange-fields.ts';
import { decodeWhole } from './vectors.ts';

/** The body of a CertificateVerify (RFC 5246 §7.4.8). The signature is a view of it. */
export function decodeCertificateVerify(body: Uint8Array): DigitallySigned {
  return decodeWhole('CertificateVerify', body, readSigned);
}

/** The body of a CertificateVerify. */
export function encodeCertificateVerify(signed: DigitallySigned): Uint8Array {
  const writer = new ByteWriter();
  writeSigned(writer, signed);
  return writer.finish();
}
