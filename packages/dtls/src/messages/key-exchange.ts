import type { KeyExchange } from '../cipher-suites.ts';

/** RFC 8422 §5.4: a named curve and a point. */
export interface EcdhParameters {
  readonly group: number;
  readonly point: Uint8Array;
}

/** A signature with its scheme (RFC 5246 §4.7). */
export interface DigitallySigned {
  readonly scheme: number;
  readonly signature: Uint8Array;
}

/** RFC 4279 §2, RFC 5489 §2, RFC 8422 §5.4: what the key exchange of the suite has in it is present. */
export interface ServerKeyExchange {
  readonly keyExchange: KeyExchange;
  readonly pskIdentityHint: Uint8Array | undefined;
  readonly ecdh: EcdhParameters | undefined;
  readonly signed: DigitallySigned | undefined;
}

/** RFC 4279 §2, RFC 5489 §2, RFC 8422 §5.7. */
export interface ClientKeyExchange {
  readonly keyExchange: KeyExchange;
  readonly pskIdentity: Uint8Array | undefined;
  readonly point: Uint8Array | undefined;
}
