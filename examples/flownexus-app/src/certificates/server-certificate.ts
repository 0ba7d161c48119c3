import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { loadCredential, type OwnCredential } from '@flownexus/lwm2m-server';
import { limits } from '../limits.ts';
import type { Authority } from './authority.ts';
import { readConfigured } from './configured-file.ts';
import { readPrivateFile, writePrivateFile } from './private-file.ts';
import type { ServerNames } from './server-names.ts';
import { newPrivateKey, signingKey } from './signing-key.ts';
import { PemConverter } from './x509.ts';

export interface ServerCertificateOptions {
  readonly dataDirectory: string;
  /** Paths of PEM files that the configuration names. A key without a certificate gets one of our authority. */
  readonly keyFile: string | undefined;
  readonly certificateFile: string | undefined;
  readonly authority: Authority;
  readonly names: () => ServerNames;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** What there is to be shown at one time. */
interface Material {
  /** PEM, or what was in a file. */
  readonly key: string;
  readonly certificates: string;
}

/** With what our server proves in DTLS who it is: a certificate from a file, or one of our authority that is renewed before it ends. */
export class ServerCertificate {
  readonly #options: ServerCertificateOptions;
  readonly #now: () => number;
  #material: Material;
  #credential: OwnCredential;

  private constructor(options: ServerCertificateOptions, material: Material) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#material = material;
    this.#credential = credentialOf(options, material);
  }

  /** Reads or makes it. Rejects with a `StartError` for files that can not be read, and with an Error that says what is wrong with what is in them. */
  static async load(options: ServerCertificateOptions): Promise<ServerCertificate> {
    return new ServerCertificate(options, await materialOf(options, (options.now ?? Date.now)()));
  }

  /** The present one. */
  get credential(): OwnCredential {
    return this.#credential;
  }

  /** Our certificate as it is shown. */
  get certificate(): X509Certificate {
    const [own] = this.#credential.chain ?? [];
    if (own === undefined) throw new Error('the server has a key without a certificate');
    return new X509Certificate(own);
  }

  get source(): 'file' | 'authority' {
    return this.#options.certificateFile === undefined ? 'authority' : 'file';
  }

  /** Takes what is in the files now, and renews what ends soon; whether it is another. Rejects with an Error that says what is wrong; then the one before stays. */
  async check(): Promise<boolean> {
    const material = await materialOf(this.#options, this.#now());
    const { key, certificates } = this.#material;
    if (material.key === key && material.certificates === certificates) return false;
    const credential = credentialOf(this.#options, material);
    this.#material = material;
    this.#credential = credential;
    return true;
  }
}

async function materialOf(options: ServerCertificateOptions, now: number): Promise<Material> {
  const { certificateFile } = options;
  const key = keyOf(options);
  if (certificateFile !== undefined)
    return { key, certificates: readConfigured('FLOWNEXUS_COAPS_CERT', certificateFile).toString('utf8') };
  return { key, certificates: await issued(options, key, now) };
}

function keyOf({ dataDirectory, keyFile }: ServerCertificateOptions): string {
  if (keyFile !== undefined) return readConfigured('FLOWNEXUS_COAPS_KEY', keyFile).toString('utf8');
  const path = join(dataDirectory, 'server.key');
  const known = readPrivateFile(path);
  if (known !== undefined) return known;
  const key = newPrivateKey();
  writePrivateFile(path, key);
  return key;
}

/** The certificate of our authority for this key: the one that was kept, or a new one. */
async function issued(
  { dataDirectory, authority, names }: ServerCertificateOptions,
  keyPem: string,
  now: number,
): Promise<string> {
  const path = join(dataDirectory, 'server.crt');
  const { privateKey, publicKey } = signingKey(keyPem);
  const at = names();
  const kept = readPrivateFile(path);
  if (kept !== undefined && isGood(kept)) return kept;
  const remaining = Math.floor((authority.notAfter - now) / 86_400_000);
  const { der } = await authority.signServer({
    publicKey,
    ...at,
    days: Math.min(limits.serverCertificateDays, remaining),
  });
  const pem = `${PemConverter.encode(der, 'CERTIFICATE')}\n${authority.pem}`;
  writePrivateFile(path, pem);
  return pem;

  function isGood(pem: string): boolean {
    try {
      const [own = '', issuer = ''] = PemConverter.decode(pem).map((bytes) => Buffer.from(bytes));
      const [certificate, by] = [new X509Certificate(own), new X509Certificate(issuer)];
      return (
        Buffer.from(authority.certificates[0] ?? []).equals(by.raw) &&
        certificate.checkPrivateKey(privateKey) &&
        certificate.verify(by.publicKey) &&
        certificate.validFromDate.getTime() <= now &&
        // Near the end of the authority nothing better can be had.
        certificate.validToDate.getTime() - now >
          Math.min(limits.serverCertificateRenewalDays, remaining / 2) * 86_400_000 &&
        at.names.every((name) => certificate.checkHost(name) !== undefined) &&
        at.addresses.every((address) => certificate.checkIP(address) !== undefined)
      );
    } catch {
      // Whatever is in it is no certificate of ours: it is made anew.
      return false;
    }
  }
}

function credentialOf(
  { keyFile, certificateFile }: ServerCertificateOptions,
  { key, certificates }: Material,
): OwnCredential {
  try {
    // Devices that take raw public keys get the key alone.
    return loadCredential({ privateKey: key, certificate: certificates, rawPublicKey: true });
  } catch (error) {
    const names = [keyFile && 'FLOWNEXUS_COAPS_KEY', certificateFile && 'FLOWNEXUS_COAPS_CERT'].filter(
      (name) => name !== undefined,
    );
    const what = names.length === 0 ? "the server's own certificate" : names.join(' and ');
    throw new Error(`${what} can not be used: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
