import { CborWriter, decodeCbor } from '@flownexus/senml';
import type { EncodableValue, TypedValue } from '../typed-value.ts';
import type { ResourceType } from '../value.ts';
import { typeCborItem, writeCborValue } from './cbor-item.ts';
import { decodeError } from './format.ts';

/** RFC 8949 §3.4.2. */
const TAG_EPOCH_TIME = 1;

/**
 * Decodes an `application/cbor` payload: one value (TS Core §7.5.2). Times may be tagged, as Zephyr does it.
 *
 * @throws DecodeError, SenmlError when it is not CBOR
 */
export function decodeCborValue(bytes: Uint8Array, declared: ResourceType | undefined): TypedValue {
  const typed = typeCborItem(decodeCbor(bytes, undefined, { tags: true }), declared);
  if (typed === undefined) throw decodeError('one value of LwM2M', 'another data item', 0);
  return typed;
}

/**
 * Encodes one value in the preferred serialization (RFC 8949 §4.1). Times have the tag of RFC 8949 §3.4.2, without which
 * Leshan takes no time here (Zephyr and Anjay take both).
 */
export function encodeCborValue(value: EncodableValue, isTime: boolean): Uint8Array {
  const writer = new CborWriter();
  if (isTime && (value.kind === 'integer' || value.kind === 'float')) writer.writeTag(TAG_EPOCH_TIME);
  writeCborValue(writer, value);
  return writer.toBytes();
}
