/** Message types (RFC 7252 §3). */
export const MessageType = { CON: 0, NON: 1, ACK: 2, RST: 3 } as const;
export type MessageType = (typeof MessageType)[keyof typeof MessageType];

/** One option: its number and its raw value (RFC 7252 §3.1). */
export interface CoapOption {
  readonly number: number;
  readonly value: Uint8Array;
}

/** One CoAP message (RFC 7252 §3). Options are in ascending order of their numbers. */
export interface CoapMessage {
  readonly type: MessageType;
  /** Class and detail as one byte: 0.01 is 1, 2.05 is 69. See {@link Code}. */
  readonly code: number;
  readonly messageId: number;
  /** 0 to 8 bytes. */
  readonly token: Uint8Array;
  readonly options: readonly CoapOption[];
  /** Empty when there is none. */
  readonly payload: Uint8Array;
}
