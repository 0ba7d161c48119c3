import { formatDecimal, parseDecimal } from '../decimal.ts';
import type { AttributeNumberKind, AttributeValueKind } from './attribute-table.ts';

/** What the value of a kind is, in words for errors. */
export const VALUE_WORDS: Readonly<Record<AttributeValueKind, string>> = {
  seconds: 'whole seconds',
  integer: 'a whole number',
  decimal: 'a decimal number',
  flag: '0 or 1',
  dimension: 'a whole number up to 65535',
  serverId: 'a Short Server ID of 1 to 65534',
  version: 'a version as 1.0',
  text: 'text',
};

const RANGES: Readonly<Record<Exclude<AttributeNumberKind, 'decimal'>, readonly [minimum: number, maximum: number]>> = {
  seconds: [0, Number.MAX_SAFE_INTEGER],
  integer: [0, Number.MAX_SAFE_INTEGER],
  flag: [0, 1],
  dimension: [0, 65_535],
  serverId: [1, 65_534],
};

/** The characters of names (RFC 6690 §2) without the ampersand, which separates the items of a query. */
const ITEM_NAME = /^[\w!#$+\-.^`|~*]+$/;
/** The visible characters of ASCII without the ampersand. */
const ITEM_VALUE = /^[!-%'-~]+$/;

/** True when an attribute of the kind can have the number. */
export function isNumberOf(kind: AttributeNumberKind, value: number): boolean {
  if (kind === 'decimal') return Number.isFinite(value);
  const [minimum, maximum] = RANGES[kind];
  return Number.isInteger(value) && value >= minimum && value <= maximum;
}

/** The number that the text of an attribute is; undefined when it is none of the kind. */
export function parseNumberOf(kind: AttributeNumberKind, text: string): number | undefined {
  if (kind !== 'decimal' && !/^\d{1,20}$/.test(text)) return undefined;
  const value = parseDecimal(text);
  return value !== undefined && isNumberOf(kind, value) ? value : undefined;
}

/** The text of a number as the ABNF of TS Core §5.1.2 has it: digits, with a sign and a fraction for decimals. */
export function formatNumberOf(kind: AttributeNumberKind, value: number): string {
  return kind === 'decimal' ? formatDecimal(value) : value.toFixed(0);
}

/** True for what may be the name of any attribute in a query. */
export function isItemName(text: string): boolean {
  return ITEM_NAME.test(text);
}

/** True for what may be the value of any attribute in a query. */
export function isItemValue(text: string): boolean {
  return ITEM_VALUE.test(text);
}
