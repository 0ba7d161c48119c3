import type { ObjectLink, ResourceType, ResourceValue } from '@flownexus/lwm2m-core';
import type { JsonValue } from '../http/api-types.ts';

const INTEGER = /^-?\d{1,20}$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const LINK = /^(\d{1,5}):(\d{1,5})$/;
const NO_NUMBERS: ReadonlySet<string> = new Set(['NaN', 'Infinity', '-Infinity']);

/** What {@link valueOfJson} takes for each type, in words. */
export const jsonForms: Readonly<Record<ResourceType, string>> = {
  string: 'a string',
  integer: 'an integer of 64 bits, as a string beyond 2^53',
  unsignedInteger: 'an integer of 64 bits without a sign, as a string beyond 2^53',
  float: 'a number, or "NaN", "Infinity" or "-Infinity"',
  boolean: 'true or false',
  opaque: 'base64',
  time: 'whole seconds since 1970',
  objlnk: 'an Object Link such as "66:0"',
  corelnk: 'a string in link format',
  none: 'nothing: the Resource is executed',
};

/** A value in JSON, as `JsonValue` describes it. */
export function jsonOfValue(value: ResourceValue): JsonValue {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return typeof value === 'object' ? `${String(value.objectId)}:${String(value.objectInstanceId)}` : value;
}

/** The value of a type that the JSON of {@link jsonOfValue} is; undefined when it is none. */
export function valueOfJson(json: JsonValue, type: ResourceType): ResourceValue | undefined {
  switch (type) {
    case 'string':
    case 'corelnk':
      return typeof json === 'string' && json.isWellFormed() ? json : undefined;
    case 'integer':
    case 'time':
      return integerOf(json, -(2n ** 63n), 2n ** 63n - 1n);
    case 'unsignedInteger':
      return integerOf(json, 0n, 2n ** 64n - 1n);
    case 'float':
      if (typeof json === 'string') return NO_NUMBERS.has(json) ? Number(json) : undefined;
      return typeof json === 'number' ? json : undefined;
    case 'boolean':
      return typeof json === 'boolean' ? json : undefined;
    case 'opaque':
      return typeof json === 'string' && BASE64.test(json) ? new Uint8Array(Buffer.from(json, 'base64')) : undefined;
    case 'objlnk':
      return typeof json === 'string' ? linkOf(json) : undefined;
    case 'none':
      return undefined;
  }
}

/** The type that JSON has by itself, for a Resource of which nothing is known. */
export function typeOfJson(json: JsonValue): ResourceType {
  if (typeof json === 'string') return 'string';
  if (typeof json === 'boolean') return 'boolean';
  return Number.isSafeInteger(json) ? 'integer' : 'float';
}

function integerOf(json: JsonValue, least: bigint, greatest: bigint): number | bigint | undefined {
  // A number that is not safe may have been another one in the text.
  const isInteger =
    typeof json === 'number' ? Number.isSafeInteger(json) : typeof json === 'string' && INTEGER.test(json);
  if (!isInteger) return undefined;
  const integer = BigInt(json);
  if (integer < least || integer > greatest) return undefined;
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : integer;
}

function linkOf(text: string): ObjectLink | undefined {
  const [, object, instance] = LINK.exec(text) ?? [];
  const link = { objectId: Number(object), objectInstanceId: Number(instance) };
  return link.objectId <= 65_535 && link.objectInstanceId <= 65_535 ? link : undefined;
}
