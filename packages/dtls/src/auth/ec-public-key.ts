import { createPublicKey, type KeyObject } from 'node:crypto';
import { NAMED_GROUPS, type NamedGroup } from '../named-groups.ts';
import { certificateError } from './certificate-error.ts';
import { decodeOid, DerReader, DerTag } from './der-reader.ts';

/** RFC 5480 §2.1.1. */
const EC_PUBLIC_KEY = '1.2.840.10045.2.1';
const CURVES: Readonly<Record<string, NamedGroup['name']>> = {
  '1.2.840.10045.3.1.7': 'P-256',
  '1.3.132.0.34': 'P-384',
};

/**
 * The curve of a SubjectPublicKeyInfo (RFC 5480 §2), whose form is checked, not whether its point is on the curve. Anything but an uncompressed
 * point of P-256 or P-384 by name throws `unsupported_certificate`: no other key comes near the cryptography, so none is expensive there.
 */
export function groupOfPublicKey(spki: Uint8Array): NamedGroup {
  const outer = new DerReader(spki);
  const info = outer.within(DerTag.sequence);
  outer.end();
  const algorithm = info.within(DerTag.sequence);
  const isEc = decodeOid(algorithm.next(DerTag.oid).content) === EC_PUBLIC_KEY;
  const curve = isEc ? algorithm.optional(DerTag.oid) : undefined;
  const name = curve === undefined ? undefined : CURVES[decodeOid(curve.content)];
  const group = NAMED_GROUPS.find((candidate) => candidate.name === name);
  if (group === undefined) throw unsupportedKey();
  algorithm.end();
  const bits = info.next(DerTag.bitString).content;
  info.end();
  // No unused bits; RFC 5480 §2.2: 04 begins an uncompressed point.
  if (bits.length !== group.pointSize + 1 || bits[0] !== 0 || bits[1] !== 4) throw unsupportedKey();
  return group;
}

/** The key of a SubjectPublicKeyInfo, checked to be a point of P-256 or P-384. */
export function loadPublicKey(spki: Uint8Array): KeyObject {
  groupOfPublicKey(spki);
  try {
    // The types ask for a Buffer; Node takes every Uint8Array.
    return createPublicKey({ key: spki as Buffer, format: 'der', type: 'spki' });
  } catch {
    throw certificateError('bad_certificate', 'the public key is not a point of its curve');
  }
}

function unsupportedKey(): ReturnType<typeof certificateError> {
  return certificateError('unsupported_certificate', 'the public key is not an EC key on P-256 or P-384');
}
