import type { ByteReader, ByteWriter } from '@flownexus/datagram';
import { formatError } from '../errors.ts';
import { readVector, writeVector } from './vectors.ts';

/** RFC 5246 §7.4.1.2: gmt_unix_time and random_bytes together. */
export const RANDOM_LENGTH = 32;
const MAX_SESSION_ID = 32;

/** The random of a hello: a view. */
export function readRandom(reader: ByteReader): Uint8Array {
  return reader.bytes(RANDOM_LENGTH);
}

/** `RangeError` unless there are 32 bytes. */
export function writeRandom(writer: ByteWriter, random: Uint8Array): void {
  if (random.length !== RANDOM_LENGTH)
    throw new RangeError(`a random has ${RANDOM_LENGTH} bytes, not ${random.length}`);
  writer.bytes(random);
}

/** The session id of a hello, 0 to 32 bytes: a view. */
export function readSessionId(reader: ByteReader): Uint8Array {
  const sessionId = readVector(reader, 1);
  if (sessionId.length > MAX_SESSION_ID) throw formatError(`session_id has ${sessionId.length} bytes`);
  return sessionId;
}

/** `RangeError` for more than 32 bytes. */
export function writeSessionId(writer: ByteWriter, sessionId: Uint8Array): void {
  if (sessionId.length > MAX_SESSION_ID) throw new RangeError(`a session id has up to ${MAX_SESSION_ID} bytes`);
  writeVector(writer, 1, sessionId);
}
