import { parseDecimal } from '../decimal.ts';
import { formatHex, parseHex } from '../hex.ts';
import { encodableValue, exactInteger, isIntegerOf } from '../typed-value.ts';
import type { ObjectLink, ResourceType, ResourceValue } from '../value.ts';
import { fieldOf, isJsonObject } from './json-object.ts';
import type { ValueJson } from './node-json.ts';

const NULL_LINK_ID = 65535;
const MAX_ID = 65535;
const INTEGER = /^[+-]?\d{1,20}$/;

/**
 * The JSON of a value.
 *
 * @throws TypeError when the value is not one of the type; RangeError when it is out of the range of the type
 */
export function valueToJson(type: ResourceType, value: ResourceValue): ValueJson {
  const encodable = encodableValue(type, value, undefined);
  switch (encodable.kind) {
    case 'text':
      return encodable.text;
    case 'integer':
      return type === 'time' ? millisecondsOf(encodable.integer) : encodable.integer.toString();
    case 'float':
      if (type === 'time') return millisecondsOf(encodable.float);
      return Number.isFinite(encodable.float) ? encodable.float : String(encodable.float);
    case 'boolean':
      return encodable.boolean;
    case 'bytes':
      return formatHex(encodable.bytes);
    case 'link': {
      const { objectId, objectInstanceId } = encodable.link;
      const nullLink = objectId === NULL_LINK_ID && objectInstanceId === NULL_LINK_ID;
      return { objectId, objectInstanceId, nullLink };
    }
  }
}

/** Beyond some 285,000 years it is the nearest number. */
function millisecondsOf(seconds: number | bigint): number {
  return typeof seconds === 'bigint' ? Number(seconds * 1000n) : Math.round(seconds * 1000);
}

/** The forms that {@link valueFromJson} takes, in words for errors. */
export const VALUE_FORMS: Readonly<Record<ResourceType, string>> = {
  string: 'a string',
  integer: 'an integer of 64 bits, as a string beyond 2^53',
  unsignedInteger: 'an integer of 64 bits without a sign, as a string beyond 2^53',
  float: 'a finite number, or one in a string',
  boolean: 'true or false',
  opaque: 'a string of hex digits',
  time: 'a whole number of milliseconds',
  objlnk: 'an objectId and an objectInstanceId',
  corelnk: 'a string',
  none: 'no value',
};

/** The value that the JSON is of the type; undefined when it is none. */
export function valueFromJson(json: unknown, type: ResourceType): ResourceValue | undefined {
  switch (type) {
    case 'string':
    case 'corelnk':
      // Half a surrogate pair has no bytes.
      return typeof json === 'string' && json.isWellFormed() ? json : undefined;
    case 'integer':
    case 'unsignedInteger':
      return integerFromJson(json, type);
    case 'float':
      if (typeof json === 'string') return parseDecimal(json);
      return typeof json === 'number' && Number.isFinite(json) ? json : undefined;
    case 'boolean':
      return typeof json === 'boolean' ? json : undefined;
    case 'opaque':
      return typeof json === 'string' ? parseHex(json) : undefined;
    case 'time':
      return typeof json === 'number' ? secondsOf(json) : undefined;
    case 'objlnk':
      return linkFromJson(json);
    case 'none':
      return undefined;
  }
}

function integerFromJson(json: unknown, type: 'integer' | 'unsignedInteger'): number | bigint | undefined {
  // An unsafe number may have been another one in the text that it was parsed from.
  if (typeof json === 'number') return isIntegerOf(type, json) ? json + 0 : undefined;
  if (typeof json !== 'string' || !INTEGER.test(json)) return undefined;
  const integer = BigInt(json.startsWith('+') ? json.slice(1) : json);
  return isIntegerOf(type, integer) ? exactInteger(integer) : undefined;
}

function secondsOf(milliseconds: number): number | bigint | undefined {
  if (!Number.isInteger(milliseconds)) return undefined;
  if (Number.isSafeInteger(milliseconds)) return milliseconds / 1000 + 0;
  const seconds = BigInt(milliseconds) / 1000n;
  return isIntegerOf('time', seconds) ? exactInteger(seconds) : undefined;
}

function linkFromJson(json: unknown): ObjectLink | undefined {
  if (!isJsonObject(json)) return undefined;
  const objectId = linkId(fieldOf(json, 'objectId'));
  const objectInstanceId = linkId(fieldOf(json, 'objectInstanceId'));
  return objectId === undefined || objectInstanceId === undefined ? undefined : { objectId, objectInstanceId };
}

function linkId(json: unknown): number | undefined {
  return typeof json === 'number' && Number.isInteger(json) && json >= 0 && json <= MAX_ID ? json + 0 : undefined;
}
