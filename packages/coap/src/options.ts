import type { CoapOption } from './message.ts';
import { isUtf8 } from './utf8.ts';

/** Option numbers (RFC 7252 §12.2 and the RFCs named in the table below). */
export const OptionNumber = {
  IF_MATCH: 1,
  URI_HOST: 3,
  ETAG: 4,
  IF_NONE_MATCH: 5,
  OBSERVE: 6,
  URI_PORT: 7,
  LOCATION_PATH: 8,
  OSCORE: 9,
  URI_PATH: 11,
  CONTENT_FORMAT: 12,
  MAX_AGE: 14,
  URI_QUERY: 15,
  HOP_LIMIT: 16,
  ACCEPT: 17,
  Q_BLOCK1: 19,
  LOCATION_QUERY: 20,
  BLOCK2: 23,
  BLOCK1: 27,
  SIZE2: 28,
  Q_BLOCK2: 31,
  PROXY_URI: 35,
  PROXY_SCHEME: 39,
  SIZE1: 60,
  ECHO: 252,
  NO_RESPONSE: 258,
  REQUEST_TAG: 292,
} as const;

/** Value formats (RFC 7252 §3.2). */
export type OptionFormat = 'empty' | 'opaque' | 'uint' | 'string';

/** What is known of an option. */
export interface OptionDefinition {
  readonly number: number;
  readonly name: string;
  readonly format: OptionFormat;
  /** Bytes, inclusive. */
  readonly minLength: number;
  readonly maxLength: number;
  readonly repeatable: boolean;
  /** The value that an absent option stands for. Only constants are here: Uri-Host and Uri-Port default to the destination. */
  readonly defaultValue: number | undefined;
  /** A receiver that doesn't understand it must reject the message. */
  readonly critical: boolean;
  /** A proxy that doesn't understand it may not forward it. */
  readonly unsafe: boolean;
  /** Not part of the cache key. */
  readonly noCacheKey: boolean;
}

/** Whether an option is critical: its number is odd (RFC 7252 §5.4.6). */
export function isCritical(number: number): boolean {
  return (number & 1) !== 0;
}

/** Whether an option is unsafe to forward (RFC 7252 §5.4.6). */
export function isUnsafe(number: number): boolean {
  return (number & 2) !== 0;
}

/** Whether an option is no part of the cache key (RFC 7252 §5.4.6). */
export function isNoCacheKey(number: number): boolean {
  return (number & 0x1e) === 0x1c;
}

const R = true; // repeatable
const _ = false;

type OptionRow = readonly [
  name: string,
  number: number,
  R: boolean,
  format: OptionFormat,
  min: number,
  max: number,
  defaultValue?: number,
];

