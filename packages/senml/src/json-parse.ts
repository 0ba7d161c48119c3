import { CborFloat } from './cbor-values.ts';
import { SenmlError } from './errors.ts';
import { findJsonError } from './json-error.ts';
import { scanJson } from './json-scan.ts';
import type { JsonScan, NumberSpan } from './json-scan.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { CborLimits } from './limits.ts';
import { MAX_INTEGER, MIN_INTEGER, narrowInteger } from './numbers.ts';

/** A number of RFC 8259 §6 without its sign. */
const NUMBER = /^(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const INTEGER = /^-?\d{16,20}$/;
const FRACTION_OR_EXPONENT = /[.eE]/;

/**
 * The first number stands as this in the text that the engine reads, the second as twice this, and so on. Numbers that
 * stand for themselves are less.
 */
const MARK = 1e16;

/** What the engine made of a text in which marks stand for the numbers that it would not keep as they are written. */
export interface ParsedJson {
  readonly value: unknown;
  /** The numbers in the order of the text. */
  readonly literals: readonly string[];
}

/**
 * Parses JSON. The numbers in it are to be read with {@link readJson}. The engine's reviver would give the source of each
 * number too, but takes ten times as long.
 *
 * @throws SenmlError `ERR_SENML_JSON`, with the offset
 */
export function parseJson(text: string, { numbers }: JsonScan): ParsedJson {
  const literals: string[] = [];
  const marked = numbers === undefined ? text : markNumbers(text, numbers, literals);
  try {
    return { value: JSON.parse(marked) as unknown, literals };
  } catch {
    // The engine's own error would quote the document.
    throw notJson(text);
  }
}

/** The text with marks in place of the numbers, which become literals. */
function markNumbers(text: string, numbers: readonly NumberSpan[], literals: string[]): string {
  let marked = '';
  let last = 0;
  for (const { start, end } of numbers) {
    const literal = text.slice(start, end);
    // A mark must not stand for what is no number.
    if (!NUMBER.test(literal)) throw notJson(text);
    literals.push(literal);
    marked += `${text.slice(last, start)}${String(literals.length)}e16`;
    last = end;
  }
  return marked + text.slice(last);
}

/**
 * Decodes any JSON within the limits, with distinct names in its objects. An integer of up to 64 bits is exact: beyond the
 * safe range it is a `bigint`. A `v` or `bv` that is integral but written with a fraction or an exponent is a
 * {@link CborFloat}.
 *
 * @throws SenmlError `ERR_SENML_JSON` or `ERR_SENML_LIMIT`, with the offset in UTF-16 units
 */
export function decodeJson(text: string, limits: CborLimits = DEFAULT_LIMITS): unknown {
  const scan = scanJson(text, limits);
  const { value, literals } = parseJson(text, scan);
  const reader: JsonReader = { literals, members: 0 };
  const result = readJson(reader, '', value);
  // RFC 8259 §4: which of several equal names counts is not defined; the engine keeps the last one silently.
  if (reader.members !== scan.members) {
    throw new SenmlError('ERR_SENML_JSON', 'distinct names in an object', 'one twice', { offset: 0 });
  }
  return result;
}

/** What is known while a parsed text is read. */
export interface JsonReader {
  readonly literals: readonly string[];
  /** Members of the objects read so far. */
  members: number;
}

/** The value of a parsed text that is the member of that name, with all numbers in it; objects are changed in place. */
export function readJson(reader: JsonReader, name: string, value: unknown): unknown {
  if (typeof value === 'number') return readNumber(name, value, reader.literals);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      const item: unknown = value[index];
      const read = readJson(reader, '', item);
      if (read !== item) value[index] = read;
    }
    return value;
  }
  const object = value as Record<string, unknown>;
  const names = Object.keys(object);
  reader.members += names.length;
  for (const member of names) {
    const item = object[member];
    const read = readJson(reader, member, item);
    if (read !== item) object[member] = read;
  }
  return value;
}

/** The number of a parsed text that is the member of that name. */
function readNumber(name: string, value: number, literals: readonly string[]): number | bigint | CborFloat {
  if (Math.abs(value) < MARK) return value;
  const literal = literals[Math.round(Math.abs(value) / MARK) - 1] ?? '';
  const source = value < 0 ? `-${literal}` : literal;
  const number = Number(source);
  if (!Number.isInteger(number)) return number;
  if (FRACTION_OR_EXPONENT.test(literal)) return name === 'v' || name === 'bv' ? new CborFloat(number) : number;
  if (Number.isSafeInteger(number) || !INTEGER.test(source)) return number;
  const integer = BigInt(source);
  return integer >= MIN_INTEGER && integer <= MAX_INTEGER ? narrowInteger(integer) : number;
}

function notJson(text: string): SenmlError {
  return new SenmlError('ERR_SENML_JSON', 'JSON', 'other text', { offset: findJsonError(text) });
}
