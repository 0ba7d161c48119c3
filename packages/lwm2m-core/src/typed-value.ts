import { narrowInteger } from '@flownexus/senml';
import { parseObjectLink } from './object-link.ts';
import type { ObjectLink, ResourceType, ResourceValue } from './value.ts';

/** A value with the type that it turned out to have. */
export interface TypedValue {
  readonly type: ResourceType;
  readonly value: ResourceValue;
}

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;
const MAX_UINT64 = 2n ** 64n - 1n;

/** An integer as a `number` where that is safe, else as a `bigint`. */
export function exactInteger(value: number | bigint): number | bigint {
  return typeof value === 'number' ? value : narrowInteger(value);
}

/** True for an integer of the range that the type has. */
export function isIntegerOf(type: 'integer' | 'unsignedInteger' | 'time', value: number | bigint): boolean {
  // Comparing a number with a bigint takes a call of the engine, and every safe integer is in range.
  if (typeof value === 'number') return Number.isSafeInteger(value) && (type !== 'unsignedInteger' || value >= 0);
  return type === 'unsignedInteger' ? value >= 0 && value <= MAX_UINT64 : value >= MIN_INT64 && value <= MAX_INT64;
}

/*
 * The following give a value that a self-describing format (CBOR, SenML) carries the declared type where it fits.
 * Where it does not, nothing is lost: the value keeps the type that the wire shows. Devices deviate in small ways, and
 * a payload is not refused for one of them.
 */

/**
 * A number. `isFloat` says that the wire marks it as a float. Undefined when it is an integer beyond int64 and uint64.
 */
export function typeNumber(
  number: number | bigint,
  declared: ResourceType | undefined,
  isFloat = false,
): TypedValue | undefined {
  if (declared === 'float') return { type: 'float', value: Number(number) };
  // An integral float within the safe range is as good as an integer.
  const integral = typeof number === 'bigint' || Number.isSafeInteger(number);
  if (declared === 'integer' || declared === 'unsignedInteger' || declared === 'time') {
    if (integral && isIntegerOf(declared, number)) return { type: declared, value: exactInteger(number) };
    if (declared === 'time' && Number.isFinite(number)) return { type: 'time', value: Number(number) };
  }
  if (!integral || isFloat) return { type: 'float', value: Number(number) };
  if (isIntegerOf('integer', number)) return { type: 'integer', value: exactInteger(number) };
  return isIntegerOf('unsignedInteger', number) ? { type: 'unsignedInteger', value: exactInteger(number) } : undefined;
}

/** Text, which also is the form of object links in CBOR and of some devices in SenML. */
export function typeText(text: string, declared: ResourceType | undefined): TypedValue {
  if (declared === 'corelnk') return { type: 'corelnk', value: text };
  if (declared === 'objlnk') {
    const link = parseObjectLink(text);
    if (link !== undefined) return { type: 'objlnk', value: link };
  }
  return { type: 'string', value: text };
}

/** What an encoder has to write: a value after its type has been checked. */
export type EncodableValue =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'integer'; readonly integer: number | bigint }
  | { readonly kind: 'float'; readonly float: number }
  | { readonly kind: 'boolean'; readonly boolean: boolean }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'link'; readonly link: ObjectLink };

/**
 * Checks a value against its type. The type of the definition, when given, is preferred to the type of the node where
 * the value fits both: an integral number for a float Resource has to be written as a float.
 *
 * @throws TypeError when the value is not one of the type; RangeError when it is out of the range of the type
 */
export function encodableValue(
  type: ResourceType,
  value: ResourceValue,
  declared: ResourceType | undefined,
): EncodableValue {
  if (typeof value === 'string') {
    if (type === 'string' || type === 'corelnk') return { kind: 'text', text: value };
  } else if (typeof value === 'boolean') {
    if (type === 'boolean') return { kind: 'boolean', boolean: value };
  } else if (typeof value === 'number' || typeof value === 'bigint') {
    return encodableNumber(numberType(type, declared, value), value);
  } else if (value instanceof Uint8Array) {
    if (type === 'opaque') return { kind: 'bytes', bytes: value };
  } else if (type === 'objlnk') {
    checkLinkId(value.objectId);
    checkLinkId(value.objectInstanceId);
    return { kind: 'link', link: value };
  }
  throw new TypeError(`a value of another kind than its type ${type}`);
}

function numberType(type: ResourceType, declared: ResourceType | undefined, value: number | bigint): ResourceType {
  switch (type) {
    case 'integer':
    case 'unsignedInteger':
    case 'time':
    case 'float':
      if (declared === 'float') return declared;
      if (declared === 'integer' || declared === 'unsignedInteger' || declared === 'time') {
        return isIntegerOf(declared, value) ? declared : type;
      }
      return type;
    default:
      return type;
  }
}

function encodableNumber(type: ResourceType, value: number | bigint): EncodableValue {
  if (type === 'float') return { kind: 'float', float: Number(value) };
  if (type !== 'integer' && type !== 'unsignedInteger' && type !== 'time') {
    throw new TypeError(`a value of another kind than its type ${type}`);
  }
  if (isIntegerOf(type, value)) return { kind: 'integer', integer: exactInteger(value) };
  if (type === 'time' && typeof value === 'number' && Number.isFinite(value)) return { kind: 'float', float: value };
  const isInexact = typeof value === 'number' && Number.isInteger(value);
  throw new RangeError(
    isInexact ? 'an integer beyond 2^53 has to be a bigint' : `a value out of the range of its type ${type}`,
  );
}

function checkLinkId(id: number): void {
  if (!Number.isInteger(id) || id < 0 || id > 65535)
    throw new RangeError('an object link is made of ids from 0 to 65535');
}

const KIND_OF_TYPE: Readonly<Record<Exclude<ResourceType, 'none'>, EncodableValue['kind']>> = {
  string: 'text',
  corelnk: 'text',
  integer: 'integer',
  unsignedInteger: 'integer',
  time: 'integer',
  float: 'float',
  boolean: 'boolean',
  opaque: 'bytes',
  objlnk: 'link',
};

/**
 * Whether a value has the form of the declared type. Where a format does not describe itself, a reader takes it for one
 * whatever it is.
 */
export function isOfType(value: EncodableValue, declared: ResourceType | undefined): boolean {
  return declared === undefined || declared === 'none' || KIND_OF_TYPE[declared] === value.kind;
}
