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

/** The epoch of protected records: there is no other without renegotiation, which is refused. */
export const PROTECTED_EPOCH = 1;

/** No Connection ID. */
export const NO_CID: Uint8Array = new Uint8Array(0);

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

/** Whether it is a content type of RFC 6347, all but that of records with a Connection ID. */
export function isClassicType(type: number): boolean {
  return type >= ContentType.changeCipherSpec && type <= ContentType.applicationData;
}
