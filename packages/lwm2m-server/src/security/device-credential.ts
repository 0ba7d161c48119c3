import { createHash } from 'node:crypto';
import type { PeerIdentity } from '@flownexus/datagram';
import { limits } from '../limits.ts';

/** What one device proves with who it is (TS Transport §5.2): the security modes of LwM2M but NoSec. */
export type DeviceCredential =
  | { readonly mode: 'psk'; readonly identity: string; readonly key: Uint8Array }
  /** Any certificate of an accepted authority that has this common name. */
  | { readonly mode: 'x509'; readonly commonName: string }
  /** One certificate of an accepted authority: the SHA-256 of its DER in hexadecimal. */
  | { readonly mode: 'x509'; readonly fingerprint: string }
  /** DER of the SubjectPublicKeyInfo. */
  | { readonly mode: 'rpk'; readonly publicKey: Uint8Array };

/** The identity of a peer that has proven who it is. */
export type ProvenIdentity = Exclude<PeerIdentity, { readonly kind: 'anonymous' }>;

/** The SHA-256 of a certificate's DER, in lower-case hexadecimal. */
export function certificateFingerprint(certificate: Uint8Array): string {
  return createHash('sha256').update(certificate).digest('hex');
}

/**
 * The texts that a store may keep credentials under to find the one of an identity, the best first: a certificate is found by its fingerprint before
 * its common name. Two credentials with the same {@link credentialKey} are one identity, so a store has only one of them.
 */
export function identityKeys(identity: ProvenIdentity): readonly string[] {
  switch (identity.kind) {
    case 'psk':
      return [`psk ${identity.identity}`];
    case 'x509': {
      const byFingerprint = `fingerprint ${certificateFingerprint(identity.certificate)}`;
      return identity.commonName === undefined ? [byFingerprint] : [byFingerprint, `name ${identity.commonName}`];
    }
    case 'rpk':
      return [`rpk ${base64(identity.publicKey)}`];
  }
}

/** The one of the {@link identityKeys} of an identity that a credential is for. */
export function credentialKey(credential: DeviceCredential): string {
  switch (credential.mode) {
    case 'psk':
      return `psk ${credential.identity}`;
    case 'x509':
      return 'fingerprint' in credential
        ? `fingerprint ${credential.fingerprint.toLowerCase()}`
        : `name ${credential.commonName}`;
    case 'rpk':
      return `rpk ${base64(credential.publicKey)}`;
  }
}

/** Whether a peer that has proven `identity` has done it with this credential. */
export function isOfCredential(identity: PeerIdentity, credential: DeviceCredential): boolean {
  return identity.kind !== 'anonymous' && identityKeys(identity).includes(credentialKey(credential));
}

/** Whether two credentials are the same in everything, the key included. */
export function sameCredential(a: DeviceCredential, b: DeviceCredential): boolean {
  if (credentialKey(a) !== credentialKey(b)) return false;
  return a.mode !== 'psk' || b.mode !== 'psk' || base64(a.key) === base64(b.key);
}

/**
 * Checks what a store takes.
 *
 * @throws RangeError that says what is wrong with it
 */
export function checkCredential(credential: DeviceCredential): void {
  switch (credential.mode) {
    case 'psk':
      checkLength('the identity', Buffer.byteLength(credential.identity), limits.maxPskIdentityBytes);
      checkLength('the key', credential.key.length, limits.maxPskKeyBytes);
      return;
    case 'x509':
      if (!('fingerprint' in credential)) {
        checkLength('the common name', Buffer.byteLength(credential.commonName), limits.maxEndpointNameBytes);
      } else if (!/^[0-9a-f]{64}$/i.test(credential.fingerprint)) {
        throw new RangeError('the fingerprint is a SHA-256 in hexadecimal: 64 digits');
      }
      return;
    case 'rpk':
      checkLength('the public key', credential.publicKey.length, limits.maxPublicKeyBytes);
  }
}

function checkLength(what: string, length: number, longest: number): void {
  if (length < 1 || length > longest) throw new RangeError(`${what} has 1 to ${longest} bytes, not ${length}`);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
