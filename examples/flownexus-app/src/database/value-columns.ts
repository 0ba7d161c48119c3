import type { ResourceType as Lwm2mType, ResourceValue } from '@flownexus/lwm2m-core';
import type { JsonValue, ValueType } from '../http/api-types.ts';

/** The names of the data types in the database and in the API. */
export const valueTypes: Readonly<Record<Lwm2mType, ValueType>> = {
  string: 'STRING',
  integer: 'INTEGER',
  unsignedInteger: 'UNSIGNED_INTEGER',
  float: 'FLOAT',
  boolean: 'BOOLEAN',
  opaque: 'OPAQUE',
  time: 'TIME',
  objlnk: 'OBJLNK',
  corelnk: 'CORELINK',
  none: 'NONE',
};

/** A value as the columns of table Resource hold it: all null but one. */
export interface ValueColumns {
  readonly int: number | bigint | null;
  readonly float: number | null;
  readonly bool: number | null;
  readonly str: string | null;
  readonly blob: Uint8Array | null;
}

const NOTHING: ValueColumns = { int: null, float: null, bool: null, str: null, blob: null };
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/**
 * Maps a value to its column. What a column can not hold exactly goes into `str` as text: integers beyond 64 bit
 * signed, and the floats that are no number (SQLite would make NULL of NaN).
 *
 * Throws a TypeError when the value is not one of the type's.
 */
export function toColumns(type: Lwm2mType, value: ResourceValue): ValueColumns {
  switch (type) {
    case 'string':
    case 'corelnk':
      if (typeof value === 'string') return { ...NOTHING, str: value };
      break;
    case 'integer':
    case 'unsignedInteger':
    case 'time':
      if (typeof value === 'number' && Number.isSafeInteger(value)) return { ...NOTHING, int: value };
      if (typeof value === 'bigint') {
        return value > INT64_MAX || value < INT64_MIN ? { ...NOTHING, str: String(value) } : { ...NOTHING, int: value };
      }
      // Seconds with a fraction: more than the type asks for, and not to be lost.
      if (type === 'time' && typeof value === 'number') return floatColumns(value);
      break;
    case 'float':
      if (typeof value === 'number') return floatColumns(value);
      break;
    case 'boolean':
      if (typeof value === 'boolean') return { ...NOTHING, bool: value ? 1 : 0 };
      break;
    case 'opaque':
      if (value instanceof Uint8Array) return { ...NOTHING, blob: value };
      break;
    case 'objlnk':
      if (typeof value === 'object' && 'objectId' in value) {
        return { ...NOTHING, str: `${String(value.objectId)}:${String(value.objectInstanceId)}` };
      }
      break;
    case 'none':
      break;
  }
  throw new TypeError(
    `a value of type ${type} was expected, found ${value instanceof Uint8Array ? 'bytes' : typeof value}`,
  );
}

function floatColumns(value: number): ValueColumns {
  return Number.isFinite(value) ? { ...NOTHING, float: value } : { ...NOTHING, str: String(value) };
}

/** What a statement that reads bigints gives for the value columns. */
export interface StoredValue {
  readonly int_value: bigint | null;
  readonly float_value: number | null;
  readonly bool_value: bigint | null;
  readonly str_value: string | null;
  readonly blob_value: Uint8Array | null;
}

/** The value in JSON, as `JsonValue` describes it. */
export function toJsonValue(stored: StoredValue): JsonValue {
  if (stored.float_value !== null) return stored.float_value;
  if (stored.int_value !== null) {
    const number = Number(stored.int_value);
    return Number.isSafeInteger(number) ? number : String(stored.int_value);
  }
  if (stored.bool_value !== null) return stored.bool_value === 1n;
  if (stored.str_value !== null) return stored.str_value;
  if (stored.blob_value !== null) return Buffer.from(stored.blob_value).toString('base64');
  throw new Error('a stored value has no value');
}
