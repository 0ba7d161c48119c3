import type { KeyObject } from 'node:crypto';
import { chooseScheme } from '../../crypto/signature.ts';
import { ECDSA_SIGN } from '../../messages/certificate-request.ts';
import { CertificateType } from '../../messages/certificate.ts';
import type { CertificateMessage, CertificateRequest } from '../../messages/certificate.ts';
import { namedGroup } from '../../named-groups.ts';
import type { OwnCredential } from '../machine.ts';

/** The Certificate of a client, and what its CertificateVerify is signed with. */
export interface OwnCertificate {
  readonly message: CertificateMessage;
  /** Undefined when the certificate is empty: then there is no CertificateVerify (RFC 5246 §7.4.8). */
  readonly signer: { readonly privateKey: KeyObject; readonly scheme: number } | undefined;
}

/** RFC 5246 §7.4.6: a client without a certificate that fits says so. */
const noCertificate: OwnCertificate = { message: { type: CertificateType.x509, chain: [] }, signer: undefined };

/** What we answer to a CertificateRequest: our certificate or raw public key if it is what the server takes, else an empty one. */
export function ownCertificate(
  credential: OwnCredential | undefined,
  type: CertificateMessage['type'],
  request: CertificateRequest,
): OwnCertificate {
  const message = credential === undefined ? undefined : messageOf(credential, type);
  if (credential === undefined || message === undefined) return noCertificate;
  const scheme = chooseScheme(request.signatureSchemes, credential.group);
  // RFC 8422 §5.3: the curve of the key has to be one of those that we offered.
  const fits = request.certificateTypes.includes(ECDSA_SIGN) && namedGroup(credential.group) !== undefined;
  if (scheme === undefined || !fits) return noCertificate;
  return { message, signer: { privateKey: credential.privateKey, scheme } };
}

function messageOf(credential: OwnCredential, type: CertificateMessage['type']): CertificateMessage | undefined {
  const { chain, rawPublicKey: publicKey } = credential;
  if (type === CertificateType.x509) return chain === undefined ? undefined : { type, chain };
  return publicKey === undefined ? undefined : { type, publicKey };
}
