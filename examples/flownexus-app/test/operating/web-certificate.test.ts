import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { type PeerCertificate, TLSSocket } from 'node:tls';
import { testCertificate, type TestCertificate } from '@flownexus/dtls/testing';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { startHttpServer } from '../../src/http/http-server.ts';
import { WebCertificate } from '../../src/operating/web-certificate.ts';
import { StartError } from '../../src/start-error.ts';
import { temporaryDirectory } from '../support/test-database.ts';

const authority = testCertificate({ commonName: 'authority', authority: true });
const certificateFor = (commonName: string): TestCertificate => testCertificate({ commonName, issuer: authority, addresses: ['127.0.0.1'] }); // prettier-ignore

function files(own = certificateFor('one')) {
  const directory = temporaryDirectory();
  const config = { httpsKeyFile: join(directory, 'key.pem'), httpsCertificateFile: join(directory, 'cert.pem') };
  const write = ({ privateKeyPem, pem }: TestCertificate): void => {
    writeFileSync(config.httpsKeyFile, privateKeyPem);
    writeFileSync(config.httpsCertificateFile, pem);
  };
  write(own);
  return { config, write };
}

function testLog() {
  const lines: string[] = [];
  return { lines, log: pino({ level: 'info' }, { write: (line: string) => void lines.push(line) }) };
}

/** Asks over TLS; gives whom the server says it is. */
function ask(
  url: string,
  options: object = {},
): Promise<{ text: string; peer: PeerCertificate; protocol: string | null }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { ca: authority.pem, agent: false, ...options }, (response) => {
      const { socket } = response;
      if (!(socket instanceof TLSSocket)) throw new Error('not over TLS');
      const [peer, protocol] = [socket.getPeerCertificate(), socket.getProtocol()];
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ text, peer, protocol }));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

async function serve(config: ReturnType<typeof files>['config']) {
  const { log, lines } = testLog();
  const certificate = WebCertificate.open(config, log);
  if (certificate === undefined) throw new Error('no certificate');
  const server = await startHttpServer((_, response) => void response.end('hello'), '127.0.0.1', 0, { certificate });
  onTestFinished(() => server.stop());
  return { url: server.url, certificate, lines };
}

test('the web port serves over TLS 1.2 and later', async () => {
  const { url } = await serve(files().config);
  expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/$/);
  expect(await ask(url)).toMatchObject({ text: 'hello', peer: { subject: { CN: 'one' } }, protocol: 'TLSv1.3' });
  expect(await ask(url, { maxVersion: 'TLSv1.2' })).toMatchObject({ protocol: 'TLSv1.2' });
  await expect(ask(url, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' })).rejects.toThrow();
  await expect(ask(url, { ca: certificateFor('other').pem })).rejects.toThrow();
});

test('another certificate is taken without a restart, and a bad one is not', async () => {
  const { config, write } = files();
  const { url, certificate, lines } = await serve(config);
  write(certificateFor('two'));
  certificate.reload();
  expect((await ask(url)).peer.subject.CN).toBe('two');
  // Half exchanged: they do not belong together yet.
  const three = certificateFor('three');
  writeFileSync(config.httpsCertificateFile, three.pem);
  certificate.reload();
  certificate.reload();
  expect((await ask(url)).peer.subject.CN).toBe('two');
  expect(lines.filter((line) => line.includes('stays as it was: FLOWNEXUS_HTTPS_KEY and FLOWNEXUS_HTTPS_CERT can not be used'))).toHaveLength(1);
  writeFileSync(config.httpsKeyFile, three.privateKeyPem);
  certificate.reload();
  expect((await ask(url)).peer.subject.CN).toBe('three');
}); // prettier-ignore

test('files that can not be used at the start are told in one line', () => {
  const { log } = testLog();
  const { config } = files();
  const open = (changes: object): unknown => WebCertificate.open({ ...config, ...changes }, log);
  expect(WebCertificate.open({ httpsKeyFile: undefined, httpsCertificateFile: undefined }, log)).toBeUndefined();
  expect(() => open({ httpsKeyFile: undefined })).toThrow('FLOWNEXUS_HTTPS_CERT needs its key: FLOWNEXUS_HTTPS_KEY');
  expect(() => open({ httpsCertificateFile: undefined })).toThrow('needs its certificate: FLOWNEXUS_HTTPS_CERT');
  expect(() => open({ httpsKeyFile: '/not/there' })).toThrow('FLOWNEXUS_HTTPS_KEY /not/there can not be read: ENOENT');
  expect(() => open({ httpsKeyFile: config.httpsCertificateFile })).toThrow(StartError);
  writeFileSync(config.httpsKeyFile, certificateFor('other').privateKeyPem);
  expect(() => open({})).toThrow('FLOWNEXUS_HTTPS_KEY and FLOWNEXUS_HTTPS_CERT can not be used');
});
