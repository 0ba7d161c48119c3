import { argumentBytes, BREAK, headArgument, INDEFINITE, MAJOR } from './cbor-head.ts';
import { definiteString } from './cbor-rewrite.ts';
import { addEdit, addNote, countItem, EIGHT_BYTES, malformed, readArgument } from './cbor-scan.ts';
import type { Scan } from './cbor-scan.ts';
import { findInvalidUtf8 } from './utf8.ts';

/** A string whose head, which is at the given offset, was read. */
export function scanString(scan: Scan, initial: number, length: number, head: number): void {
  const { bytes, offset: start } = scan;
  skipString(scan, initial >> 5, length);
  const text = initial >> 5 === MAJOR.text && startsWithByteOrderMark(bytes, start, scan.offset);
  if (text) addNote(scan, 'text');
  if (text || (initial & 31) === EIGHT_BYTES) {
    // The engine does not read strings whose length has eight bytes.
    const major = text ? MAJOR.bytes : initial >> 5;
    addEdit(scan, head, definiteString(major, bytes.subarray(start, scan.offset)));
  }
}

/** Steps over the bytes of a string. */
function skipString(scan: Scan, major: number, length: number): void {
  const { bytes, offset: start } = scan;
  const end = start + length;
  if (end > bytes.length) throw malformed('a string of the announced length', 'the end', start);
  scan.offset = end;
  if (major === MAJOR.text) {
    const invalid = findInvalidUtf8(bytes, start, end);
    if (invalid >= 0) throw malformed('UTF-8', 'other bytes', invalid);
  }
}

/** The engine may take the U+FEFF at the start of a text for a byte order mark and drop it. */
function startsWithByteOrderMark(bytes: Uint8Array, start: number, end: number): boolean {
  return bytes[start] === 0xef && end - start > 2 && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf;
}

/** A string in chunks (RFC 8949 §3.2.3), which the engine does not read. */
export function scanChunks(scan: Scan, major: number, head: number): void {
  const { bytes, offset: firstChunk } = scan;
  let length = 0;
  for (;;) {
    const start = scan.offset;
    const initial = bytes[start];
    if (initial === undefined) throw malformed('a chunk or a break', 'the end', start);
    if (initial === BREAK) break;
    countItem(scan, start);
    scan.parts += 1;
    // RFC 8949 §3.2.3: chunks are definite-length strings of the same major type.
    if (initial >> 5 !== major || (initial & 31) === INDEFINITE) {
      throw malformed('a chunk of the same type', 'another data item', start);
    }
    const chunkLength = readArgument(scan);
    skipString(scan, major, chunkLength);
    length += chunkLength;
  }
  const joined = joinChunks(bytes, firstChunk, scan.offset, length);
  scan.offset += 1;
  scan.joined = joined;
  const text = major === MAJOR.text && startsWithByteOrderMark(joined, 0, length);
  if (text) addNote(scan, 'text');
  addEdit(scan, head, definiteString(text ? MAJOR.bytes : major, joined));
}

function joinChunks(bytes: Uint8Array, start: number, end: number, length: number): Uint8Array {
  const joined = new Uint8Array(length);
  let at = 0;
  for (let offset = start; offset < end;) {
    const content = offset + 1 + (argumentBytes((bytes[offset] ?? 0) & 31) ?? 0);
    offset = content + headArgument(bytes, offset);
    joined.set(bytes.subarray(content, offset), at);
    at += offset - content;
  }
  return joined;
}
