import { narrowInteger } from '@flownexus/senml';
import type { ResourceType } from '../value.ts';

/** A bound of numbers: a bigint beyond the safe integers. */
export type NumberBound = number | bigint;

/**
 * What the range of a Resource says about its values.
 *
 * - `interval`: numbers from `min` to `max`, both of them included; without `min` nothing is said about the least one
 * - `intervals`: numbers of any of these
 * - `values`: these numbers
 * - `length`: text of `min` to `max` characters or bytes (the registry rarely says which), or so many bytes
 * - `lengths`: as many of them as one of these
 */
export type ValueRange =
  | { readonly kind: 'interval'; readonly min: NumberBound | undefined; readonly max: NumberBound }
  | {
      readonly kind: 'intervals';
      readonly intervals: readonly { readonly min: NumberBound; readonly max: NumberBound }[];
    }
  | { readonly kind: 'values'; readonly values: readonly NumberBound[] }
  | { readonly kind: 'length'; readonly min: number; readonly max: number }
  | { readonly kind: 'lengths'; readonly lengths: readonly number[] };

/** The longest range of the registry that is understood has 61 characters. */
const MAX_RANGE_LENGTH = 256;

const UNSIGNED = String.raw`(?:0|[1-9]\d*)(?:\.\d+)?|2\^\d{1,2}(?:-1)?`;
const SIGNED = `[-+]?(?:${UNSIGNED})`;
const SINGLE = new RegExp(`^${SIGNED}$`);
/** `0..7`, `0...7`, `0 to 7`, `[0:7]`. */
const INTERVAL = new RegExp(String.raw`^(${SIGNED}) ?(?:\.{2,3}|to) ?(${SIGNED})$`);
const BRACKETS = new RegExp(String.raw`^\[ ?(${SIGNED}) ?[:,;] ?(${SIGNED}) ?\]$`);
/** `0-7`. With a sign it might be anything. */
const DASH = new RegExp(`^(${UNSIGNED}) ?[-–] ?(${UNSIGNED})$`);
/** `0: off 1: on`, where no name has a digit that might be another number. */
const NAMED = /^(?:\d+ ?[:=][^\d:=]+){2,}$/;
const BITS = /^(\d{1,2})[ -]?bits?$/i;
const LENGTH_UNIT = / ?(?:bytes?|octets?|characters?|chars?)$/i;
const DASHED_LENGTHS = /^\d{1,9}(?:-\d{1,9}){2,}$/;

interface Interval {
  readonly min: NumberBound;
  readonly max: NumberBound;
}

/**
 * Reads the range or enumeration of a Resource, which is free text. Undefined for what can be read in more than one way,
 * or says nothing about values; for types other than numbers, text and bytes always.
 *
 * @param text as {@link ResourceDefinition.range} has it
 *
 * @example
 * ```ts
 * parseRange('0..100', 'integer'); // { kind: 'interval', min: 0, max: 100 }
 * parseRange('0: off 1: on', 'integer'); // { kind: 'values', values: [0, 1] }
 * parseRange('0-255 bytes', 'string'); // { kind: 'length', min: 0, max: 255 }
 * parseRange('see the manual', 'integer'); // undefined
 * ```
 */
export function parseRange(text: string, type: ResourceType): ValueRange | undefined {
  if (text.length > MAX_RANGE_LENGTH) return undefined;
  const line = text.replace(/\s+/g, ' ').trim();
  switch (type) {
    case 'integer':
    case 'unsignedInteger':
    case 'time':
    case 'float':
      return parseNumbers(line, type);
    case 'string':
    case 'opaque':
      return parseLengths(line, type);
    default:
      return undefined;
  }
}

function parseNumbers(text: string, type: ResourceType): ValueRange | undefined {
  const bits = type === 'float' ? null : BITS.exec(text);
  if (bits !== null) {
    const count = Number(bits[1]);
    return count > 64 ? undefined : { kind: 'interval', min: 0, max: narrowInteger((1n << BigInt(count)) - 1n) };
  }
  if (NAMED.test(text)) {
    return { kind: 'values', values: (text.match(/\d+/g) ?? []).map((digits) => narrowInteger(BigInt(digits))) };
  }
  const interval = parseInterval(text);
  if (interval !== undefined) {
    // One number alone: whether it is the only value or the greatest, there is none beyond.
    return SINGLE.test(text)
      ? { kind: 'interval', min: undefined, max: interval.max }
      : { kind: 'interval', ...interval };
  }
  // A comma within a number, of thousands or of decimals, is no comma between numbers.
  if (/\d,\d{3}(?!\d)/.test(text) || (type === 'float' && /\d,\d/.test(text))) return undefined;
  const intervals = parseList(text);
  if (intervals === undefined) return undefined;
  const isValues = intervals.every(({ min, max }) => min === max);
  return isValues ? { kind: 'values', values: intervals.map(({ min }) => min) } : { kind: 'intervals', intervals };
}

function parseLengths(text: string, type: ResourceType): ValueRange | undefined {
  const bits = type === 'opaque' ? BITS.exec(text) : null;
  if (bits !== null) return { kind: 'length', min: 0, max: Math.ceil(Number(bits[1]) / 8) };
  const bare = text.replace(LENGTH_UNIT, '');
  const interval = parseInterval(bare);
  if (interval !== undefined) {
    if (!isLength(interval)) return undefined;
    // `64` is the length of keys and the greatest of names.
    return { kind: 'length', min: SINGLE.test(bare) ? 0 : Number(interval.min), max: Number(interval.max) };
  }
  // `1,2,3` of text without a unit might be its values.
  if (bare === text && type === 'string') return undefined;
  const intervals = parseList(DASHED_LENGTHS.test(bare) ? bare.replaceAll('-', ',') : bare);
  if (intervals === undefined) return undefined;
  if (!intervals.every((one) => isLength(one) && one.min === one.max)) return undefined;
  return { kind: 'lengths', lengths: intervals.map(({ min }) => Number(min)) };
}

function isLength({ min, max }: Interval): boolean {
  return min >= 0 && Number.isSafeInteger(min) && Number.isSafeInteger(max);
}

function parseList(text: string): readonly Interval[] | undefined {
  const intervals: Interval[] = [];
  for (const part of text.split(/ ?[,;] ?| or /)) {
    const interval = parseInterval(part);
    if (interval === undefined) return undefined;
    intervals.push(interval);
  }
  return intervals;
}

function parseInterval(text: string): Interval | undefined {
  if (SINGLE.test(text)) return { min: parseNumber(text), max: parseNumber(text) };
  const match = INTERVAL.exec(text) ?? BRACKETS.exec(text) ?? DASH.exec(text);
  if (match === null) return undefined;
  const min = parseNumber(match[1] ?? '');
  const max = parseNumber(match[2] ?? '');
  return min <= max ? { min, max } : undefined;
}

/** A number as {@link SIGNED} has it. */
function parseNumber(text: string): NumberBound {
  if (text.includes('.')) return Number(text);
  const [, sign = '', exponent, less] = /^([-+]?)2\^(\d+)(-1)?$/.exec(text) ?? [];
  if (exponent === undefined) return narrowInteger(BigInt(text.replace('+', '')));
  const power = (1n << BigInt(exponent)) - (less === undefined ? 0n : 1n);
  return narrowInteger(sign === '-' ? -power : power);
}
