/** Certificate types of RFC 7250 §3. */
export const CertificateType = { x509: 0, rawPublicKey: 2 } as const;

/** A Certificate message by its type: a chain, the sender's own first and possibly empty (RFC 5246 §7.4.2), or a SubjectPublicKeyInfo (RFC 7250 §3). */
export type CertificateMessage =
  | { readonly type: typeof CertificateType.x509; readonly chain: readonly Uint8Array[] }
  | { readonly type: typeof CertificateType.rawPublicKey; readonly publicKey: Uint8Array };

/** RFC 5246 §7.4.4. */
export interface CertificateRequest {
  readonly certificateTypes: readonly number[];
  readonly signatureSchemes: readonly number[];
  /** DER of distinguished names. */
  readonly authorities: readonly Uint8Array[];
}

/** RFC 5077 §3.3. */
export interface NewSessionTicket {
  readonly lifetimeSeconds: number;
  readonly ticket: Uint8Array;
}
