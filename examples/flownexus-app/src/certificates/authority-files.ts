import { randomBytes, X509Certificate as NodeCertificate } from 'node:crypto';
import { join } from 'node:path';
import { limits } from '../limits.ts';
import { StartError } from '../start-error.ts';
import { readConfigured } from './configured-file.ts';
import { readPrivateFile, writePrivateFile } from './private-file.ts';
import { newSerialNumber } from './serial-number.ts';
import { newPrivateKey, publicKeyOf, type SigningKey, signingKey } from './signing-key.ts';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  PublicKey,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  PemConverter,
} from './x509.ts';

/** Where the key and certificate of the authority are. */
export interface AuthorityPlace {
  readonly dataDirectory: string;
  /** Paths of PEM files that were configured; undefined: ones of our own in the data directory. */
  readonly keyFile: string | undefined;
  readonly certificateFile: string | undefined;
}

export interface AuthorityMaterial {
  readonly key: SigningKey;
  /** Its certificate, and of one that was configured those above it. */
  readonly certificates: readonly [X509Certificate, ...X509Certificate[]];
}

/** Reads the authority, or makes one at the first start. Rejects with a {@link StartError} for what can not be used. */
export async function loadAuthority({
  dataDirectory,
  keyFile,
  certificateFile,
}: AuthorityPlace): Promise<AuthorityMaterial> {
  if (keyFile === undefined && certificateFile === undefined) return ownAuthority(dataDirectory);
  if (keyFile === undefined) throw new StartError('FLOWNEXUS_CA_CERT needs its key: FLOWNEXUS_CA_KEY');
  if (certificateFile === undefined) throw new StartError('FLOWNEXUS_CA_KEY needs its certificate: FLOWNEXUS_CA_CERT');
  const key = readConfigured('FLOWNEXUS_CA_KEY', keyFile).toString('utf8');
  const certificate = readConfigured('FLOWNEXUS_CA_CERT', certificateFile).toString('utf8');
  return usable('FLOWNEXUS_CA_KEY and FLOWNEXUS_CA_CERT', key, certificate);
}

async function ownAuthority(dataDirectory: string): Promise<AuthorityMaterial> {
  const [keyPath, certificatePath] = [join(dataDirectory, 'authority.key'), join(dataDirectory, 'authority.crt')];
  const names = `${keyPath} and ${certificatePath}`;
  let certificate = readPrivateFile(certificatePath);
  let key = readPrivateFile(keyPath);
  if (key === undefined) {
    // A new key would make all certificates of the old one worthless, without a word.
    if (certificate !== undefined)
      throw new StartError(`${keyPath} is missing: ${certificatePath} is there without it`);
    key = newPrivateKey();
    writePrivateFile(keyPath, key);
  }
  if (certificate === undefined) {
    certificate = await rootCertificate(signingKey(key));
    writePrivateFile(certificatePath, certificate);
  }
  return usable(names, key, certificate);
}

/** PEM of a root of our own. Its name tells it from those of other installations. */
async function rootCertificate({ signingKey, signingAlgorithm, publicKey }: SigningKey): Promise<string> {
  const name = new Name([{ CN: [{ utf8String: `FlowNexus device authority ${randomBytes(4).toString('hex')}` }] }]);
  const now = Date.now();
  const key = new PublicKey(publicKey);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    subject: name,
    issuer: name,
    notBefore: new Date(now - limits.certificateClockSkewMs),
    notAfter: new Date(now + limits.authorityDays * 86_400_000),
    publicKey: key,
    signingKey,
    signingAlgorithm,
    extensions: [
      // It issues to devices and the server, and to no authority.
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(key),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}

function usable(names: string, keyPem: string, certificatePem: string): AuthorityMaterial {
  try {
    const key = signingKey(keyPem);
    const [own, ...above] = PemConverter.decode(certificatePem).map((der) => new X509Certificate(der));
    if (own === undefined) throw new Error('there is no certificate');
    const read = new NodeCertificate(Buffer.from(own.rawData));
    if (!read.checkPrivateKey(key.privateKey)) throw new Error('the certificate does not belong to the key');
    if (!read.ca) throw new Error('the certificate is not that of an authority');
    const usages = own.getExtension(KeyUsagesExtension)?.usages ?? KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign;
    if ((usages & KeyUsageFlags.keyCertSign) === 0) throw new Error('the certificate is not for signing certificates');
    if ((usages & KeyUsageFlags.cRLSign) === 0) throw new Error('the certificate is not for signing revocation lists');
    if (own.notAfter.getTime() <= Date.now()) throw new Error('the certificate has expired');
    return { key: { ...key, publicKey: publicKeyOf(key.privateKey) }, certificates: [own, ...above] };
  } catch (error) {
    throw new StartError(`${names} can not be used: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
