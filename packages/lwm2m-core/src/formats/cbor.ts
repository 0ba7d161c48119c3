import { CborWriter, decodeCbor } from '@flownexus/senml';
import { formatObjectLink } from '../object-link.ts';
import type { EncodableValue, TypedValue } from '../typed-value.ts';
import type { ResourceType } from '../value.ts';
import { typeCborItem } from './cbor-item.ts';
import { decodeError } from './format.ts';

/** RFC 8949 §3.4.2. */
const TAG_EPOCH_TIME = 1;

/**
 * Decodes an `application/cbor` payload: one value (TS Core §7.5.2). Times may be tagged, as Zephyr does it; other tags
 * are looked through.
 *
 * @throws Lwm2mError `ERR_LWM2M_DECODE`, SenmlError when it is not CBOR
 */
export function decodeCborValue(bytes: Uint8Array, declared: ResourceType | undefined): TypedValue {
  const typed = typeCborItem(decodeCbor(bytes, undefined, { tags: true }), declared);
  if (typed === undefined) throw decodeError('one value of LwM2M', 'another data item', 0);
  return typed;
}

/**
 * Encodes one value in the preferred serialization (RFC 8949 §4.1). Times have the tag of RFC 8949 §3.4.2, without which Leshan takes no time here (Zephyr and Anjay take
 * both); object links are text.
 */
export function encodeCborValue(value: EncodableValue, type: ResourceType): Uint8Array {
  const writer = new CborWriter();
  if (type === 'time') writer.writeTag(TAG_EPOCH_TIME);
  switch (value.kind) {
    case 'text':
      writer.writeText(value.text);
      break;
    case 'integer':
      writer.writeInteger(value.integer);
      break;
    case 'float':
      writer.writeShortestFloat(value.float);
      break;
    case 'boolean':
      writer.writeBoolean(value.boolean);
      break;
    case 'bytes':
      writer.writeBytes(value.bytes);
      break;
    case 'link':
      writer.writeText(formatObjectLink(value.link));
      break;
  }
  return writer.toBytes();
}
