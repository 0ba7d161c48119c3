import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testCertificate } from '@flownexus/dtls/testing';
import { expect, test } from 'vitest';
import { readCoapsFiles } from '../src/coaps-files.ts';
import { StartError } from '../src/start-error.ts';
import { temporaryDirectory } from './support/test-database.ts';

const authority = testCertificate({ commonName: 'authority', authority: true });
const own = testCertificate({ commonName: 'server', issuer: authority });
const NONE = { coapsKeyFile: undefined, coapsCertificateFile: undefined, coapsAuthoritiesFile: undefined };

function files(contents: Record<string, string>): Record<string, string> {
  const directory = temporaryDirectory();
  const entries = Object.entries(contents).map(([name, content]) => {
    const file = join(directory, name);
    writeFileSync(file, content);
    return [name, file] as const;
  });
  return Object.fromEntries(entries);
}

test('without files devices have pre-shared keys only', () => {
  expect(readCoapsFiles(NONE)).toEqual({ ownCredential: undefined, roots: undefined });
});

test('a key alone is a raw public key, and a certificate comes beside it', () => {
  const { key, cert, ca } = files({ key: own.privateKeyPem, cert: own.pem, ca: authority.pem });
  expect(readCoapsFiles({ ...NONE, coapsKeyFile: key })).toMatchObject({
    ownCredential: { chain: undefined, rawPublicKey: own.publicKey },
    roots: undefined,
  });
  const all = readCoapsFiles({ coapsKeyFile: key, coapsCertificateFile: cert, coapsAuthoritiesFile: ca });
  expect(all.ownCredential).toMatchObject({ chain: [own.der], rawPublicKey: own.publicKey });
  expect(new TextDecoder().decode(all.roots?.[0])).toBe(authority.pem);
});

test.each([
  ['a certificate without its key', { coapsCertificateFile: 'cert' }, /^FLOWNEXUS_COAPS_CERT needs its key: FLOWNEXUS_COAPS_KEY$/],
  ['authorities without a key', { coapsAuthoritiesFile: 'ca' }, /^FLOWNEXUS_COAPS_CA needs a key of the server itself/],
  ['a key that is not there', { coapsKeyFile: 'missing' }, /^FLOWNEXUS_COAPS_KEY .*missing can not be read: ENOENT: no such file or directory$/],
  ['a folder for a key', { coapsKeyFile: '.' }, /^FLOWNEXUS_COAPS_KEY .* can not be read: EISDIR/],
  ['a key that is none', { coapsKeyFile: 'cert' }, /^FLOWNEXUS_COAPS_KEY can not be used: the private key can not be read/],
  ['a certificate that is none', { coapsKeyFile: 'key', coapsCertificateFile: 'key' }, /^FLOWNEXUS_COAPS_KEY and FLOWNEXUS_COAPS_CERT can not be used: .*BEGIN CERTIFICATE/],
  ['the certificate of another key', { coapsKeyFile: 'key', coapsCertificateFile: 'ca' }, /does not belong to the private key$/],
])('%s is said in words', (_name, named, message) => {
  const there = files({ key: own.privateKeyPem, cert: own.pem, ca: authority.pem });
  const directory = temporaryDirectory();
  const paths = Object.entries(named).map(([name, file]) => [name, there[file] ?? join(directory, file)] as const);
  const reading = () => readCoapsFiles({ ...NONE, ...Object.fromEntries(paths) });
  expect(reading).toThrow(StartError);
  expect(reading).toThrow(message);
}); // prettier-ignore
