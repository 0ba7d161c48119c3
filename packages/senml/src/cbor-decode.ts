import { Decoder } from 'cbor-x';
import { checkCbor } from './cbor-check.ts';
import { argumentBytes, BREAK, headArgument, INDEFINITE, MAJOR } from './cbor-head.ts';
import { CborWriter } from './cbor-writer.ts';
import { SenmlError } from './errors.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { CborLimits } from './limits.ts';

// Maps stay maps (keys are integers, and objects would invite prototype pollution), strings are copied out of the
// datagram. `useRecords: false` turns the record extension of the engine off.
const decoder = new Decoder({ mapsAsObjects: false, useRecords: false, copyBuffers: true });

/**
 * Decodes one CBOR data item after {@link checkCbor} has passed it. Arrays become arrays, maps `Map`s, byte strings
 * `Uint8Array`s of their own, integers a `number` or, when written with eight bytes, a `bigint`.
 *
 * @throws SenmlError `ERR_SENML_CBOR` (duplicate map keys too) or `ERR_SENML_LIMIT`
 */
export function decodeCbor(bytes: Uint8Array, limits: CborLimits = DEFAULT_LIMITS): unknown {
  const summary = checkCbor(bytes, limits);
  // The engine attaches a DataView to the array that it reads: give it a view of its own, and never a pooled Buffer.
  const source = summary.hasChunkedStrings
    ? joinChunks(bytes)
    : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let value: unknown;
  try {
    value = decoder.decode(source);
  } catch (cause) {
    throw new SenmlError('ERR_SENML_CBOR', 'a document that the CBOR engine takes', 'another', { offset: 0, cause });
  }
  // RFC 8949 §5.6: a map with duplicate keys is not valid; the engine keeps the last one silently.
  if (countMapEntries(value) !== summary.mapEntries) {
    throw new SenmlError('ERR_SENML_CBOR', 'distinct keys in a map', 'duplicates', { offset: 0 });
  }
  return value;
}

function countMapEntries(value: unknown): number {
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') count += countMapEntries(item);
  } else if (value instanceof Map) {
    count = value.size;
    for (const [key, item] of value) {
      if (typeof key === 'object') count += countMapEntries(key);
      if (typeof item === 'object') count += countMapEntries(item);
    }
  }
  return count;
}

/** The same checked document with each string in one piece, for the engine does not read chunks. */
function joinChunks(bytes: Uint8Array): Uint8Array {
  const writer = new CborWriter();
  let offset = 0;
  // Heads follow each other without gaps, so that a flat scan sees all of them, whatever their nesting.
  while (offset < bytes.length) {
    const [major, indefinite, contentStart, contentEnd] = readItem(bytes, offset);
    const isString = major === MAJOR.bytes || major === MAJOR.text;
    if (!isString || !indefinite) {
      writer.writeEncoded(bytes.subarray(offset, contentEnd));
      offset = contentEnd;
      continue;
    }
    const chunks: Uint8Array[] = [];
    let length = 0;
    offset = contentStart;
    while (bytes[offset] !== BREAK) {
      const [, , start, end] = readItem(bytes, offset);
      chunks.push(bytes.subarray(start, end));
      length += end - start;
      offset = end;
    }
    offset += 1;
    const joined = new Uint8Array(length);
    let at = 0;
    for (const chunk of chunks) {
      joined.set(chunk, at);
      at += chunk.length;
    }
    writer.writeString(major, joined);
  }
  return writer.toBytes();
}

/** Major type, whether the length is indefinite, and where the content of a string lies; of others just the head. */
function readItem(bytes: Uint8Array, offset: number): [number, boolean, number, number] {
  const initial = bytes[offset] ?? 0;
  const major = initial >> 5;
  const indefinite = (initial & 31) === INDEFINITE;
  const start = offset + 1 + (argumentBytes(initial & 31) ?? 0);
  const isString = major === MAJOR.bytes || major === MAJOR.text;
  const end = isString && !indefinite ? start + headArgument(bytes, offset) : start;
  return [major, indefinite, start, end];
}
