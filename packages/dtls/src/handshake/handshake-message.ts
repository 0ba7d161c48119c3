import type { ByteReader } from '@flownexus/datagram';
import { writeU16, writeU24 } from '../bytes.ts';

/** Handshake message types (RFC 5246 §7.4, RFC 6347 §4.3.2). */
export const HandshakeType = {
  helloRequest: 0,
  clientHello: 1,
  serverHello: 2,
  helloVerifyRequest: 3,
  newSessionTicket: 4,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
} as const;

/** RFC 6347 §4.2.2: type, length, message_seq, fragment_offset, fragment_length. */
export const HANDSHAKE_HEADER_SIZE = 12;

/** A whole handshake message. Both byte arrays own their bytes: they are never views of a datagram. */
export interface HandshakeMessage {
  readonly type: number;
  /** message_seq */
  readonly sequence: number;
  readonly body: Uint8Array;
  /** The 12 byte header of an unfragmented message, and the body: what goes into the transcript (RFC 6347 §4.2.6). `body` is a view of it. */
  readonly raw: Uint8Array;
}

/** A whole message of ours or of the peer from its body, which is copied. `RangeError` for a sequence that needs more than 16 bits. */
export function encodeHandshakeMessage(type: number, sequence: number, body: Uint8Array): HandshakeMessage {
  const { length } = body;
  const raw = encodeFragment({ type, sequence, length, offset: 0, fragmentLength: length }, body);
  return { type, sequence, body: raw.subarray(HANDSHAKE_HEADER_SIZE), raw };
}

/** What stands before each fragment of a handshake message (RFC 6347 §4.2.2). */
export interface FragmentHeader {
  readonly type: number;
  readonly sequence: number;
  /** Bytes of the whole message. */
  readonly length: number;
  readonly offset: number;
  readonly fragmentLength: number;
}

/** The next 12 bytes. Throws a `ByteRangeError` when there are fewer; its values are not checked against each other. */
export function readFragmentHeader(reader: ByteReader): FragmentHeader {
  return {
    type: reader.u8(),
    length: reader.u24(),
    sequence: reader.u16(),
    offset: reader.u24(),
    fragmentLength: reader.u24(),
  };
}

/** A header and its fragment, in an array of their own. `RangeError` for a sequence that needs more than 16 bits, or a length more than 24. */
export function encodeFragment(header: FragmentHeader, fragment: Uint8Array): Uint8Array {
  const { type, sequence, length, offset, fragmentLength } = header;
  if (sequence > 0xffff || length > 0xff_ffff) throw new RangeError('a handshake message does not fit its header');
  const bytes = new Uint8Array(HANDSHAKE_HEADER_SIZE + fragment.length);
  bytes[0] = type;
  writeU24(bytes, 1, length);
  writeU16(bytes, 4, sequence);
  writeU24(bytes, 6, offset);
  writeU24(bytes, 9, fragmentLength);
  bytes.set(fragment, HANDSHAKE_HEADER_SIZE);
  return bytes;
}
