import type { ByteReader, ByteWriter } from '@flownexus/datagram';
import { limitError } from '../errors.ts';
import { MAX_PSK_IDENTITY } from '../limits.ts';
import type { DigitallySigned } from './key-exchange.ts';
import { readVector, writeVector } from './vectors.ts';

/** A PSK identity or identity hint (RFC 4279 §2): a view of up to `MAX_PSK_IDENTITY` bytes, possibly empty. */
export function readPskIdentity(reader: ByteReader): Uint8Array {
  const identity = readVector(reader, 2);
  if (identity.length > MAX_PSK_IDENTITY) {
    throw limitError('illegal_parameter', `a PSK identity of ${identity.length} bytes`);
  }
  return identity;
}

/** Writes a PSK identity or identity hint. */
export function writePskIdentity(writer: ByteWriter, identity: Uint8Array): void {
  writeVector(writer, 2, identity);
}

/** A point of a curve (RFC 8422 §5.4), one byte or more: a view. */
export function readPoint(reader: ByteReader): Uint8Array {
  return readVector(reader, 1, 1);
}

/** Writes a point of a curve. */
export function writePoint(writer: ByteWriter, point: Uint8Array): void {
  writeVector(writer, 1, point);
}

/** A signature with its scheme (RFC 5246 §4.7): a view. */
export function readSigned(reader: ByteReader): DigitallySigned {
  return { scheme: reader.u16(), signature: readVector(reader, 2) };
}

/** Writes a signature with its scheme. */
export function writeSigned(writer: ByteWriter, signed: DigitallySigned): void {
  writer.u16(signed.scheme);
  writeVector(writer, 2, signed.signature);
}
