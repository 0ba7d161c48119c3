import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCredential } from '@flownexus/dtls';
import { testCertificate } from '@flownexus/dtls/testing';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { Authority } from '../../src/certificates/authority.ts';
import { openCertificates } from '../../src/certificates/open-certificates.ts';
import { ServerCertificate } from '../../src/certificates/server-certificate.ts';
import { serverNames } from '../../src/certificates/server-names.ts';
import { StartError } from '../../src/start-error.ts';
import { OpenSsl } from '../support/openssl.ts';
import { temporaryDirectory, testDatabase } from '../support/test-database.ts';
import { testRoutes } from '../support/test-routes.ts';

const DAY = 86_400_000;
const authority = testCertificate({ commonName: 'authority', authority: true });
const own = testCertificate({ commonName: 'server', issuer: authority });
const renewed = testCertificate({ commonName: 'server', issuer: authority, privateKey: own.privateKey });

const NONE = {
  coapsKeyFile: undefined,
  coapsCertificateFile: undefined,
  coapsAuthoritiesFile: undefined,
  authorityKeyFile: undefined,
  authorityCertificateFile: undefined,
  est: false,
  publicUrl: undefined,
};

/** Files with these contents, by their names. */
function files(contents: Record<string, string>): Record<string, string> {
  const directory = temporaryDirectory();
  return Object.fromEntries(
    Object.entries(contents).map(([name, content]) => {
      writeFileSync(join(directory, name), content);
      return [name, join(directory, name)] as const;
    }),
  );
}

async function opened(config: Partial<typeof NONE> | Record<string, string>) {
  const warnings: string[] = [];
  const log = pino(
    { level: 'warn' },
    { write: (line: string) => void warnings.push((JSON.parse(line) as { reason: string }).reason) },
  );
  const certificates = await openCertificates({
    config: { ...NONE, ...config },
    dataDirectory: temporaryDirectory(),
    database: await testDatabase(),
    log,
  });
  return { certificates, warnings, ...(await testRoutes(certificates.routes)) };
}

describe('a certificate of our authority', () => {
  const NAMES = { names: ['flownexus.example', 'localhost'], addresses: ['192.0.2.1', '2001:db8::1'] } as const;

  async function made() {
    const dataDirectory = temporaryDirectory();
    let now = Date.now();
    let names: { readonly names: readonly [string, ...string[]]; readonly addresses: readonly string[] } = NAMES;
    const place = { dataDirectory, keyFile: undefined, certificateFile: undefined };
    const issuer = await Authority.open(place, () => now);
    const options = { ...place, authority: issuer, names: () => names, now: () => now };
    return {
      dataDirectory,
      load: () => ServerCertificate.load(options),
      pass: (days: number) => (now += days * DAY),
      rename: (others: typeof names) => (names = others),
    };
  }

  test('is for the names and addresses of the server, as openssl sees it', async () => {
    const { load, dataDirectory } = await made();
    const { certificate, source } = await load();
    expect(source).toBe('authority');
    expect(certificate.subjectAltName).toBe(
      'DNS:flownexus.example, DNS:localhost, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1',
    );
    const openssl = new OpenSsl();
    const verify = ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', join(dataDirectory, 'authority.crt')];
    const file = openssl.file('server.crt', certificate.toString());
    expect(openssl.run(...verify, '-verify_hostname', 'flownexus.example', file)).toContain('OK');
    expect(openssl.run(...verify, '-verify_ip', '2001:db8::1', file)).toContain('OK');
    expect(openssl.result(...verify, '-verify_hostname', 'other.example', file).code).toBe(2);
  });

  test('is the same after a restart, and another with the same key before it ends and for other names', async () => {
    const { load, pass, rename } = await made();
    const first = await load();
    const { fingerprint256, publicKey } = first.certificate;
    expect((await load()).certificate.fingerprint256).toBe(fingerprint256);
    expect(await first.check()).toBe(false);
    pass(300);
    expect(await first.check()).toBe(false);
    pass(60);
    expect(await first.check()).toBe(true);
    expect(first.certificate.fingerprint256).not.toBe(fingerprint256);
    expect(first.certificate.publicKey.equals(publicKey)).toBe(true);
    expect(first.credential.chain).toHaveLength(1);
    rename({ ...NAMES, addresses: ['192.0.2.7'] });
    expect(await first.check()).toBe(true);
    expect(first.certificate.subjectAltName).toContain('192.0.2.7');
    expect(await first.check()).toBe(false);
  });

  test('is not made anew all the time when the authority itself is about to end', async () => {
    const { load, pass } = await made();
    pass(7_290);
    const server = await load();
    expect((server.certificate.validToDate.getTime() - Date.now()) / DAY).toBeCloseTo(7_304, 0);
    expect(await server.check()).toBe(false);
  });

  test('is made anew when what was kept is damaged, and with the authority', async () => {
    const { load, dataDirectory } = await made();
    const { fingerprint256 } = (await load()).certificate;
    writeFileSync(join(dataDirectory, 'server.crt'), 'nothing');
    const again = await load();
    expect(again.certificate.fingerprint256).not.toBe(fingerprint256);
    for (const name of ['authority.key', 'authority.crt']) rmSync(join(dataDirectory, name));
    const other = await Authority.open({ dataDirectory, keyFile: undefined, certificateFile: undefined });
    const place = { dataDirectory, keyFile: undefined, certificateFile: undefined };
    const fresh = await ServerCertificate.load({ ...place, authority: other, names: () => NAMES });
    expect(readFileSync(join(dataDirectory, 'server.crt'), 'utf8')).toContain(other.pem);
    expect(fresh.certificate.verify(again.certificate.publicKey)).toBe(false);
  });
});

