import { encodeFragment, HANDSHAKE_HEADER_SIZE, type HandshakeMessage } from './handshake-message.ts';

/**
 * Cuts a message into the contents of handshake records (RFC 6347 §4.2.3): each is a header of 12 bytes and a part of the body, and has up to
 * `maxFragment` bytes. A message that fits is its `raw`. `RangeError` when not a byte of the body fits.
 */
export function fragmentMessage(message: HandshakeMessage, maxFragment: number): Uint8Array[] {
  const { type, sequence, body, raw } = message;
  if (raw.length <= maxFragment) return [raw];
  const most = maxFragment - HANDSHAKE_HEADER_SIZE;
  if (most < 1) throw new RangeError(`fragments of ${maxFragment} bytes have no room for a byte of the message`);
  const fragments: Uint8Array[] = [];
  for (let offset = 0; offset < body.length; offset += most) {
    const part = body.subarray(offset, offset + most);
    const header = { type, sequence, length: body.length, offset, fragmentLength: part.length };
    fragments.push(encodeFragment(header, part));
  }
  return fragments;
}
