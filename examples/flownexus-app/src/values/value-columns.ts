import type { ResourceType as Lwm2mType, ResourceValue } from '@flownexus/lwm2m-core';
import { TYPE_NAMES } from '@flownexus/lwm2m-core/node-json';
import type { ValueColumnsRow } from '../database/tables.ts';
import type { JsonValue, ValueType } from './value-schemas.ts';

/** The names of the data types in the database and in the API: those of Leshan's JSON. */
export const valueTypes: Readonly<Record<Lwm2mType, ValueType>> = TYPE_NAMES;

/** The data types by these names. */
export const lwm2mTypes = Object.fromEntries(
  Object.entries(valueTypes).map(([type, name]) => [name, type]),
) as Readonly<Record<ValueType, Lwm2mType>>;

/** A value as the columns of table ResourceValue hold it: all null but one. */
export interface ValueColumns {
  readonly int: number | bigint | null;
  readonly float: number | null;
  readonly bool: 0 | 1 | null;
  readonly str: string | null;
  readonly blob: Uint8Array | null;
}

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/**
 * Maps a value to its column. What a column can not hold exactly goes elsewhere: integers beyond 64 bit signed and the floats that are no number
 * into `str` as text, text with U+0000 into `blob` as UTF-8.
 *
 * Throws a TypeError when the value is not one of the type's.
 */
export function toColumns(type: Lwm2mType, value: ResourceValue): ValueColumns {
  switch (type) {
    case 'string':
    case 'corelnk':
      if (typeof value === 'string') return value.includes('\0') ? blobColumns(Buffer.from(value)) : textColumns(value);
      break;
    case 'integer':
    case 'unsignedInteger':
    case 'time':
      if (typeof value === 'number' && Number.isSafeInteger(value)) return intColumns(value);
      if (typeof value === 'bigint') {
        return value > INT64_MAX || value < INT64_MIN ? textColumns(String(value)) : intColumns(value);
      }
      // Seconds with a fraction: more than the type asks for, and not to be lost.
      if (type === 'time' && typeof value === 'number') return floatColumns(value);
      break;
    case 'float':
      if (typeof value === 'number') return floatColumns(value);
      break;
    case 'boolean':
      if (typeof value === 'boolean') return { int: null, float: null, bool: value ? 1 : 0, str: null, blob: null };
      break;
    case 'opaque':
      if (value instanceof Uint8Array) return blobColumns(value);
      break;
    case 'objlnk':
      if (typeof value === 'object' && 'objectId' in value) {
        return textColumns(`${String(value.objectId)}:${String(value.objectInstanceId)}`);
      }
      break;
    case 'none':
      break;
  }
  throw new TypeError(
    `a value of type ${type} was expected, found ${value instanceof Uint8Array ? 'bytes' : typeof value}`,
  );
}

function intColumns(int: number | bigint): ValueColumns {
  return { int, float: null, bool: null, str: null, blob: null };
}

function floatColumns(value: number): ValueColumns {
  return Number.isFinite(value)
    ? { int: null, float: value, bool: null, str: null, blob: null }
    : textColumns(String(value));
}

function textColumns(str: string): ValueColumns {
  return { int: null, float: null, bool: null, str, blob: null };
}

function blobColumns(blob: Uint8Array): ValueColumns {
  return { int: null, float: null, bool: null, str: null, blob };
}

/** The value of a row in JSON, as `JsonValue` describes it. */
export function toJsonValue(type: ValueType, row: Omit<ValueColumnsRow, 'value_type'>): JsonValue {
  if (row.float_value !== null) return row.float_value;
  if (row.int_value !== null) return row.int_value;
  if (row.bool_value !== null) return row.bool_value === 1;
  if (row.str_value !== null) return row.str_value;
  if (row.blob_value === null) throw new Error('a stored value has no value');
  return Buffer.from(row.blob_value).toString(type === 'OPAQUE' ? 'base64' : 'utf8');
}
