import { MAX_CERTIFICATE_EXTENSIONS, MAX_NAME_ATTRIBUTES } from '../limits.ts';
import { certificateError } from './certificate-error.ts';
import { decodeBoolean, decodeOid, DerReader, decodeTime, DerTag } from './der-reader.ts';

/** Bits of KeyUsage (RFC 5280 §4.2.1.3), the first bit of the string as the highest of 16. */
export const KeyUsage = { digitalSignature: 0x8000, keyCertSign: 0x0400 } as const;

/** Purposes of ExtendedKeyUsage (RFC 5280 §4.2.1.12). */
export const KeyPurpose = {
  any: '2.5.29.37.0',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

/** What of a certificate decides whether it is trusted (RFC 5280 §4.1, §4.2). Byte arrays are views of the certificate. */
export interface CertificateFields {
  /** Of the signature on it: an object identifier. */
  readonly signatureAlgorithm: string;
  /** DER of the names. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** Milliseconds since 1970, both included. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SubjectPublicKeyInfo */
  readonly publicKey: Uint8Array;
  /** `cA` of BasicConstraints; false without the extension. */
  readonly isAuthority: boolean;
  readonly pathLength: number | undefined;
  /** Undefined without the extension, which then does not restrict the key. */
  readonly keyUsage: number | undefined;
  readonly keyPurposes: readonly string[] | undefined;
  /** The first critical extension that nothing here understands, or NameConstraints, critical or not. */
  readonly unknownCritical: string | undefined;
}

type Extensions = Pick<
  CertificateFields,
  'isAuthority' | 'pathLength' | 'keyUsage' | 'keyPurposes' | 'unknownCritical'
>;

const Extension = {
  keyUsage: '2.5.29.15',
  /** Its names are checked by `X509Certificate.checkHost`. */
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  extendedKeyUsage: '2.5.29.37',
} as const;

const COMMON_NAME = '2.5.4.3';
const VERSION_3 = 2;

/** Reads a certificate (RFC 5280 §4.1). What does not have its form throws `bad_certificate`. */
export function decodeCertificateFields(der: Uint8Array): CertificateFields {
  const outer = new DerReader(der);
  const certificate = outer.within(DerTag.sequence);
  outer.end();
  const body = certificate.within(DerTag.sequence);
  const signatureAlgorithm = certificate.next(DerTag.sequence);
  certificate.next(DerTag.bitString);
  certificate.end();

  const version = body.optional(0xa0);
  body.next(DerTag.integer); // serialNumber
  const algorithm = body.next(DerTag.sequence);
  // RFC 5280 §4.1.1.2: both must be the same; only the inner one is signed.
  if (!sameBytes(algorithm.raw, signatureAlgorithm.raw)) throw malformed('names two signature algorithms');
  const issuer = body.next(DerTag.sequence).raw;
  const validity = body.within(DerTag.sequence);
  const notBefore = decodeTime(validity.any());
  const notAfter = decodeTime(validity.any());
  validity.end();
  const subject = body.next(DerTag.sequence).raw;
  const publicKey = body.next(DerTag.sequence).raw;
  body.optional(0x81); // issuerUniqueID
  body.optional(0x82); // subjectUniqueID
  const extensions = body.optional(0xa3);
  body.end();
  if (extensions !== undefined && !isVersion3(version?.content)) throw malformed('has extensions without being v3');
  return {
    signatureAlgorithm: decodeOid(new DerReader(algorithm.content).next(DerTag.oid).content),
    issuer,
    subject,
    notBefore,
    notAfter,
    publicKey,
    ...decodeExtensions(extensions?.content),
  };
}

/**
 * The common name of a subject: undefined when it has none, more than one, or one that is no UTF8String, PrintableString or IA5String. Of
 * several none is the name: who is meant would depend on who reads.
 */
export function commonNameOf(subject: Uint8Array): string | undefined {
  const names = new DerReader(subject).within(DerTag.sequence);
  const found: (string | undefined)[] = [];
  for (let count = 0; !names.isAtEnd;) {
    const attributes = names.within(DerTag.set);
    for (; !attributes.isAtEnd; count += 1) {
      if (count === MAX_NAME_ATTRIBUTES) throw malformed('has a name of too many parts');
      const attribute = attributes.within(DerTag.sequence);
      const type = decodeOid(attribute.next(DerTag.oid).content);
      const value = attribute.any();
      if (type === COMMON_NAME) found.push(decodeString(value.tag, value.content));
    }
  }
  return found.length === 1 ? found[0] : undefined;
}

/** Whether two byte arrays are equal. Not in constant time: certificates are no secret. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function decodeString(tag: number, content: Uint8Array): string | undefined {
  if (tag !== DerTag.utf8String && tag !== DerTag.printableString && tag !== DerTag.ia5String) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return undefined;
  }
}

function isVersion3(version: Uint8Array | undefined): boolean {
  if (version === undefined) return false;
  const { content } = new DerReader(version).next(DerTag.integer);
  return content.length === 1 && content[0] === VERSION_3;
}

function decodeExtensions(content: Uint8Array | undefined): Extensions {
  let constraints: Pick<Extensions, 'isAuthority' | 'pathLength'> = { isAuthority: false, pathLength: undefined };
  let keyUsage: number | undefined;
  let keyPurposes: readonly string[] | undefined;
  let unknownCritical: string | undefined;
  if (content !== undefined) {
    const outer = new DerReader(content);
    const extensions = outer.within(DerTag.sequence);
    outer.end();
    const seen = new Set<string>();
    while (!extensions.isAtEnd) {
      const extension = extensions.within(DerTag.sequence);
      const id = decodeOid(extension.next(DerTag.oid).content);
      const critical = extension.optional(DerTag.boolean);
      const value = extension.next(DerTag.octetString).content;
      extension.end();
      if (seen.has(id)) throw malformed('has an extension twice'); // RFC 5280 §4.2
      if (seen.size === MAX_CERTIFICATE_EXTENSIONS) throw malformed('has too many extensions');
      seen.add(id);
      switch (id) {
        case Extension.keyUsage:
          keyUsage = decodeKeyUsage(value);
          break;
        case Extension.basicConstraints:
          constraints = decodeBasicConstraints(value);
          break;
        case Extension.extendedKeyUsage:
          keyPurposes = decodeKeyPurposes(value);
          break;
        case Extension.subjectAltName:
          break;
        case Extension.nameConstraints:
          // RFC 5280 §4.2.1.10 has it critical; some authorities do not, and mean it all the same.
          unknownCritical ??= id;
          break;
        default:
          if (critical !== undefined && decodeBoolean(critical.content)) unknownCritical ??= id;
      }
    }
  }
  return { ...constraints, keyUsage, keyPurposes, unknownCritical };
}

function decodeKeyUsage(value: Uint8Array): number {
  const reader = new DerReader(value);
  const [unused = 8, first = 0, second = 0, ...more] = reader.next(DerTag.bitString).content;
  reader.end();
  if (unused > 7 || more.length > 0) throw malformed('has a KeyUsage that is none');
  return first * 256 + second;
}

function decodeBasicConstraints(value: Uint8Array): Pick<Extensions, 'isAuthority' | 'pathLength'> {
  const outer = new DerReader(value);
  const reader = outer.within(DerTag.sequence);
  outer.end();
  const authority = reader.optional(DerTag.boolean);
  const length = reader.optional(DerTag.integer);
  reader.end();
  const isAuthority = authority !== undefined && decodeBoolean(authority.content);
  return { isAuthority, pathLength: length === undefined ? undefined : decodePathLength(length.content) };
}

/** Beyond 127 it is the same as 127: no chain is that long. */
function decodePathLength(content: Uint8Array): number {
  const [first] = content;
  if (first === undefined || first >= 0x80) throw malformed('has a path length that is none');
  return content.length === 1 ? first : 127;
}

function decodeKeyPurposes(value: Uint8Array): string[] {
  const outer = new DerReader(value);
  const reader = outer.within(DerTag.sequence);
  outer.end();
  const purposes: string[] = [];
  while (!reader.isAtEnd) {
    if (purposes.length === MAX_CERTIFICATE_EXTENSIONS) throw malformed('has too many key purposes');
    purposes.push(decodeOid(reader.next(DerTag.oid).content));
  }
  return purposes;
}

function malformed(what: string): ReturnType<typeof certificateError> {
  return certificateError('bad_certificate', `the certificate ${what}`);
}
