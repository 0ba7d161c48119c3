import { BREAK, HALF_FLOAT, headArgument, headFloat, INDEFINITE, MAJOR } from './cbor-head.ts';
import { keyContent, MapKeys } from './cbor-keys.ts';
import type { MapKey } from './cbor-keys.ts';
import {
  addNote,
  countItem,
  EIGHT_BYTES,
  malformed,
  NOTHING,
  readArgument,
  requireItems,
  startScan,
  tooMuch,
} from './cbor-scan.ts';
import type { CborScan, Scan } from './cbor-scan.ts';
import { scanChunks, scanString } from './cbor-strings.ts';
import type { SenmlError } from './errors.ts';
import { DEFAULT_LIMITS, MAX_NESTING } from './limits.ts';
import type { CborLimits } from './limits.ts';

/** How CBOR is read. */
export interface CborOptions {
  /** True takes tags (RFC 8949 §3.4), at most four in a row; otherwise only decimal fractions are taken. */
  readonly tags?: boolean;
}

const TAG_DECIMAL_FRACTION = 4;
const MAX_TAGS = 4;

/**
 * Walks over one CBOR data item without building anything: proves that it is well-formed (RFC 8949 §5.3.1), that
 * nothing follows it, that its text is UTF-8, that the keys of each map are distinct, that it keeps within the limits,
 * and that it holds only what SenML and LwM2M use: integers, floats, strings, arrays, maps, false, true, null, undefined
 * and decimal fractions. Other tags are refused unless the options allow them.
 *
 * Keys are distinct when their values are: 1 and 1.0 are not. Arrays and maps as keys are compared by their encoding. A
 * key has no tag.
 *
 * @throws SenmlError `ERR_SENML_CBOR` or `ERR_SENML_LIMIT`, with the offset
 */
export function checkCbor(bytes: Uint8Array, limits: CborLimits = DEFAULT_LIMITS, options: CborOptions = {}): void {
  scanCbor(bytes, limits, options);
}

/** As {@link checkCbor}, and says what has to be changed before the engine reads the document, and what after. */
export function scanCbor(bytes: Uint8Array, limits: CborLimits, options: CborOptions): CborScan {
  if (bytes.length > limits.maxBytes) throw tooMuch('bytes', limits.maxBytes, 0);
  const scan = startScan(bytes, limits.maxItems, Math.min(limits.maxNesting, MAX_NESTING), options.tags === true);
  scanItem(scan, 0);
  if (scan.offset !== bytes.length) throw malformed('the end of the document', 'more bytes', scan.offset);
  return scan;
}

/**
 * Where a map of a document that `decodeCbor` has taken, with tags or without, has its pairs.
 *
 * @param indices counted from 0: the pair of the outermost map, then that of the map which is its value, and so on
 */
export function mapPairOffset(bytes: Uint8Array, indices: readonly number[]): { key: number; value: number } {
  const scan = startScan(bytes, Infinity, MAX_NESTING, true);
  let key = 0;
  for (const index of indices) {
    while ((bytes[scan.offset] ?? 0) >> 5 === MAJOR.tag) readArgument(scan);
    readArgument(scan);
    for (let item = 0; item < index * 2; item += 1) scanItem(scan, 1);
    key = scan.offset;
    scanItem(scan, 1);
  }
  return { key, value: scan.offset };
}

/** The offset of an item of the array that a checked document is. */
export function arrayItemOffset(bytes: Uint8Array, index: number): number {
  const scan = startScan(bytes, Infinity, MAX_NESTING, true);
  readArgument(scan);
  for (let item = 0; item < index; item += 1) scanItem(scan, 1);
  return scan.offset;
}

function scanItem(scan: Scan, depth: number): void {
  const { bytes, offset: start } = scan;
  if (start >= bytes.length) throw malformed('a data item', 'the end', start);
  countItem(scan, start);
  const initial = bytes[start] ?? 0;
  if (isShortAscii(bytes, start, initial)) {
    scan.offset = start + 1 + (initial & 31);
    return;
  }
  const major = initial >> 5;
  const argument = readArgument(scan);
  switch (major) {
    case MAJOR.unsigned:
    case MAJOR.negative:
      if (argument < 0) throw malformed('an integer', 'an indefinite length', start);
      // The engine gives a bigint for eight bytes, whatever they hold.
      if ((initial & 31) === EIGHT_BYTES && argument <= Number.MAX_SAFE_INTEGER) addNote(scan, 'integer');
      return;
    case MAJOR.bytes:
    case MAJOR.text:
      if (argument < 0) scanChunks(scan, major, start);
      else scanString(scan, initial, argument, start);
      return;
    case MAJOR.array:
      if (depth >= scan.maxNesting) throw tooMuch('levels of nesting', scan.maxNesting, start);
      scanArray(scan, argument, depth + 1);
      return;
    case MAJOR.map:
      if (depth >= scan.maxNesting) throw tooMuch('levels of nesting', scan.maxNesting, start);
      scanMap(scan, argument, depth + 1);
      return;
    case MAJOR.tag:
      scanTags(scan, depth, start);
      return;
    default:
      scanSimple(scan, initial & 31, start);
  }
}

/** True for what needs no more than this: text of less than 24 bytes, all ASCII, as names are. */
function isShortAscii(bytes: Uint8Array, start: number, initial: number): boolean {
  if (initial < 0x60 || initial > 0x77) return false;
  const end = start + (initial & 31);
  if (end >= bytes.length) return false;
  let all = 0;
  for (let offset = start + 1; offset <= end; offset += 1) all |= bytes[offset] ?? 0;
  return all < 0x80;
}

