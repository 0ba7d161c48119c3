import { sign as signBytes, verify as verifyBytes, type KeyObject } from 'node:crypto';
import { concatBytes } from '../bytes.ts';
import { SIGNATURE_SCHEMES, type SignatureScheme } from '../named-groups.ts';

function schemeOf(id: number): SignatureScheme | undefined {
  return SIGNATURE_SCHEMES.find((scheme) => scheme.id === id);
}

/** An ECDSA signature in DER (RFC 8422 §5.4). A scheme that is not in `SIGNATURE_SCHEMES` is a RangeError. */
export function sign(privateKey: KeyObject, scheme: number, data: Uint8Array): Uint8Array {
  const known = schemeOf(scheme);
  if (known === undefined) throw new RangeError(`signature scheme ${scheme} is not built`);
  return new Uint8Array(signBytes(known.hash, data, privateKey));
}

/**
 * Whether an ECDSA signature in DER is that of `data` by the key. False as well for a scheme that is not built, for a key that is not an
 * elliptic curve's, and for bytes that are no signature. Never throws.
 */
export function verify(publicKey: KeyObject, scheme: number, data: Uint8Array, signature: Uint8Array): boolean {
  const known = schemeOf(scheme);
  // A key of another kind would be verified with its own algorithm, which the scheme does not name.
  if (known === undefined || publicKey.asymmetricKeyType !== 'ec') return false;
  try {
    return verifyBytes(known.hash, data, publicKey, signature);
  } catch {
    return false;
  }
}

/**
 * The scheme for our key on the curve `group`, of those that the peer takes; undefined when there is none in common. A peer that names
 * none would mean SHA-1 (RFC 5246 §7.4.1.4.1), which RFC 9155 §4 forbids: it gets the scheme of the curve.
 */
export function chooseScheme(peerSchemes: readonly number[] | undefined, group: number): number | undefined {
  const ours = SIGNATURE_SCHEMES.map(({ id }) => id);
  // SHA-384 is the hash that is as strong as P-384.
  if (group === 24) ours.reverse();
  return peerSchemes === undefined ? ours[0] : ours.find((id) => peerSchemes.includes(id));
}

/** What the signature of a ServerKeyExchange covers (RFC 8422 §5.4). `params` are the ECDH parameters as they are sent. */
export function serverKeyExchangeData(
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
  params: Uint8Array,
): Uint8Array {
  return concatBytes(clientRandom, serverRandom, params);
}
