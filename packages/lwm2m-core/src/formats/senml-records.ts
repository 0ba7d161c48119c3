import { senmlRecordOffset } from '@flownexus/senml';
import type { ResolvedSenmlRecord, SenmlForm, SenmlPatchRecord } from '@flownexus/senml';
import type { DefinitionSource } from '../definition.ts';
import type { ResourceRecord } from '../node.ts';
import { formatObjectLink, parseObjectLink } from '../object-link.ts';
import type { Path } from '../path.ts';
import { encodableValue, typeNumber, typeText } from '../typed-value.ts';
import type { TypedValue } from '../typed-value.ts';
import type { ResourceType } from '../value.ts';
import { declaredType, decodeError } from './format.ts';
import { parseName } from './record-path.ts';

/** A record while its fields are set. */
export type RecordDraft = { -readonly [Field in keyof SenmlPatchRecord]: SenmlPatchRecord[Field] };

/** A record of a payload, counted from 0, for errors. */
export interface RecordPlace {
  readonly bytes: Uint8Array;
  readonly form: SenmlForm;
  readonly index: number;
}

/** The offset in bytes of a record in a payload that was decoded before. */
export function recordOffset({ bytes, form, index }: RecordPlace): number {
  return senmlRecordOffset(bytes, form, index);
}

/** The path that a record is named after. @throws DecodeError */
export function pathOfRecord({ name }: ResolvedSenmlRecord, root: string, at: RecordPlace): Path {
  try {
    return parseName(name, root);
  } catch (cause) {
    throw decodeError('a path as the name', 'another name', recordOffset(at), cause);
  }
}

/** True when there is a value, of whatever kind. */
export function hasValue({ v, vs, vb, vd, vlo, sum }: ResolvedSenmlRecord): boolean {
  return [v, vs, vb, vd, vlo, sum].some((value) => value !== undefined);
}

/** The value of a record with its path, which has to be of a Resource or Resource Instance. @throws DecodeError */
export function readRecord(
  record: ResolvedSenmlRecord,
  path: Path,
  definitions: DefinitionSource | undefined,
  at: RecordPlace,
): ResourceRecord {
  if (path.resourceId === undefined) throw decodeError('the path of a Resource', 'one above', recordOffset(at));
  const typed = typeValue(record, declaredType(path, definitions));
  if (typed === undefined) {
    const [expected, found] = hasValue(record)
      ? ['a value of LwM2M: an integer has 64 bits, vlo two ids', 'another']
      : ['a value', 'none'];
    throw decodeError(expected, found, recordOffset(at));
  }
  return { path, type: typed.type, value: typed.value, time: record.time };
}

/** Undefined when there is no value, or none that LwM2M has. */
function typeValue(record: ResolvedSenmlRecord, declared: ResourceType | undefined): TypedValue | undefined {
  if (record.v !== undefined) return typeNumber(record.v, declared, record.float);
  if (record.vs !== undefined) return typeText(record.vs, declared);
  if (record.vb !== undefined) return { type: 'boolean', value: record.vb };
  if (record.vd !== undefined) return { type: 'opaque', value: record.vd };
  const link = record.vlo === undefined ? undefined : parseObjectLink(record.vlo);
  return link === undefined ? undefined : { type: 'objlnk', value: link };
}

/**
 * Sets the field that has the value of a record.
 *
 * @throws RangeError, TypeError when the value is none of its type
 */
export function setValue(fields: RecordDraft, record: ResourceRecord, definitions: DefinitionSource | undefined): void {
  const value = encodableValue(record.type, record.value, declaredType(record.path, definitions));
  switch (value.kind) {
    case 'text':
      fields.vs = value.text;
      return;
    case 'integer':
      fields.v = value.integer;
      return;
    case 'float':
      fields.v = value.float;
      fields.float = true;
      return;
    case 'boolean':
      fields.vb = value.boolean;
      return;
    case 'bytes':
      fields.vd = value.bytes;
      return;
    case 'link':
      fields.vlo = formatObjectLink(value.link);
  }
}
