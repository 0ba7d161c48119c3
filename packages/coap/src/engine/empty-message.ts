import { Code } from '../code.ts';
import { encodeMessage } from '../codec.ts';
import type { MessageType } from '../message.ts';

const NO_BYTES = new Uint8Array(0);

/** An Empty message: an ACK or a Reset for a Message ID (RFC 7252 §4.1). */
export function emptyMessage(type: MessageType, messageId: number): Uint8Array {
  return encodeMessage({ type, code: Code.EMPTY, messageId, token: NO_BYTES, options: [], payload: NO_BYTES });
}
