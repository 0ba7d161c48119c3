import type { DatagramTransport } from '@flownexus/datagram';

/** Throws `RangeError` for a response that the transport can't carry. */
export function checkDatagramSize({ length }: Uint8Array, { maxDatagramSize }: DatagramTransport): void {
  if (length > maxDatagramSize) throw new RangeError(`a response has at most ${maxDatagramSize} bytes, not ${length}`);
}

/** Gives an encoded message its Message ID (RFC 7252 §3). */
export function setMessageId(datagram: Uint8Array, messageId: number): void {
  datagram[2] = messageId >>> 8;
  datagram[3] = messageId & 0xff;
}
