import { createHash } from 'node:crypto';
import type { PeerIdentity } from '@flownexus/datagram';

/** A short text for an identity, however long that is. */
export function identityKey(identity: PeerIdentity): string {
  return createHash('sha256').update(`${identity.kind} `).update(proofOf(identity)).digest('base64');
}

function proofOf(identity: PeerIdentity): string | Uint8Array {
  switch (identity.kind) {
    case 'anonymous':
      return '';
    case 'psk':
      return identity.identity;
    case 'x509':
      return identity.certificate;
    case 'rpk':
      return identity.publicKey;
  }
}
