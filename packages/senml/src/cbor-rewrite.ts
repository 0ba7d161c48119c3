import { CborWriter } from './cbor-writer.ts';

/** Bytes of a document that are replaced before the engine reads it. */
export interface CborEdit {
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
}

/** A copy of the document with the edits made, which follow each other and do not overlap. */
export function applyEdits(document: Uint8Array, edits: readonly CborEdit[]): Uint8Array {
  let length = document.length;
  for (const edit of edits) length += edit.bytes.length - (edit.end - edit.start);
  const copy = new Uint8Array(length);
  let from = 0;
  let to = 0;
  for (const { start, end, bytes } of edits) {
    copy.set(document.subarray(from, start), to);
    to += start - from;
    copy.set(bytes, to);
    to += bytes.length;
    from = end;
  }
  copy.set(document.subarray(from), to);
  return copy;
}

/** A string of major type 2 or 3 in one piece. */
export function definiteString(major: number, content: Uint8Array): Uint8Array {
  const writer = new CborWriter();
  writer.writeString(major, content);
  return writer.toBytes();
}
