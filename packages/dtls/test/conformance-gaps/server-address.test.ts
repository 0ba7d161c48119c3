import { describe, expect, test } from 'vitest';
import { loadCredential, type DtlsClientOptions } from '../../src/index.ts';
import { decodeClientHello } from '../../src/messages/client-hello.ts';
import { testCertificate, type TestCertificate } from '../../src/testing/index.ts';
import { World } from '../transport/world.ts';

const SUBJECT_ALT_NAME = '2.5.29.17';
const root = testCertificate({ commonName: 'root', authority: true });
/** For these IPv4 addresses (RFC 5280 §4.2.1.6). */
const withAddress = (...address: readonly number[]): TestCertificate =>
  testCertificate({
    commonName: 'server',
    issuer: root,
    extensions: [{ id: SUBJECT_ALT_NAME, critical: false, value: Uint8Array.of(0x30, 6, 0x87, 4, ...address) }],
  });
const withName = testCertificate({ commonName: 'server', issuer: root, names: ['lwm2m.example'] });

/** How it ends when a client connects to 10.0.0.1, where a server shows a certificate; and the name that the client has asked for. */
async function connect(certificate: TestCertificate, client: Partial<DtlsClientOptions> = {}) {
  const world = new World();
  const credential = loadCredential({ privateKey: certificate.privateKey, certificate: certificate.der });
  await world.party('10.0.0.1', 5684, { server: { credential, anonymousClients: true } });
  const party = await world.party('10.0.1.1', 40_000, { client: { x509: { roots: [root.der] }, ...client } });
  const connecting = world.clock.runUntil(party.transport.connect('10.0.0.1', 5684));
  const outcome = await connecting.then(
    () => 'connected',
    (error: unknown) => (error as { alert?: string }).alert,
  );
  const hello = world.network.log[0]?.bytes.subarray(25) ?? new Uint8Array(0);
  return { outcome, askedFor: decodeClientHello(hello).extensions.serverName };
}

describe('a client that connects to an address (RFC 7252 §9.1.3.3)', () => {
  test('takes a certificate that carries the address', async () => {
    expect(await connect(withAddress(10, 0, 0, 1))).toEqual({ outcome: 'connected', askedFor: undefined });
  });

  test.each([
    ['another address', withAddress(10, 0, 0, 2)],
    ['a name', withName],
    ['no name at all', testCertificate({ commonName: 'device', issuer: root })],
    ['the address as its common name', testCertificate({ commonName: '10.0.0.1', issuer: root })],
  ])('refuses one that carries %s', async (_what, certificate) => {
    expect(await connect(certificate)).toEqual({ outcome: 'bad_certificate', askedFor: undefined });
  });

  test('takes one that is pinned, whatever it carries', async () => {
    const roots = [withName.der];
    expect(await connect(withName, { x509: { roots } })).toMatchObject({ outcome: 'connected' });
  });

  test('takes one that carries the name that it is told, and asks for that', async () => {
    const serverName = 'lwm2m.example';
    expect(await connect(withName, { serverName })).toEqual({ outcome: 'connected', askedFor: serverName });
    expect(await connect(withName, { serverName: `${serverName}.` })).toMatchObject({ askedFor: serverName });
  });

  test('does not ask for an address that it is told (RFC 6066 §3)', async () => {
    const serverName = '192.0.2.7';
    expect(await connect(withAddress(192, 0, 2, 7), { serverName })).toEqual({
      outcome: 'connected',
      askedFor: undefined,
    });
    expect(await connect(withAddress(10, 0, 0, 1), { serverName })).toMatchObject({ outcome: 'bad_certificate' });
  });

  test('refuses what only looks like an address', async () => {
    expect(await connect(withAddress(10, 0, 0, 1), { serverName: '10.0.0.999' })).toMatchObject({
      outcome: 'bad_certificate',
    });
  });
});
