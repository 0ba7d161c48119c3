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
