import { CborFloat, CborTagged } from '@flownexus/senml';
import type { CborWriter } from '@flownexus/senml';
import { formatObjectLink } from '../object-link.ts';
import { typeNumber, typeText } from '../typed-value.ts';
import type { EncodableValue, TypedValue } from '../typed-value.ts';
import type { ResourceType } from '../value.ts';

/** RFC 8949 §3.4.1 and §3.4.2. */
const TAG_DATE_TIME = 0;
const TAG_EPOCH_TIME = 1;
/** RFC 8949 §3.4.3. */
const TAG_UNSIGNED_BIGNUM = 2;
const TAG_NEGATIVE_BIGNUM = 3;

/** RFC 3339 §5.6. */
const DATE_TIME = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/;

/**
 * The typed value of a data item as `decodeCbor` gives it with its tags; undefined when it is no value of LwM2M, or an
 * integer of more than 64 bits. Tags of times make one, unless another type is declared, those of bignums an integer, and
 * other tags are looked through.
 */
export function typeCborItem(item: unknown, declared: ResourceType | undefined): TypedValue | undefined {
  const tags = item instanceof CborTagged ? item.tags : [];
  const value = withoutTags(item);
  const isTime =
    (declared === undefined || declared === 'time') &&
    tags.some((tag) => tag === TAG_DATE_TIME || tag === TAG_EPOCH_TIME);
  if (typeof value === 'number' || typeof value === 'bigint') return typeNumber(value, isTime ? 'time' : declared);
  if (value instanceof CborFloat) return typeNumber(value.value, isTime ? 'time' : declared, true);
  if (typeof value === 'string') return (isTime ? typeDateTime(value) : undefined) ?? typeText(value, declared);
  if (typeof value === 'boolean') return { type: 'boolean', value };
  if (!(value instanceof Uint8Array)) return undefined;
  const bignum = tags.find((tag) => tag === TAG_UNSIGNED_BIGNUM || tag === TAG_NEGATIVE_BIGNUM);
  return bignum === undefined ? { type: 'opaque', value } : typeBignum(value, bignum, declared);
}

/** A bignum is an integer in bytes; LwM2M has those of 64 bits. */
function typeBignum(bytes: Uint8Array, tag: number, declared: ResourceType | undefined): TypedValue | undefined {
  const first = bytes.findIndex((byte) => byte !== 0);
  if (first >= 0 && bytes.length - first > 8) return undefined;
  let magnitude = 0n;
  for (const byte of bytes.subarray(Math.max(first, 0))) magnitude = (magnitude << 8n) | BigInt(byte);
  return typeNumber(tag === TAG_UNSIGNED_BIGNUM ? magnitude : -1n - magnitude, declared);
}

/** The data item itself when it has tags. */
export function withoutTags(item: unknown): unknown {
  return item instanceof CborTagged ? item.value : item;
}

function typeDateTime(text: string): TypedValue | undefined {
  const milliseconds = DATE_TIME.test(text) ? Date.parse(text.toUpperCase()) : Number.NaN;
  return Number.isNaN(milliseconds) ? undefined : { type: 'time', value: milliseconds / 1000 };
}

/** Writes a value in the preferred serialization (RFC 8949 §4.1); an object link is text. */
export function writeCborValue(writer: CborWriter, value: EncodableValue): void {
  switch (value.kind) {
    case 'text':
      writer.writeText(value.text);
      return;
    case 'integer':
      writer.writeInteger(value.integer);
      return;
    case 'float':
      writer.writeShortestFloat(value.float);
      return;
    case 'boolean':
      writer.writeBoolean(value.boolean);
      return;
    case 'bytes':
      writer.writeBytes(value.bytes);
      return;
    case 'link':
      writer.writeText(formatObjectLink(value.link));
  }
}
