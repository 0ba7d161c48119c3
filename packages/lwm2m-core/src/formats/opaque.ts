import type { EncodableValue, TypedValue } from '../typed-value.ts';
import { encodeError } from './format.ts';

/** The value of an `application/octet-stream` payload: a copy of its bytes, whatever the declared type. */
export function decodeOpaque(bytes: Uint8Array): TypedValue {
  return { type: 'opaque', value: new Uint8Array(bytes) };
}

/** @throws Lwm2mError `ERR_LWM2M_ENCODE` for anything but an opaque value */
export function encodeOpaque(value: EncodableValue): Uint8Array {
  if (value.kind !== 'bytes') throw encodeError('expected an opaque value, found another');
  return new Uint8Array(value.bytes);
}
