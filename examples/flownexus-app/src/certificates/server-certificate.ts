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

const DAY_MS = 86_400_000;

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
async function issued(options: ServerCertificateOptions, keyPem: string, now: number): Promise<string> {
  const { dataDirectory, authority } = options;
  const path = join(dataDirectory, 'server.crt');
  const { privateKey, publicKey } = usable(options, () => signingKey(keyPem));
  const at = options.names();
  const remaining = Math.floor((authority.notAfter - now) / DAY_MS);
  // Near the end of the authority nothing better can be had.
  const renewalDays = Math.min(limits.serverCertificateRenewalDays, remaining / 2);
  const kept = readPrivateFile(path);
  const known = kept === undefined ? undefined : certificateIn(kept, authority);
  if (
    kept !== undefined &&
    known?.checkPrivateKey(privateKey) === true &&
    known.validToDate.getTime() - now > renewalDays * DAY_MS &&
    isFor(known, at)
  ) {
    return kept;
  }
  const days = Math.min(limits.serverCertificateDays, remaining);
  const { der } = await authority.signServer({ publicKey, ...at, days });
  const pem = `${PemConverter.encode(der, 'CERTIFICATE')}\n${authority.pem}`;
  writePrivateFile(path, pem);
  return pem;
}

/** The first certificate of a text that {@link issued} has written; undefined when it is damaged, or of another authority. */
function certificateIn(pem: string, authority: Authority): X509Certificate | undefined {
  let certificates: X509Certificate[];
  try {
    certificates = PemConverter.decode(pem).map((der) => new X509Certificate(Buffer.from(der)));
  } catch {
    return undefined;
  }
  const [own, issuer] = certificates;
  const isOurs = issuer !== undefined && Buffer.from(authority.certificates[0] ?? []).equals(issuer.raw);
  return isOurs && own?.verify(issuer.publicKey) === true ? own : undefined;
}

function isFor(certificate: X509Certificate, { names, addresses }: ServerNames): boolean {
  const isThere = (name: string): boolean => certificate.checkHost(name) !== undefined;
  return names.every(isThere) && addresses.every((address) => certificate.checkIP(address) !== undefined);
}

function credentialOf(options: ServerCertificateOptions, { key, certificates }: Material): OwnCredential {
  // Devices that take raw public keys get the key alone.
  return usable(options, () => loadCredential({ privateKey: key, certificate: certificates, rawPublicKey: true }));
}

/** What `load` gives; its Error says which files are meant. */
function usable<T>({ keyFile, certificateFile }: ServerCertificateOptions, load: () => T): T {
  try {
    return load();
  } catch (error) {
    const own = keyFile === undefined ? "the server's own key" : 'FLOWNEXUS_COAPS_KEY';
    const what = certificateFile === undefined ? own : `${own} and FLOWNEXUS_COAPS_CERT`;
    throw new Error(`${what} can not be used: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
