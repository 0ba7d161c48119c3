import { CborFloat, CborTagged, CborWriter, decodeCbor } from '@flownexus/senml';
import { formatObjectLink } from '../object-link.ts';
import { typeNumber, typeText } from '../typed-value.ts';
import type { EncodableValue, TypedValue } from '../typed-value.ts';
import type { ResourceType } from '../value.ts';
import { decodeError } from './format.ts';

/** RFC 8949 §3.4.1 and §3.4.2. */
const TAG_DATE_TIME = 0;
const TAG_EPOCH_TIME = 1;

/** RFC 3339 §5.6. */
const DATE_TIME = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/;

/**
 * Decodes an `application/cbor` payload: one value (TS Core §7.5.2). Times may be tagged, as Zephyr does it; other tags
 * are looked through.
 *
 * @throws Lwm2mError `ERR_LWM2M_DECODE`, SenmlError when it is not CBOR
 */
export function decodeCborValue(bytes: Uint8Array, declared: ResourceType | undefined): TypedValue {
  const item = decodeCbor(bytes, undefined, { tags: true });
  const [tags, content] = item instanceof CborTagged ? [item.tags, item.value] : [[], item];
  const isFloat = content instanceof CborFloat;
  const value = isFloat ? content.value : content;
  const timeTag = tags.find((tag) => tag === TAG_DATE_TIME || tag === TAG_EPOCH_TIME);
  const isTime = timeTag !== undefined && (declared === undefined || declared === 'time');
  if (typeof value === 'number' || typeof value === 'bigint') {
    const typed = typeNumber(value, isTime ? 'time' : declared, isFloat);
    if (typed === undefined) throw decodeError('an integer of 64 bits', 'a longer one', 0);
    return typed;
  }
  if (typeof value === 'string') return (isTime ? typeDateTime(value) : undefined) ?? typeText(value, declared);
  if (typeof value === 'boolean') return { type: 'boolean', value };
  if (value instanceof Uint8Array) return { type: 'opaque', value };
  throw decodeError('one value', 'another CBOR data item', 0);
}

/** Times are plain integers and object links text, as every client takes them. */
export function encodeCborValue(value: EncodableValue): Uint8Array {
  const writer = new CborWriter();
  switch (value.kind) {
    case 'text':
      writer.writeText(value.text);
      break;
    case 'integer':
      writer.writeInteger(value.integer);
      break;
    case 'float':
      writer.writeFloat(value.float);
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

function typeDateTime(text: string): TypedValue | undefined {
  const milliseconds = DATE_TIME.test(text) ? Date.parse(text.toUpperCase()) : Number.NaN;
  return Number.isNaN(milliseconds) ? undefined : { type: 'time', value: milliseconds / 1000 };
}
