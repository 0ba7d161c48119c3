import type { Role } from '../crypto/traffic-keys.ts';
import { MAX_CHAIN } from '../limits.ts';
import { describe, hasSupportedSignature, isSignedBy, parseCertificate, type Certificate } from './certificate.ts';
import { certificateError } from './certificate-error.ts';
import { KeyPurpose, KeyUsage, sameBytes } from './certificate-fields.ts';
import { isCertificateOf } from './server-host.ts';
import type { TrustAnchors } from './trust-anchors.ts';

/** What a path is checked against. */
export interface PathRules {
  readonly anchors: TrustAnchors;
  /** Of the peer whose certificate it is. */
  readonly role: Role;
  /** Milliseconds since 1970. */
  readonly wallTime: number;
  /**
   * What a server's certificate has to carry: a name, or the address that was connected to, which a pinned certificate need not have. Undefined:
   * anything will do.
   */
  readonly serverName: string | undefined;
}

/** From the certificate of the peer to an anchor; the two are one when it is pinned. */
export type CertificatePath = readonly [Certificate, ...Certificate[]];

/**
 * Finds and checks the path from the certificate of a peer to a trusted one (RFC 5280 §6.1), without policies and name constraints: a critical
 * extension that is not understood refuses the path. Signatures are checked from the anchor down, so that no key is used that nobody vouches for.
 * Throws `DtlsError` with the alert.
 *
 * All signatures must be ECDSA with SHA-256 or SHA-384 and all keys on P-256 or P-384, those of authorities too: others are not among the schemes
 * that we offer, which cover certificates as well (RFC 5246 §7.4.2, RFC 7925 §4.4).
 */
export function checkPath(chain: readonly Uint8Array[], rules: PathRules): CertificatePath {
  const path = findPath(chain, rules.anchors);
  path.forEach((certificate, index) => checkCertificate(certificate, index, path, rules));
  checkOwn(path, rules);
  const received = path.length === 1 ? path : path.slice(0, -1); // what the anchor has signed is known to be so
  received.reduceRight((issuer, certificate) => {
    if (!isSignedBy(certificate, issuer)) throw notSigned(certificate);
    return certificate;
  });
  return path;
}

/** Follows the issuers' names until one is an anchor that has signed: RFC 5246 §7.4.2 puts each certificate right after the one that it certifies. */
function findPath(chain: readonly Uint8Array[], anchors: TrustAnchors): CertificatePath {
  const [first, ...others] = chain;
  if (first === undefined) throw certificateError('bad_certificate', 'the chain is empty');
  const own = parseCertificate(first);
  const path: [Certificate, ...Certificate[]] = [own];
  if (anchors.has(own)) return path;
  for (let current = own; ;) {
    checkSignatureAlgorithm(current);
    const issuers = anchors.issuersOf(current);
    const anchor = issuers.find((candidate) => isSignedBy(current, candidate));
    if (anchor !== undefined) {
      path.push(anchor);
      return path;
    }
    const next = others[path.length - 1];
    const issuer = next === undefined || path.length === MAX_CHAIN ? undefined : parseCertificate(next);
    if (issuer === undefined || !sameBytes(issuer.subject, current.issuer)) {
      // With an anchor of that name it is no matter of trust, but of a wrong signature.
      if (issuers.length > 0) throw notSigned(current);
      throw certificateError('unknown_ca', `no trusted certificate follows from the chain after ${describe(current)}`);
    }
    path.push(issuer);
    current = issuer;
  }
}

function checkCertificate(certificate: Certificate, index: number, path: CertificatePath, rules: PathRules): void {
  if (certificate.unknownCritical !== undefined) {
    throw certificateError(
      'unsupported_certificate',
      `${describe(certificate)} has the critical extension ${certificate.unknownCritical}, which is not understood`,
    );
  }
  if (rules.wallTime < certificate.notBefore || rules.wallTime > certificate.notAfter) {
    const state = rules.wallTime < certificate.notBefore ? 'is not valid yet' : 'has expired';
    throw certificateError('certificate_expired', `${describe(certificate)} ${state}`);
  }
  const purpose = rules.role === 'client' ? 'clientAuth' : 'serverAuth';
  const purposes = certificate.keyPurposes;
  // RFC 5280 §4.2.1.12 restricts the key; of an authority, by custom, what it may certify.
  if (purposes !== undefined && !purposes.includes(KeyPurpose[purpose]) && !purposes.includes(KeyPurpose.any)) {
    throw certificateError('unsupported_certificate', `${describe(certificate)} is not for ${purpose}`);
  }
  if (index > 0) checkAuthority(certificate, path.slice(1, index));
}

/** `below`: the authorities between it and the certificate of the peer. */
function checkAuthority(certificate: Certificate, below: readonly Certificate[]): void {
  if (!certificate.isAuthority) {
    throw certificateError('bad_certificate', `${describe(certificate)} is not that of an authority`);
  }
  if (certificate.keyUsage !== undefined && (certificate.keyUsage & KeyUsage.keyCertSign) === 0) {
    throw certificateError('bad_certificate', `${describe(certificate)} is not for signing certificates`);
  }
  // RFC 5280 §4.2.1.9: self-issued ones do not count.
  const count = below.filter(({ subject, issuer }) => !sameBytes(subject, issuer)).length;
  if (count > (certificate.pathLength ?? Infinity)) {
    throw certificateError('bad_certificate', `the path below ${describe(certificate)} is longer than it allows`);
  }
}

function checkOwn(path: CertificatePath, { role, serverName }: PathRules): void {
  const [own] = path;
  if (own.keyUsage !== undefined && (own.keyUsage & KeyUsage.digitalSignature) === 0) {
    throw certificateError('unsupported_certificate', `${describe(own)} is not for digital signatures`);
  }
  if (role !== 'server' || serverName === undefined) return;
  if (!isCertificateOf(own.x509, serverName, path.length === 1)) {
    throw certificateError('bad_certificate', `${describe(own)} is not that of the server that was asked for`);
  }
}

function checkSignatureAlgorithm(certificate: Certificate): void {
  if (hasSupportedSignature(certificate)) return;
  throw certificateError(
    'unsupported_certificate',
    `${describe(certificate)} is not signed with ECDSA and SHA-256 or SHA-384`,
  );
}

function notSigned(certificate: Certificate): ReturnType<typeof certificateError> {
  return certificateError(
    'bad_certificate',
    `${describe(certificate)} was not issued by what has the name of its issuer`,
  );
}
