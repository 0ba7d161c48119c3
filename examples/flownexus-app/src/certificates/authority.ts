import { type AuthorityMaterial, type AuthorityPlace, loadAuthority } from './authority-files.ts';
import { certificateFingerprint } from '@flownexus/lwm2m-server';
import { limits } from '../limits.ts';
import { derInteger, encodeRevocationList, type RevokedEntry } from './revocation-list-der.ts';
import { newSerialNumber } from './serial-number.ts';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CRLDistributionPointsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from './x509.ts';

/** A certificate that was just signed. */
export interface SignedCertificate {
  /** Lower-case hexadecimal. */
  readonly serial: string;
  readonly der: Uint8Array<ArrayBuffer>;
  /** Milliseconds since 1970, whole seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface RevocationListContent {
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly entries: readonly RevokedEntry[];
}

/** OID of CRLNumber (RFC 5280 §5.2.3). */
const CRL_NUMBER = '2.5.29.20';

/** The authority that signs certificates of devices, and the server's own. */
export class Authority {
  readonly #material: AuthorityMaterial;
  readonly #now: () => number;

  private constructor(material: AuthorityMaterial, now: () => number) {
    this.#material = material;
    this.#now = now;
  }

  /** Reads its key and certificate, or makes them at the first start. Rejects with a `StartError` for what can not be used. */
  static async open(place: AuthorityPlace, now: () => number = Date.now): Promise<Authority> {
    return new Authority(await loadAuthority(place), now);
  }

  /** DER of its certificate, and of those above it. */
  get certificates(): readonly Uint8Array<ArrayBuffer>[] {
    return this.#material.certificates.map(({ rawData }) => new Uint8Array(rawData));
  }

  /** Its certificate, and those above it. */
  get pem(): string {
    return this.#material.certificates.map((certificate) => `${certificate.toString('pem')}\n`).join('');
  }

  /** SHA-256 of its certificate in lower-case hexadecimal: tells it from others that were used before. */
  get fingerprint(): string {
    return certificateFingerprint(new Uint8Array(this.#own.rawData));
  }

  get subject(): string {
    return this.#own.subject;
  }

  /** Milliseconds since 1970: no certificate of it is valid for longer. */
  get notAfter(): number {
    return this.#own.notAfter.getTime();
  }

  /** A certificate with which a device proves that it is an endpoint. `crlUrl`: where revocation lists are. */
  async signDevice(device: {
    readonly endpoint: string;
    /** DER of the SubjectPublicKeyInfo. */
    readonly publicKey: Uint8Array<ArrayBuffer>;
    readonly days: number;
    readonly crlUrl: string | undefined;
  }): Promise<SignedCertificate> {
    const { endpoint, publicKey, days, crlUrl } = device;
    return this.#sign(endpoint, publicKey, days, [
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
      ...(crlUrl === undefined ? [] : [new CRLDistributionPointsExtension([crlUrl])]),
    ]);
  }

  /** A certificate with which our server proves that it is at these host names and addresses. */
  async signServer(server: {
    readonly publicKey: Uint8Array<ArrayBuffer>;
    readonly days: number;
    readonly names: readonly [string, ...string[]];
    readonly addresses: readonly string[];
  }): Promise<SignedCertificate> {
    const { publicKey, days, names, addresses } = server;
    return this.#sign(names[0].slice(0, limits.commonNameLength), publicKey, days, [
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        ...names.map((value) => ({ type: 'dns', value }) as const),
        ...addresses.map((value) => ({ type: 'ip', value }) as const),
      ]),
    ]);
  }

  /** DER of a revocation list. */
  async signRevocationList({
    number,
    thisUpdate,
    nextUpdate,
    entries,
  }: RevocationListContent): Promise<Uint8Array<ArrayBuffer>> {
    const extensions = [await this.#keyIdentifier(), new Extension(CRL_NUMBER, false, derInteger(number.toString(16)))];
    const issuer = new Uint8Array(this.#own.subjectName.toArrayBuffer());
    return encodeRevocationList(
      { issuer, thisUpdate, nextUpdate, entries, extensions: extensions.map(({ rawData }) => new Uint8Array(rawData)) },
      this.#material.key,
    );
  }

  get #own(): X509Certificate {
    return this.#material.certificates[0];
  }

  /** Rejects with a RangeError when the authority ends earlier. */
  async #sign(
    commonName: string,
    publicKey: Uint8Array<ArrayBuffer>,
    days: number,
    extensions: readonly Extension[],
  ): Promise<SignedCertificate> {
    const { signingKey, signingAlgorithm } = this.#material.key;
    const second = Math.floor(this.#now() / 1000) * 1000;
    const notBefore = second - limits.certificateClockSkewMs;
    const notAfter = second + days * 86_400_000;
    if (notAfter > this.notAfter)
      throw new RangeError('the certificate would be valid for longer than that of the authority');
    const key = new PublicKey(publicKey);
    const serial = newSerialNumber();
    const { rawData } = await X509CertificateGenerator.create({
      serialNumber: serial,
      // A string would be read as a name in the syntax of RFC 4514.
      subject: new Name([{ CN: [{ utf8String: commonName }] }]),
      issuer: this.#own.subjectName,
      notBefore: new Date(notBefore),
      notAfter: new Date(notAfter),
      publicKey: key,
      signingKey,
      signingAlgorithm,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        await SubjectKeyIdentifierExtension.create(key),
        await this.#keyIdentifier(),
        ...extensions,
      ],
    });
    return { serial, der: new Uint8Array(rawData), notBefore, notAfter };
  }

  /** The SubjectKeyIdentifier of our certificate, which one that was configured may have made in its own way. */
  async #keyIdentifier(): Promise<AuthorityKeyIdentifierExtension> {
    const known = this.#own.getExtension(SubjectKeyIdentifierExtension);
    return known === null
      ? AuthorityKeyIdentifierExtension.create(new PublicKey(this.#material.key.publicKey))
      : new AuthorityKeyIdentifierExtension(known.keyId);
  }
}