test('a server is known by the host of its public URL, and by what this machine is called', () => {
  expect(serverNames('https://flownexus.example:8443/').names[0]).toBe('flownexus.example');
  expect(serverNames('http://[2001:db8::1]/').addresses).toContain('2001:db8::1');
  expect(serverNames('http://192.0.2.1/')).toMatchObject({ addresses: expect.arrayContaining(['192.0.2.1', '127.0.0.1', '::1']) as string[] }); // prettier-ignore
  expect(serverNames(undefined).names).toContain('localhost');
});

test('files are shown as they are, and taken anew when they change', async () => {
  const paths = files({ key: own.privateKeyPem, cert: own.pem, ca: authority.pem });
  const { key = '', cert = '', ca = '' } = paths;
  const { certificates, call } = await opened({
    coapsKeyFile: key,
    coapsCertificateFile: cert,
    coapsAuthoritiesFile: ca,
  });
  expect(certificates.ownCredential()).toMatchObject({ chain: [own.der], rawPublicKey: own.publicKey });
  const before = certificates.roots();
  expect(before.slice(1)).toEqual([authority.der]);
  const reload = () => call('POST', '/api/v1/certificates/reload');
  expect(await reload()).toMatchObject({ status: 200, body: { changed: false, source: 'file', pem: own.pem } });
  expect(certificates.roots()).toBe(before);

  writeFileSync(cert, renewed.pem);
  const other = testCertificate({ commonName: 'another', authority: true });
  writeFileSync(ca, `${authority.pem}${other.pem}`);
  expect(await reload()).toMatchObject({ status: 200, body: { changed: true, pem: renewed.pem } });
  expect(certificates.ownCredential()).toMatchObject({ chain: [renewed.der] });
  expect(certificates.roots().slice(1)).toEqual([authority.der, other.der]);
  expect((await call('GET', '/api/v1/certificates/roots')).body).toMatchObject({
    items: [{ source: 'file' }, { subject: 'CN=another' }],
  });
  expect((await call('GET', '/api/v1/certificates/server')).body).toMatchObject({
    subject: 'CN=server',
    pem: renewed.pem,
  });
});

