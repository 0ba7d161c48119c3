import { Code, CoapEndpoint } from '@flownexus/coap';
import type { Peer } from '@flownexus/datagram';
import { seededRandom } from '@flownexus/datagram/testing';
import { dtlsTransport, loadCredential, type DtlsServerOptions } from '@flownexus/dtls';
import { testCertificate } from '@flownexus/dtls/testing';
import { expect, test } from 'vitest';
import { BootstrapStage, serverAccount } from './bootstrap-stage.ts';

const KEY = new TextEncoder().encode('sixteen byte key');
const authority = testCertificate({ commonName: 'authority', authority: true });
const ofServer = testCertificate({ commonName: 'server', issuer: authority, names: ['server.example.com'] });
const ofOther = testCertificate({ commonName: 'other', issuer: authority });
const ofDevice = testCertificate({ commonName: 'device', issuer: authority });
const privateKey = ofDevice.privateKey.export({ format: 'der', type: 'pkcs8' });
const credential = loadCredential({ privateKey: ofServer.privateKey, certificate: ofServer.der, rawPublicKey: true });
const byCertificate: DtlsServerOptions = { credential, x509: { roots: [authority.der] } };
const byPublicKey: DtlsServerOptions = { credential, rawPublicKey: () => true };

const account = serverAccount(1, 1, 'coaps://10.0.0.8:5684');
const certificate = { ...account, '/0/1/2': 2, '/0/1/3': ofDevice.der, '/0/1/4': ofServer.der, '/0/1/5': privateKey };
const publicKey = {
  ...account,
  '/0/1/2': 1,
  '/0/1/3': ofDevice.publicKey,
  '/0/1/4': ofServer.publicKey,
  '/0/1/5': privateKey,
};

/** A device with the account, and a server behind this DTLS: who has registered there, or the first trouble. */
async function registering(contents: typeof account, server: DtlsServerOptions): Promise<Peer['identity'] | string> {
  const stage = await BootstrapStage.open(contents);
  const { clock, network } = stage;
  const peers: Peer[] = [];
  const coap = new CoapEndpoint({
    transport: dtlsTransport({
      transport: network.transport({ host: '10.0.0.8', port: 5684 }),
      clock,
      random: seededRandom(8),
      server,
    }),
    clock,
    random: seededRandom(9),
    onRequest: ({ peer, method }) => {
      peers.push(peer);
      return method === Code.DELETE ? { code: Code.DELETED } : { code: Code.CREATED, locationPath: ['rd', 'r'] };
    },
  });
  await coap.open();
  stage.device.start().catch(() => undefined);
  await stage.pass(5);
  await clock.runUntil(stage.device.close());
  await coap.close();
  return peers[0]?.identity ?? stage.troubles[0] ?? 'nothing';
}

test('a pre-shared key', async () => {
  const contents = { ...account, '/0/1/2': 0, '/0/1/3': new TextEncoder().encode('of the device'), '/0/1/5': KEY };
  const identity = await registering(contents, { psk: (name) => (name === 'of the device' ? KEY : undefined) });
  expect(identity).toEqual({ kind: 'psk', identity: 'of the device' });
});

test('a raw public key', async () => {
  expect(await registering(publicKey, byPublicKey)).toEqual({ kind: 'rpk', publicKey: ofDevice.publicKey });
});

test('a server with another public key is none', async () => {
  const contents = { ...publicKey, '/0/1/4': ofOther.publicKey };
  expect(await registering(contents, byPublicKey)).toMatch(/^1: .*public key/);
});

test('a certificate, and that of the server itself', async () => {
  expect(await registering(certificate, byCertificate)).toMatchObject({ kind: 'x509', commonName: 'device' });
});

test('a server with another certificate is none, though it be from the same authority', async () => {
  expect(await registering({ ...certificate, '/0/1/4': ofOther.der }, byCertificate)).toMatch(/^1: .*certificate/);
});

test('by an authority (certificate usage 2) the certificate has to be of the name that is asked for', async () => {
  const byAuthority = { ...certificate, '/0/1/4': authority.der, '/0/1/15': 2 };
  expect(await registering({ ...byAuthority, '/0/1/14': 'server.example.com' }, byCertificate)).toMatchObject({
    kind: 'x509',
  });
  expect(await registering({ ...byAuthority, '/0/1/14': 'other.example.com' }, byCertificate)).toMatch(
    /^1: .*asked for/,
  );
});

test('an authority where the certificate of the server has to be (certificate usage 3) is not enough', async () => {
  const contents = { ...certificate, '/0/1/4': authority.der, '/0/1/14': 'server.example.com' };
  expect(await registering(contents, byCertificate)).toMatch(/^1: /);
});