function scanArray(scan: Scan, count: number, depth: number): void {
  const { bytes } = scan;
  if (count < 0) {
    while (bytes[scan.offset] !== BREAK) scanItem(scan, depth);
    scan.offset += 1;
    return;
  }
  requireItems(scan, count);
  for (let index = 0; index < count; index += 1) scanItem(scan, depth);
}

function scanMap(scan: Scan, count: number, depth: number): void {
  const { bytes } = scan;
  if (count >= 0) requireItems(scan, count * 2);
  let small = 0;
  let others: MapKeys | undefined;
  for (let index = 0; index !== count; index += 1) {
    const start = scan.offset;
    const initial = bytes[start] ?? 0;
    if (initial === BREAK && count < 0) {
      scan.offset += 1;
      return;
    }
    let bit = smallKeyBit(initial);
    if (bit >= 0 && start < bytes.length) {
      countItem(scan, start);
      scan.offset = start + 1;
    } else {
      const key = scanKey(scan, depth);
      bit = isSmallKey(key) ? key & 31 : -1;
      if (bit < 0) {
        others ??= new MapKeys();
        if (!others.add(key, start)) throw duplicateKey(start);
      }
    }
    if (bit >= 0) {
      if ((small & (1 << bit)) !== 0) throw duplicateKey(start);
      small |= 1 << bit;
    }
    scanItem(scan, depth);
  }
}

/** The keys of SenML, and others from -8 to 23, are bits: the number of the bit, if the key is just this byte, or -1. */
function smallKeyBit(initial: number): number {
  if (initial < 24) return initial;
  return initial >= 0x20 && initial < 0x28 ? 0x3f - initial : -1;
}

function isSmallKey(key: MapKey): key is number {
  return typeof key === 'number' && key >= -8 && key < 24 && Number.isInteger(key);
}

function scanKey(scan: Scan, depth: number): MapKey {
  const { bytes, offset: start } = scan;
  const initial = bytes[start] ?? 0;
  const major = initial >> 5;
  if (major === MAJOR.tag) throw malformed('a key without a tag', 'a tag', start);
  scanItem(scan, depth);
  if (major <= MAJOR.negative) {
    const argument = headArgument(bytes, start);
    // The engine makes bigints of others, which can be chosen so that all fall into one bucket of a hash table.
    if (argument > Number.MAX_SAFE_INTEGER) throw malformed('a key of up to 53 bits', 'a longer one', start);
    return major === MAJOR.unsigned ? argument : -1 - argument;
  } else if (major === MAJOR.simple && (initial & 31) >= HALF_FLOAT) {
    return headFloat(bytes, start);
  } else if (major === MAJOR.bytes || major === MAJOR.text) {
    const prefix = major === MAJOR.text ? 't' : 'b';
    if ((initial & 31) === INDEFINITE) return keyContent(prefix, scan.joined, 0, scan.joined.length);
    return keyContent(prefix, bytes, scan.offset - headArgument(bytes, start), scan.offset);
  }
  return keyContent('e', bytes, start, scan.offset);
}

/** The tags in front of an item, whose first head was read, and the item. */
function scanTags(scan: Scan, depth: number, start: number): void {
  const { bytes } = scan;
  const tags: number[] = [];
  let last = start;
  for (;;) {
    scan.parts += 1;
    if ((bytes[last] ?? 0) === 0xdf) throw malformed('a tag', 'an indefinite length', last);
    tags.push(headArgument(bytes, last));
    if (tags.length > MAX_TAGS) throw tooMuch('tags', MAX_TAGS, last);
    if (!scan.tags || (bytes[scan.offset] ?? 0) >> 5 !== MAJOR.tag) break;
    last = scan.offset;
    countItem(scan, last);
    readArgument(scan);
  }
  const isFraction = tags.at(-1) === TAG_DECIMAL_FRACTION;
  if (!isFraction && !scan.tags) throw malformed('no tag', 'a tag', start);
  const kept = isFraction ? tags.slice(0, -1) : tags;
  if (kept.length > 0) {
    scan.notes ??= [];
    scan.notes.push({ ordinal: scan.items - scan.parts, kind: kept });
    scan.edits ??= [];
    scan.edits.push({ start, end: isFraction ? last : scan.offset, bytes: NOTHING });
  }
  if (isFraction) scanDecimalFraction(scan);
  else scanItem(scan, depth);
}

/** RFC 8949 §3.4.4: a decimal fraction is an array of an exponent and a mantissa; RFC 8428 §6 allows it for numbers. */
function scanDecimalFraction(scan: Scan): void {
  const { bytes } = scan;
  if (bytes[scan.offset] !== 0x82) throw malformed('an array of two integers', 'another data item', scan.offset);
  scan.offset += 1;
  for (let index = 0; index < 2; index += 1) {
    const start = scan.offset;
    const initial = bytes[start];
    if (initial === undefined || initial >> 5 > MAJOR.negative) {
      throw malformed('an integer', initial === undefined ? 'the end' : 'another data item', start);
    }
    countItem(scan, start);
    if (readArgument(scan) < 0) throw malformed('an integer', 'an indefinite length', start);
  }
  // Three items were counted, the tag and its two integers, and one value comes out.
  scan.parts += 1;
}

function scanSimple(scan: Scan, information: number, start: number): void {
  if (information === INDEFINITE) throw malformed('a data item', 'a break', start);
  if (information < 20 || information === 24) throw malformed('false, true, null or a float', 'a simple value', start);
  if (information >= HALF_FLOAT && Number.isInteger(headFloat(scan.bytes, start))) addNote(scan, 'float');
}

/** RFC 8949 §5.6: a map with duplicate keys is not valid; the engine would keep the last one silently. */
function duplicateKey(offset: number): SenmlError {
  return malformed('distinct keys in a map', 'duplicates', offset);
}
