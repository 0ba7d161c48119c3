import type { PeerIdentity } from '@flownexus/datagram';
import { commonNameOf, decodeCertificateFields } from '../auth/certificate-fields.ts';
import { DtlsError } from '../errors.ts';
import type { CertificateMessage } from '../messages/certificate.ts';
import { pskIdentityText } from '../handshake/psk-identity.ts';

/** What a peer has said about itself in a handshake. */
export type Claim = { readonly psk: Uint8Array } | { readonly certificate: CertificateMessage };

/** A claim in words for an operator: the PSK identity, or the common name of the certificate. Undefined when there is none. */
export function claimedName(claim: Claim): string | undefined {
  if ('psk' in claim) return pskIdentityText(claim.psk);
  const { certificate } = claim;
  const own = 'chain' in certificate ? certificate.chain[0] : undefined;
  if (own === undefined) return undefined;
  try {
    return commonNameOf(decodeCertificateFields(own).subject);
  } catch (error) {
    // It is what was refused, and may be anything.
    if (error instanceof DtlsError) return undefined;
    throw error;
  }
}

/** Who a claim says that the peer is. Undefined when it says nothing that has a name. */
export function claimedPeer(claim: Claim): PeerIdentity | undefined {
  if ('psk' in claim) {
    const identity = pskIdentityText(claim.psk);
    return identity === undefined ? undefined : { kind: 'psk', identity };
  }
  const { certificate } = claim;
  if (!('chain' in certificate)) return { kind: 'rpk', publicKey: certificate.publicKey };
  const [own] = certificate.chain;
  return own === undefined ? undefined : { kind: 'x509', certificate: own, commonName: claimedName(claim) };
}
