import { createHash } from 'node:crypto';
import type { PeerIdentity } from '@flownexus/datagram';

/** A short text for an identity, however long that is; different for different ones. A PSK identity is short as it is, and base64 has no blanks. */
export function identityKey(identity: PeerIdentity): string {
  if (identity.kind === 'psk') return `psk ${identity.identity}`;
  return createHash('sha256').update(`${identity.kind} `).update(proofOf(identity)).digest('base64');
}

function proofOf(identity: Exclude<PeerIdentity, { readonly kind: 'psk' }>): string | Uint8Array {
  switch (identity.kind) {
    case 'anonymous':
      return '';
    case 'x509':
      return identity.certificate;
    case 'rpk':
      return identity.publicKey;
  }
}
