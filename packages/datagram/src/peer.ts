/** Who a peer has proven to be in its security context. Plain UDP proves nothing: `anonymous`. */
export type PeerIdentity =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'psk'; readonly identity: string }
  | { readonly kind: 'x509'; readonly certificate: Uint8Array; readonly commonName: string | undefined }
  | { readonly kind: 'rpk'; readonly publicKey: Uint8Array };

/**
 * A remote party in one security context. Only transports make peers.
 *
 * Two peers are the same party exactly when their `key`s are equal; an address change under a DTLS
 * Connection ID keeps the key.
 */
export interface Peer {
  readonly key: string;
  /** Where the peer is now: an IP address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly identity: PeerIdentity;
  /** False after an address change until something proves that the peer receives at its new address. */
  readonly pathValidated: boolean;
}

/** Whether two identities are the same: of the same kind, with the same proof. What names a certificate besides does not count. */
export function sameIdentity(a: PeerIdentity, b: PeerIdentity): boolean {
  switch (a.kind) {
    case 'anonymous':
      return b.kind === 'anonymous';
    case 'psk':
      return b.kind === 'psk' && a.identity === b.identity;
    case 'x509':
      return b.kind === 'x509' && sameBytes(a.certificate, b.certificate);
    case 'rpk':
      return b.kind === 'rpk' && sameBytes(a.publicKey, b.publicKey);
  }
}

/** Not in constant time: neither certificates nor public keys are secrets. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** The identity of a peer that has proven nothing. */
export const ANONYMOUS: PeerIdentity = Object.freeze({ kind: 'anonymous' });
