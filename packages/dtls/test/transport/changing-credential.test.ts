import { expect, test } from 'vitest';
import { type DtlsClientOptions, loadCredential, type OwnCredential, type X509Roots } from '../../src/index.ts';
import { testCertificate, type TestCertificate } from '../../src/testing/index.ts';
import { KEY, type Party, World } from './world.ts';

const first = testCertificate({ commonName: 'first authority', authority: true });
const second = testCertificate({ commonName: 'second authority', authority: true });
const ours = (issuer: TestCertificate): OwnCredential => credential(testCertificate({ names: ['localhost'], issuer }));
const device = (issuer: TestCertificate): OwnCredential => credential(testCertificate({ commonName: 'dev1', issuer }));

function credential({ privateKey, der }: TestCertificate): OwnCredential {
  return loadCredential({ privateKey, certificate: der });
}

let clients = 0;

/** Whether a client with these options comes to an association with the server, and the name that it was acknowledged by. */
async function connects(world: World, server: Party, options: DtlsClientOptions): Promise<boolean> {
  clients += 1;
  const client = await world.party(`10.0.2.${clients}`, 40_000, { client: options, limits: { handshakeMs: 2_000 } });
  const before = server.associations.length;
  await world.connect(client, server, 'localhost').catch(() => undefined);
  await world.pass();
  return server.associations.length > before;
}

test('a server that renews its certificate shows the present one in each handshake', async () => {
  const world = new World();
  let own: OwnCredential | undefined = ours(first);
  const server = await world.party('localhost', 5684, {
    server: { credential: () => own, choosesByServerName: false, x509: { roots: [first.der] }, psk: () => KEY },
  });
  const trusting = (root: TestCertificate): DtlsClientOptions => ({
    credential: device(first),
    x509: { roots: [root.der] },
  });
  expect(await connects(world, server, trusting(first))).toBe(true);
  own = ours(second);
  expect(await connects(world, server, trusting(first))).toBe(false);
  expect(await connects(world, server, trusting(second))).toBe(true);
  own = undefined;
  expect(await connects(world, server, trusting(second))).toBe(false);
  expect(await connects(world, server, { psk: { identity: 'dev1', key: KEY } })).toBe(true);
});

test('a server whose roots change takes the certificates of those that it has at present', async () => {
  const world = new World();
  let roots: X509Roots = [first.der];
  const server = await world.party('localhost', 5684, {
    server: { credential: ours(first), x509: { roots: () => roots } },
  });
  const of = (issuer: TestCertificate): DtlsClientOptions => ({
    credential: device(issuer),
    x509: { roots: [first.der] },
  });
  expect(await connects(world, server, of(second))).toBe(false);
  roots = [first.der, second.der];
  expect(await connects(world, server, of(second))).toBe(true);
  roots = [second.der];
  expect(await connects(world, server, of(first))).toBe(false);
  expect(server.errors).toEqual([]);
});

test('roots that can not be used are told once, and those before hold', async () => {
  const world = new World();
  let roots: X509Roots = [first.der];
  const server = await world.party('localhost', 5684, {
    server: { credential: ours(first), x509: { roots: () => roots } },
  });
  roots = [Uint8Array.of(0x30, 0)];
  const options = { credential: device(first), x509: { roots: [first.der] } };
  expect(await connects(world, server, options)).toBe(true);
  expect(await connects(world, server, options)).toBe(true);
  expect(server.errors).toMatchObject([{ context: 'roots', error: { code: 'ERR_DTLS_CREDENTIAL' } }]);
  roots = [second.der];
  expect(await connects(world, server, options)).toBe(false);
});

test('roots of a function that can not be used at first are an error', () => {
  const world = new World();
  const server = { credential: ours(first), x509: { roots: () => ['no certificate'] } };
  expect(() => world.prepare('localhost', 5684, { server })).toThrow(/roots\[0\] can not be used/);
});
