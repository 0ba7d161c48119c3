/** Content types (RFC 6347 §4.1, RFC 9146 §4). */
export const ContentType = {
  changeCipherSpec: 20,
  alert: 21,
  handshake: 22,
  applicationData: 23,
  tls12Cid: 25,
} as const;

/** DTLS 1.0 as ServerHello-less records carry it, and DTLS 1.2 (RFC 6347 §4.1). */
export const DTLS_1_0 = 0xfeff;
export const DTLS_1_2 = 0xfefd;

/** One record of a datagram as it lies on the wire. `cid` and `fragment` are views of the datagram. */
export interface DtlsRecord {
  readonly type: number;
  readonly version: number;
  readonly epoch: number;
  readonly sequence: number;
  /** The Connection ID of a record of type 25; undefined for any other type. */
  readonly cid: Uint8Array | undefined;
  /** Ciphertext, or plaintext in epoch 0. */
  readonly fragment: Uint8Array;
}
