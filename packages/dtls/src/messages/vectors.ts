import { ByteRangeError, ByteReader, type ByteWriter } from '@flownexus/datagram';
import { formatError, limitError } from '../errors.ts';
import { MAX_HELLO_LIST } from '../limits.ts';

/** How many bytes the length field of a vector has (RFC 5246 §4.3). */
export type LengthSize = 1 | 2 | 3;

/**
 * Reads all of `bytes` with `read`. Throws a `DtlsError` (`decode_error`) when they end before a field or are more than the fields;
 * `what` names them in its message. What `read` gives may hold views of `bytes`.
 */
export function decodeWhole<T>(what: string, bytes: Uint8Array, read: (reader: ByteReader) => T): T {
  const reader = new ByteReader(bytes);
  const value = readFields(what, reader, read);
  if (reader.remaining > 0) throw formatError(`${what}: ${reader.remaining} bytes follow at offset ${reader.offset}`);
  return value;
}

function readFields<T>(what: string, reader: ByteReader, read: (reader: ByteReader) => T): T {
  try {
    return read(reader);
  } catch (error) {
    if (error instanceof ByteRangeError) throw formatError(`${what}: ${error.message}`);
    throw error;
  }
}

/** A vector of bytes with its length in front, `least` bytes or more: a view. */
export function readVector(reader: ByteReader, size: LengthSize, least = 0): Uint8Array {
  const at = reader.offset;
  const bytes = reader.bytes(readLength(reader, size));
  if (bytes.length < least) {
    throw formatError(`expected a vector of ${least} bytes or more at offset ${at}, found ${bytes.length}`);
  }
  return bytes;
}

/** A vector of vectors, such as a chain of certificates: views, each of one byte or more. Not more than `MAX_HELLO_LIST`. */
export function readVectors(what: string, reader: ByteReader, outer: LengthSize, inner: LengthSize): Uint8Array[] {
  return decodeWhole(what, readVector(reader, outer), (items) => {
    const vectors: Uint8Array[] = [];
    while (items.remaining > 0) {
      checkCount(what, vectors.length + 1);
      vectors.push(readVector(items, inner, 1));
    }
    return vectors;
  });
}

/** A list of numbers of `itemSize` bytes, one or more and at most `MAX_HELLO_LIST`. `outer` is the size of its length in front. */
export function readNumbers(what: string, reader: ByteReader, outer: LengthSize, itemSize: 1 | 2): number[] {
  const bytes = readVector(reader, outer, itemSize);
  checkCount(what, Math.ceil(bytes.length / itemSize));
  return decodeWhole(what, bytes, (items) => {
    const numbers: number[] = [];
    while (items.remaining > 0) numbers.push(itemSize === 1 ? items.u8() : items.u16());
    return numbers;
  });
}

/** Throws a `DtlsError` for a list with more than `MAX_HELLO_LIST` entries. */
export function checkCount(what: string, count: number): void {
  if (count > MAX_HELLO_LIST) throw limitError('decode_error', `${what}: more than ${MAX_HELLO_LIST} entries`);
}

/** Writes bytes with their length in front. `RangeError` when they are longer than it can say. */
export function writeVector(writer: ByteWriter, size: LengthSize, bytes: Uint8Array): void {
  writeLength(writer, size, bytes.length);
  writer.bytes(bytes);
}

/** Writes a vector of vectors. */
export function writeVectors(
  writer: ByteWriter,
  outer: LengthSize,
  inner: LengthSize,
  vectors: readonly Uint8Array[],
): void {
  writeLength(
    writer,
    outer,
    vectors.reduce((sum, vector) => sum + inner + vector.length, 0),
  );
  for (const vector of vectors) writeVector(writer, inner, vector);
}

/** Writes a list of numbers of `itemSize` bytes with its length in front. */
export function writeNumbers(writer: ByteWriter, outer: LengthSize, itemSize: 1 | 2, numbers: readonly number[]): void {
  writeLength(writer, outer, numbers.length * itemSize);
  for (const number of numbers) {
    if (itemSize === 1) writer.u8(number);
    else writer.u16(number);
  }
}

function readLength(reader: ByteReader, size: LengthSize): number {
  if (size === 1) return reader.u8();
  return size === 2 ? reader.u16() : reader.u24();
}

function writeLength(writer: ByteWriter, size: LengthSize, length: number): void {
  if (size === 1) writer.u8(length);
  else if (size === 2) writer.u16(length);
  else writer.u24(length);
}
