/** The Uri-Path `rd`, `abc` of RFC 7252 §3.1: the Location that the server of the captures gave to each device. */
const CAPTURED_LOCATION = Uint8Array.of(0xb2, 0x72, 0x64, 0x03, 0x61, 0x62, 0x63);

/** A captured datagram with another Message ID and token; every other byte is the device's own. */
export function withIds(datagram: Uint8Array, messageId: number, token: Uint8Array): Uint8Array {
  const [first = 0, code = 0] = datagram;
  const rest = datagram.subarray(4 + (first & 0x0f));
  return Uint8Array.of((first & 0xf0) | token.length, code, messageId >> 8, messageId & 0xff, ...token, ...rest);
}

/** A captured datagram to `/rd/abc` with our registration ID in its place; every other byte is the device's own. */
export function withRegistrationId(datagram: Uint8Array, registrationId: string): Uint8Array {
  const id = new TextEncoder().encode(registrationId);
  if (id.length < 13 || id.length > 268) throw new RangeError('the ID needs an option length of one more byte');
  const at = Buffer.from(datagram).indexOf(CAPTURED_LOCATION);
  if (at < 0) throw new Error('the datagram does not go to the captured location');
  const before = datagram.subarray(0, at + 3);
  const after = datagram.subarray(at + CAPTURED_LOCATION.length);
  return Uint8Array.of(...before, 0x0d, id.length - 13, ...id, ...after);
}
