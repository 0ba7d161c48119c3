import { describe, expect, test, vi } from 'vitest';
import {
  loadCredential,
  type DtlsClientOptions,
  type DtlsServerOptions,
  type ResumableSession,
} from '../../src/index.ts';
import { testCertificate } from '../../src/testing/index.ts';
import { KEY, type Party, World } from '../transport/world.ts';

const root = testCertificate({ commonName: 'root', authority: true });
const trust = { x509: { roots: [root.der] } };
const serverFor = (...names: readonly string[]): DtlsServerOptions => {
  const { privateKey, der } = testCertificate({ commonName: 'server', issuer: root, names });
  return { credential: loadCredential({ privateKey, certificate: der }), anonymousClients: true };
};

/** A server at 10.0.0.1, and a client for which every name has that address: the client's DNS may lie. */
async function world(server: DtlsServerOptions, client: DtlsClientOptions): Promise<{ world: World; client: Party }> {
  const world = new World();
  await world.party('10.0.0.1', 5684, { server });
  const party = await world.party('10.0.1.1', 40_000, { client });
  const connect = party.lower.connect.bind(party.lower);
  vi.spyOn(party.lower, 'connect').mockImplementation((_host, port) => connect('10.0.0.1', port));
  return { world, client: party };
}

const outcome = async (connecting: Promise<unknown>): Promise<unknown> =>
  connecting.then(
    () => 'connected',
    (error: unknown) => (error as { alert?: string }).alert,
  );

describe('two servers at one address (RFC 6125 §6, RFC 6066 §3)', () => {
  test('an association with one is not taken for one with the other', async () => {
    const { world: net, client } = await world(serverFor('one.example'), trust);
    const first = await net.clock.runUntil(client.transport.connect('one.example', 5684));
    expect(await net.clock.runUntil(outcome(client.transport.connect('two.example', 5684)))).toBe('bad_certificate');
    // That with the first one is none the worse for it.
    expect(await net.clock.runUntil(client.transport.connect('one.example', 5684))).toBe(first);
  });

  test('nor is a handshake that is under way', async () => {
    const { world: net, client } = await world(serverFor('one.example'), trust);
    const outcomes = ['one.example', 'two.example', 'one.example'].map((name) =>
      outcome(client.transport.connect(name, 5684)),
    );
    expect(await net.clock.runUntil(Promise.all(outcomes))).toEqual(['connected', 'bad_certificate', 'connected']);
    expect(client.associations).toHaveLength(1);
  });

  test('who waits for another handshake is told when the transport closes', async () => {
    const { world: net, client } = await world(serverFor('one.example'), trust);
    const connecting = ['one.example', 'two.example'].map((name) => client.transport.connect(name, 5684));
    const settled = Promise.allSettled(connecting);
    await Promise.resolve();
    await net.clock.runUntil(client.transport.close());
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  test('each has its own association when both are there', async () => {
    const { world: net, client } = await world(
      {
        credential: (name) => serverFor(name ?? '').credential as ReturnType<typeof loadCredential>,
        anonymousClients: true,
      },
      trust,
    );
    const first = await net.clock.runUntil(client.transport.connect('one.example', 5684));
    const second = await net.clock.runUntil(client.transport.connect('two.example', 5684));
    expect(second).not.toBe(first);
    expect(client.closed.map(({ peer }) => peer)).toEqual([first]);
  });

  test('one certificate with both names is one server', async () => {
    const { world: net, client } = await world(serverFor('one.example', 'two.example'), trust);
    const first = await net.clock.runUntil(client.transport.connect('one.example', 5684));
    expect(await net.clock.runUntil(client.transport.connect('two.example', 5684))).toBe(first);
  });

  test('a key is the same for all names', async () => {
    const { world: net, client } = await world({ psk: () => KEY }, { psk: { identity: 'dev1', key: KEY } });
    const first = await net.clock.runUntil(client.transport.connect('one.example', 5684));
    expect(await net.clock.runUntil(client.transport.connect('two.example', 5684))).toBe(first);
  });

  test('a session is not resumed with another address than that of its certificate', async () => {
    let session: ResumableSession | undefined;
    const server = serverFor('one.example');
    const pinned = { x509: { roots: [(server.credential as ReturnType<typeof loadCredential>).chain?.[0] ?? ''] } };
    const { world: net, client } = await world(server, { ...pinned, onResumable: (kept) => (session = kept) });
    await net.clock.runUntil(client.transport.connect('10.0.0.1', 5684));
    expect(session).toBeDefined();
    const later = await net.party('10.0.1.2', 40_000, { client: { ...trust, session: session! } });
    // As it is not pinned any more, it has to carry the address; a session that is resumed shows no certificate.
    expect(await net.clock.runUntil(outcome(later.transport.connect('10.0.0.1', 5684)))).toBe('bad_certificate');
  });
});
