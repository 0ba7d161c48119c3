import { argumentBytes, BREAK, headArgument, INDEFINITE, MAJOR } from './cbor-head.ts';
import { SenmlError } from './errors.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { CborLimits } from './limits.ts';
import { findInvalidUtf8 } from './utf8.ts';

/** What {@link checkCbor} saw on its way. */
export interface CborSummary {
  /** Pairs of all maps together: fewer in the decoded value means duplicate keys. */
  readonly mapEntries: number;
  /** True when there is a byte or text string in chunks (RFC 8949 §3.2.3). */
  readonly hasChunkedStrings: boolean;
}

interface Walk {
  readonly bytes: Uint8Array;
  readonly limits: CborLimits;
  offset: number;
  items: number;
  mapEntries: number;
  hasChunkedStrings: boolean;
}

const TAG_DECIMAL_FRACTION = 4;

/**
 * Walks over one CBOR data item without building anything: proves that it is well-formed (RFC 8949 §5.3.1), that
 * nothing follows it, that its text is UTF-8, that it keeps within the limits, and that it holds only what SenML and
 * LwM2M use: integers, floats, strings, arrays, maps, false, true, null, undefined and decimal fractions. All other tags
 * are refused, because the CBOR engine gives some of them a meaning of its own (records, shared references, packed
 * values, typed arrays, Error objects).
 *
 * @throws SenmlError `ERR_SENML_CBOR` or `ERR_SENML_LIMIT`, with the offset
 */
export function checkCbor(bytes: Uint8Array, limits: CborLimits = DEFAULT_LIMITS): CborSummary {
  if (bytes.length > limits.maxBytes) throw tooMuch('bytes', limits.maxBytes, 0);
  const walk: Walk = { bytes, limits, offset: 0, items: 0, mapEntries: 0, hasChunkedStrings: false };
  walkItem(walk, 0);
  if (walk.offset !== bytes.length) throw malformed('the end of the document', 'more bytes', walk.offset);
  return { mapEntries: walk.mapEntries, hasChunkedStrings: walk.hasChunkedStrings };
}

function walkItem(walk: Walk, depth: number): void {
  const start = walk.offset;
  const initial = walk.bytes[start];
  if (initial === undefined) throw malformed('a data item', 'the end', start);
  walk.items += 1;
  if (walk.items > walk.limits.maxItems) throw tooMuch('data items', walk.limits.maxItems, start);
  const major = initial >> 5;
  const indefinite = (initial & 31) === INDEFINITE;
  skipHead(walk, initial);
  switch (major) {
    case MAJOR.unsigned:
    case MAJOR.negative:
      if (indefinite) throw malformed('an integer', 'an indefinite length', start);
      return;
    case MAJOR.bytes:
    case MAJOR.text:
      if (indefinite) walkChunks(walk, major);
      else walkString(walk, major, headArgument(walk.bytes, start));
      return;
    case MAJOR.array:
    case MAJOR.map:
      if (depth >= walk.limits.maxNesting) throw tooMuch('levels of nesting', walk.limits.maxNesting, start);
      if (indefinite) walkUntilBreak(walk, major, depth + 1);
      else walkContainer(walk, major, headArgument(walk.bytes, start), depth + 1);
      return;
    case MAJOR.tag:
      if (indefinite) throw malformed('a tag', 'an indefinite length', start);
      walkTag(walk, headArgument(walk.bytes, start), start);
      return;
    default:
      checkSimple(initial & 31, start);
  }
}

function skipHead(walk: Walk, initial: number): void {
  const length = argumentBytes(initial & 31);
  if (length === undefined) throw malformed('additional information', 'a reserved value', walk.offset);
  if (walk.offset + 1 + length > walk.bytes.length) throw malformed('the argument of a head', 'the end', walk.offset);
  walk.offset += 1 + length;
}

function walkString(walk: Walk, major: number, length: number): void {
  const start = walk.offset;
  if (length > walk.bytes.length - start) throw malformed('a string of the announced length', 'the end', start);
  walk.offset = start + length;
  if (major === MAJOR.text) {
    const invalid = findInvalidUtf8(walk.bytes, start, walk.offset);
    if (invalid >= 0) throw malformed('UTF-8', 'other bytes', invalid);
  }
}

function walkChunks(walk: Walk, major: number): void {
  walk.hasChunkedStrings = true;
  for (;;) {
    const start = walk.offset;
    const initial = walk.bytes[start];
    if (initial === undefined) throw malformed('a chunk or a break', 'the end', start);
    if (initial === BREAK) {
      walk.offset += 1;
      return;
    }
    walk.items += 1;
    if (walk.items > walk.limits.maxItems) throw tooMuch('data items', walk.limits.maxItems, start);
    // RFC 8949 §3.2.3: chunks are definite-length strings of the same major type.
    if (initial >> 5 !== major || (initial & 31) === INDEFINITE) {
      throw malformed('a chunk of the same type', 'another data item', start);
    }
    skipHead(walk, initial);
    walkString(walk, major, headArgument(walk.bytes, start));
  }
}

function walkContainer(walk: Walk, major: number, count: number, depth: number): void {
  const itemCount = major === MAJOR.map ? count * 2 : count;
  // Each item takes a byte at least, so a count that can not be met is found before the first item is read.
  if (itemCount > walk.bytes.length - walk.offset) {
    throw malformed('as many items as announced', 'the end', walk.offset);
  }
  if (major === MAJOR.map) walk.mapEntries += count;
  for (let index = 0; index < itemCount; index += 1) walkItem(walk, depth);
}

function walkUntilBreak(walk: Walk, major: number, depth: number): void {
  while (walk.bytes[walk.offset] !== BREAK) {
    walkItem(walk, depth);
    if (major === MAJOR.map) {
      walkItem(walk, depth);
      walk.mapEntries += 1;
    }
  }
  walk.offset += 1;
}

/** RFC 8949 §3.4.4: a decimal fraction is an array of an exponent and a mantissa; RFC 8428 §6 allows it for numbers. */
function walkTag(walk: Walk, tag: number, start: number): void {
  if (tag !== TAG_DECIMAL_FRACTION) throw malformed('no tag', 'a tag', start);
  if (walk.bytes[walk.offset] !== 0x82) throw malformed('an array of two integers', 'another data item', walk.offset);
  walk.offset += 1;
  for (let index = 0; index < 2; index += 1) {
    const initial = walk.bytes[walk.offset];
    if (initial === undefined || initial >> 5 > MAJOR.negative) {
      throw malformed('an integer', initial === undefined ? 'the end' : 'another data item', walk.offset);
    }
    walkItem(walk, 0);
  }
}

function checkSimple(information: number, start: number): void {
  if (information === INDEFINITE) throw malformed('a data item', 'a break', start);
  if (information < 20 || information === 24) throw malformed('false, true, null or a float', 'a simple value', start);
}

function malformed(expected: string, found: string, offset: number): SenmlError {
  return new SenmlError('ERR_SENML_CBOR', expected, found, { offset });
}

function tooMuch(what: string, limit: number, offset: number): SenmlError {
  return new SenmlError('ERR_SENML_LIMIT', `at most ${String(limit)} ${what}`, 'more', { offset });
}
