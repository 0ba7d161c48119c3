import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCredential, type OwnCredential } from '../../src/index.ts';

const folder = join(import.meta.dirname, '..', 'interop', 'credentials');

/** A file of `test/interop/credentials`, PEM. */
export function pem(name: string): string {
  return readFileSync(join(folder, name), 'utf8');
}

/** The certificate and the raw key of a party of `test/interop/credentials`. */
export function credentialOf(name: string): OwnCredential {
  return loadCredential({ privateKey: pem(`${name}.key`), certificate: pem(`${name}.crt`), rawPublicKey: true });
}

/** The SubjectPublicKeyInfo of a party. */
export function publicKeyOf(name: string): Uint8Array {
  return Uint8Array.from(createPublicKey(pem(`${name}.key`)).export({ type: 'spki', format: 'der' }));
}
