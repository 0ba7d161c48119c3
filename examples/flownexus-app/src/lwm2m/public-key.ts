import { createPublicKey } from 'node:crypto';

/**
 * Whether bytes are the DER of a SubjectPublicKeyInfo with an EC key on P-256 or P-384, as devices send it (RFC 5480 §2.2): with an uncompressed point, since it is
 * compared byte by byte.
 */
export function isPublicKey(bytes: Uint8Array): boolean {
  try {
    const found = createPublicKey({ key: Buffer.from(bytes), format: 'der', type: 'spki' });
    const canonical = createPublicKey({ key: found.export({ format: 'jwk' }), format: 'jwk' });
    const curve = found.asymmetricKeyDetails?.namedCurve;
    return (
      (curve === 'prime256v1' || curve === 'secp384r1') &&
      canonical.export({ type: 'spki', format: 'der' }).equals(bytes)
    );
  } catch {
    return false;
  }
}