// prettier-ignore
const ROWS: readonly OptionRow[] = [
  // RFC 7252 Table 4
  ['If-Match',       OptionNumber.IF_MATCH,       R, 'opaque', 0,    8],
  ['Uri-Host',       OptionNumber.URI_HOST,       _, 'string', 1,  255],
  ['ETag',           OptionNumber.ETAG,           R, 'opaque', 1,    8],
  ['If-None-Match',  OptionNumber.IF_NONE_MATCH,  _, 'empty',  0,    0],
  ['Uri-Port',       OptionNumber.URI_PORT,       _, 'uint',   0,    2],
  ['Location-Path',  OptionNumber.LOCATION_PATH,  R, 'string', 0,  255],
  ['Uri-Path',       OptionNumber.URI_PATH,       R, 'string', 0,  255],
  ['Content-Format', OptionNumber.CONTENT_FORMAT, _, 'uint',   0,    2],
  ['Max-Age',        OptionNumber.MAX_AGE,        _, 'uint',   0,    4, 60],
  ['Uri-Query',      OptionNumber.URI_QUERY,      R, 'string', 0,  255],
  ['Accept',         OptionNumber.ACCEPT,         _, 'uint',   0,    2],
  ['Location-Query', OptionNumber.LOCATION_QUERY, R, 'string', 0,  255],
  ['Proxy-Uri',      OptionNumber.PROXY_URI,      _, 'string', 1, 1034],
  ['Proxy-Scheme',   OptionNumber.PROXY_SCHEME,   _, 'string', 1,  255],
  ['Size1',          OptionNumber.SIZE1,          _, 'uint',   0,    4],
  // RFC 7641 §2
  ['Observe',        OptionNumber.OBSERVE,        _, 'uint',   0,    3],
  // RFC 7959 §2.1, §4
  ['Block2',         OptionNumber.BLOCK2,         _, 'uint',   0,    3],
  ['Block1',         OptionNumber.BLOCK1,         _, 'uint',   0,    3],
  ['Size2',          OptionNumber.SIZE2,          _, 'uint',   0,    4],
  // RFC 7967 §2
  ['No-Response',    OptionNumber.NO_RESPONSE,    _, 'uint',   0,    1, 0],
  // RFC 8613 §2
  ['OSCORE',         OptionNumber.OSCORE,         _, 'opaque', 0,  255],
  // RFC 8768 §3
  ['Hop-Limit',      OptionNumber.HOP_LIMIT,      _, 'uint',   1,    1, 16],
  // RFC 9175 §2.2.1, §3.2.1
  ['Echo',           OptionNumber.ECHO,           _, 'opaque', 1,   40],
  ['Request-Tag',    OptionNumber.REQUEST_TAG,    R, 'opaque', 0,    8],
  // RFC 9177 §4.1
  ['Q-Block1',       OptionNumber.Q_BLOCK1,       _, 'uint',   0,    3],
  ['Q-Block2',       OptionNumber.Q_BLOCK2,       R, 'uint',   0,    3],
];

const definitions: ReadonlyMap<number, OptionDefinition> = new Map(
  ROWS.map(([name, number, repeatable, format, minLength, maxLength, defaultValue]) => [
    number,
    {
      number,
      name,
      format,
      minLength,
      maxLength,
      repeatable,
      defaultValue,
      critical: isCritical(number),
      unsafe: isUnsafe(number),
      noCacheKey: isNoCacheKey(number),
    },
  ]),
);

/** All options that this package knows, in no particular order. */
export const optionDefinitions: readonly OptionDefinition[] = [...definitions.values()];

/** What is known of an option, by number. */
export function optionDefinition(number: number): OptionDefinition | undefined {
  return definitions.get(number);
}

/** The outcome of {@link checkOptions}. */
export interface CheckedOptions {
  /** The options to work with. The array that was given when nothing was dropped. */
  readonly options: readonly CoapOption[];
  /** The first critical option to reject the message for (RFC 7252 §5.4.1), if any. */
  readonly badCritical: number | undefined;
}

/**
 * Sorts out the options of a received message (RFC 7252 §5.4.1, §5.4.3, §5.4.5). A value of the wrong length, a
 * string that isn't UTF-8, and a further occurrence of a non-repeatable option count as unrecognised. Of what isn't
 * recognised, an elective option is dropped and the first critical one is reported. An elective option that is merely
 * unknown stays: who doesn't know it doesn't look for it.
 *
 * `options` are in ascending order of their numbers, as `decodeMessage` gives them; `understood` are the critical
 * options that the receiver acts on.
 */
export function checkOptions(options: readonly CoapOption[], understood: ReadonlySet<number>): CheckedOptions {
  let kept: CoapOption[] | undefined;
  let badCritical: number | undefined;
  let previous = -1;
  let index = 0;
  for (const option of options) {
    const { number } = option;
    const definition = definitions.get(number);
    const malformed =
      definition !== undefined &&
      (!isWellFormed(option.value, definition) || (number === previous && !definition.repeatable));
    if (isCritical(number) && (malformed || !understood.has(number))) badCritical ??= number;
    if (malformed) kept ??= options.slice(0, index);
    else kept?.push(option);
    previous = number;
    index++;
  }
  return { options: kept ?? options, badCritical };
}

function isWellFormed(value: Uint8Array, definition: OptionDefinition): boolean {
  if (value.length < definition.minLength || value.length > definition.maxLength) return false;
  return definition.format !== 'string' || isUtf8(value);
}
