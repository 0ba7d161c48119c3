import { createPublicKey } from 'node:crypto';
import { isPublicKey } from '../lwm2m/public-key.ts';
import { PemConverter, Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from './x509.ts';

/** A request for a certificate is refused, for this reason. */
export class RequestRefusedError extends Error {
  override readonly name = 'RequestRefusedError';
}

/** OIDs of a common name, and of SubjectAltName. */
const COMMON_NAME = '2.5.4.3';
const SUBJECT_ALT_NAME = '2.5.29.17';

/** DER of a request in PEM, or in base64 of DER. Throws a {@link RequestRefusedError} for what is neither. */
export function requestBytes(text: string): Uint8Array<ArrayBuffer> {
  if (text.includes('-----BEGIN ')) {
    const blocks = PemConverter.decodeWithHeaders(text).filter(({ type }) => /^(NEW )?CERTIFICATE REQUEST$/.test(type));
    const [first, second] = blocks;
    if (first === undefined) throw new RequestRefusedError('the PEM has no CERTIFICATE REQUEST');
    if (second !== undefined) throw new RequestRefusedError('the PEM has more than one CERTIFICATE REQUEST');
    return new Uint8Array(first.rawData);
  }
  const base64 = text.replaceAll(/\s/g, '');
  if (!/^[\w+/-]+={0,2}$/.test(base64)) throw new RequestRefusedError('it is neither PEM nor base64 of DER');
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

/**
 * The public key of a CertificationRequest (PKCS #10), as DER of its SubjectPublicKeyInfo: one that our DTLS takes, whose owner has signed the request, and for nobody but
 * this endpoint. Nothing else of the request goes into the certificate.
 *
 * Rejects with a {@link RequestRefusedError} that says what is wrong.
 */
export async function checkRequest(der: Uint8Array<ArrayBuffer>, endpoint: string): Promise<Uint8Array<ArrayBuffer>> {
  const { request, publicKey } = parse(der);
  checkKey(publicKey);
  let isSigned: boolean;
  try {
    isSigned = await request.verify();
  } catch {
    throw new RequestRefusedError(
      'the signature can not be verified: it has to be ECDSA with SHA-256, SHA-384 or SHA-512',
    );
  }
  if (!isSigned) throw new RequestRefusedError('the request is not signed with the key that it is for');
  const foreign = namesIn(request).find((name) => name !== endpoint);
  if (foreign !== undefined) {
    throw new RequestRefusedError(`the request is for ${JSON.stringify(foreign)}, and not for this endpoint`);
  }
  return publicKey;
}

function parse(der: Uint8Array<ArrayBuffer>): {
  readonly request: Pkcs10CertificateRequest;
  readonly publicKey: Uint8Array<ArrayBuffer>;
} {
  try {
    const request = new Pkcs10CertificateRequest(der);
    return { request, publicKey: new Uint8Array(request.publicKey.rawData) };
  } catch {
    throw new RequestRefusedError('it is no certification request (PKCS #10)');
  }
}

function checkKey(publicKey: Uint8Array): void {
  if (isPublicKey(publicKey)) return;
  throw new RequestRefusedError(
    `the key is ${kindOf(publicKey)}: devices need an EC key on P-256 or P-384, with an uncompressed point`,
  );
}

function kindOf(publicKey: Uint8Array): string {
  try {
    const { asymmetricKeyType = 'of no kind', asymmetricKeyDetails } = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' }); // prettier-ignore
    const { modulusLength, namedCurve } = asymmetricKeyDetails ?? {};
    if (asymmetricKeyType === 'rsa') return `RSA of ${String(modulusLength)} bits`;
    return namedCurve === undefined ? asymmetricKeyType : `an EC key on ${namedCurve}`;
  } catch {
    return 'none that can be read';
  }
}

/** The common names, and all names of the SubjectAltName. */
function namesIn(request: Pkcs10CertificateRequest): string[] {
  try {
    const names = request.subjectName.getField(COMMON_NAME);
    const alternative = request
      .getExtensions(SUBJECT_ALT_NAME)
      .flatMap((extension) => (extension instanceof SubjectAlternativeNameExtension ? extension.names.items : []));
    return [...names, ...alternative.map(({ value }) => value)];
  } catch {
    throw new RequestRefusedError('the names of the request can not be read');
  }
}
