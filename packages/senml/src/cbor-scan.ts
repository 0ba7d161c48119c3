import { argumentBytes, headArgument, INDEFINITE } from './cbor-head.ts';
import type { CborEdit } from './cbor-rewrite.ts';
import { SenmlError } from './errors.ts';

/**
 * What the engine can not say of a data item, by the place of the item in the document: items are counted from 0 in the
 * order in which they begin, tags and chunks not counted.
 */
export interface CborNote {
  readonly ordinal: number;
  /** An integral float, a safe integer in eight bytes, text that goes through the engine as bytes, or tags. */
  readonly kind: 'float' | 'integer' | 'text' | readonly number[];
}

/** What the walk over a document saw: both undefined for most documents. */
export interface CborScan {
  readonly notes: CborNote[] | undefined;
  readonly edits: CborEdit[] | undefined;
}

/** A document while it is walked over. */
export interface Scan {
  readonly bytes: Uint8Array;
  readonly maxItems: number;
  readonly maxNesting: number;
  readonly tags: boolean;
  offset: number;
  items: number;
  /** Those of the items that are no values of their own: tags, chunks, and the parts of decimal fractions. */
  parts: number;
  notes: CborNote[] | undefined;
  edits: CborEdit[] | undefined;
  /** The content of the last string that came in chunks. */
  joined: Uint8Array;
}

/** Additional information of a head whose argument has eight bytes. */
export const EIGHT_BYTES = 27;
export const NOTHING: Uint8Array = new Uint8Array();

export function startScan(bytes: Uint8Array, maxItems: number, maxNesting: number, tags: boolean): Scan {
  return {
    bytes,
    maxItems,
    maxNesting,
    tags,
    offset: 0,
    items: 0,
    parts: 0,
    notes: undefined,
    edits: undefined,
    joined: NOTHING,
  };
}

/** Steps over the head at the offset; gives its argument, or -1 for an indefinite length. */
export function readArgument(scan: Scan): number {
  const { bytes, offset } = scan;
  const information = (bytes[offset] ?? 0) & 31;
  scan.offset = offset + 1;
  if (information < 24) return information;
  const length = argumentBytes(information);
  if (length === undefined) throw malformed('additional information', 'a reserved value', offset);
  if (information === INDEFINITE) return -1;
  if (offset + 1 + length > bytes.length) throw malformed('the argument of a head', 'the end', offset);
  scan.offset += length;
  return headArgument(bytes, offset);
}

/** Each item takes a byte at least, so a count that can not be met is found before the first item is read. */
export function requireItems(scan: Scan, count: number): void {
  if (count > scan.bytes.length - scan.offset) {
    throw malformed('as many items as announced', 'the end', scan.offset);
  }
}

export function countItem(scan: Scan, offset: number): void {
  scan.items += 1;
  if (scan.items > scan.maxItems) throw tooMuch('data items', scan.maxItems, offset);
}

/** Notes something about the item that was counted last. */
export function addNote(scan: Scan, kind: 'float' | 'integer' | 'text'): void {
  scan.notes ??= [];
  scan.notes.push({ ordinal: scan.items - scan.parts - 1, kind });
}

export function addEdit(scan: Scan, start: number, bytes: Uint8Array): void {
  scan.edits ??= [];
  scan.edits.push({ start, end: scan.offset, bytes });
}

export function malformed(expected: string, found: string, offset: number): SenmlError {
  return new SenmlError('ERR_SENML_CBOR', expected, found, { offset });
}

export function tooMuch(what: string, limit: number, offset: number): SenmlError {
  return new SenmlError('ERR_SENML_LIMIT', `at most ${String(limit)} ${what}`, 'more', { offset });
}
