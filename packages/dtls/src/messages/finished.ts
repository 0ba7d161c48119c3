import { VERIFY_DATA_SIZE } from '../crypto/key-schedule.ts';
import { formatError } from '../errors.ts';
import { decodeWhole } from './vectors.ts';

/** The verify data that a Finished consists of (RFC 5246 §7.4.9): 12 bytes, a view. They are its body, so nothing encodes them. */
export function decodeFinished(body: Uint8Array): Uint8Array {
  return decodeWhole('Finished', body, (reader) => reader.bytes(VERIFY_DATA_SIZE));
}

/** Throws a `DtlsError` unless the body is empty: ServerHelloDone and HelloRequest (RFC 5246 §7.4.5, §7.4.1.1). */
export function decodeEmpty(body: Uint8Array): void {
  if (body.length > 0) throw formatError(`expected an empty message, found ${body.length} bytes`);
}