test('a bad file keeps what was before, and is told once', async () => {
  const { key = '', cert = '', ca = '' } = files({ key: own.privateKeyPem, cert: own.pem, ca: authority.pem });
  const { certificates, call, warnings } = await opened({
    coapsKeyFile: key,
    coapsCertificateFile: cert,
    coapsAuthoritiesFile: ca,
  });
  const reload = () => call('POST', '/api/v1/certificates/reload');
  writeFileSync(cert, authority.pem);
  writeFileSync(ca, 'nothing');
  const reason = 'FLOWNEXUS_COAPS_KEY and FLOWNEXUS_COAPS_CERT can not be used: the certificate does not belong to the private key; FLOWNEXUS_COAPS_CA can not be used: there is no certificate in it'; // prettier-ignore
  for (let time = 1; time <= 2; time += 1)
    expect(await reload()).toMatchObject({ status: 422, body: { detail: reason } });
  expect(warnings).toEqual([reason]);
  expect(certificates.ownCredential()).toMatchObject({ chain: [own.der] });
  expect(certificates.roots().slice(1)).toEqual([authority.der]);
  rmSync(key);
  expect(await reload()).toMatchObject({ status: 422, body: { detail: expect.stringMatching(/^FLOWNEXUS_COAPS_KEY .* can not be read: ENOENT/) as string } }); // prettier-ignore
  writeFileSync(key, own.privateKeyPem);
  writeFileSync(cert, renewed.pem);
  writeFileSync(ca, authority.pem);
  expect(await reload()).toMatchObject({ status: 200, body: { changed: true } });
});

test('a key without a certificate gets one of our authority', async () => {
  const { key = '' } = files({ key: own.privateKeyPem });
  const { certificates, call } = await opened({ coapsKeyFile: key });
  expect(certificates.ownCredential()).toMatchObject({ rawPublicKey: own.publicKey });
  expect(certificates.ownCredential().chain).toHaveLength(1);
  expect((await call('GET', '/api/v1/certificates/server')).body).toMatchObject({ source: 'authority' });
  expect(() => loadCredential({ privateKey: readFileSync(key) })).not.toThrow();
});

test.each([
  ['a certificate without its key', { coapsCertificateFile: 'cert' }, /^FLOWNEXUS_COAPS_CERT needs its key: FLOWNEXUS_COAPS_KEY$/],
  ['a key that is not there', { coapsKeyFile: 'missing' }, /^FLOWNEXUS_COAPS_KEY .*missing can not be read: ENOENT: no such file or directory$/],
  ['a folder for a key', { coapsKeyFile: '.' }, /^FLOWNEXUS_COAPS_KEY .* can not be read: EISDIR/],
  ['a key that is none', { coapsKeyFile: 'cert', coapsCertificateFile: 'cert' }, /^FLOWNEXUS_COAPS_KEY and FLOWNEXUS_COAPS_CERT can not be used: the private key can not be read/],
  ['a key alone that is none', { coapsKeyFile: 'cert' }, /^FLOWNEXUS_COAPS_KEY can not be used: the key is not PEM/],
  ['a certificate that is none', { coapsKeyFile: 'key', coapsCertificateFile: 'key' }, /^FLOWNEXUS_COAPS_KEY and FLOWNEXUS_COAPS_CERT can not be used: .*BEGIN CERTIFICATE/],
  ['the certificate of another key', { coapsKeyFile: 'key', coapsCertificateFile: 'ca' }, /does not belong to the private key$/],
  ['authorities that are none', { coapsAuthoritiesFile: 'key' }, /^FLOWNEXUS_COAPS_CA can not be used: there is no certificate in it$/],
])('%s is said in words', async (_name, named, message) => {
  const there = files({ key: own.privateKeyPem, cert: own.pem, ca: authority.pem });
  const directory = temporaryDirectory();
  const paths = Object.entries(named).map(([name, file]) => [name, there[file] ?? join(directory, file)] as const);
  const opening = opened(Object.fromEntries(paths));
  await expect(opening).rejects.toThrow(StartError);
  await expect(opening).rejects.toThrow(message);
}); // prettier-ignore
