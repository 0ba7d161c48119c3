import type { PeerIdentity } from '@flownexus/datagram';
import { seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CIPHER_SUITES } from '../../src/cipher-suites.ts';
import type { ResumableSession } from '../../src/handshake/machine.ts';
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import { serverResumption } from '../../src/resumption/server-resumption.ts';
import { credentials, identityOf, meet, type Meeting } from '../support/machine-meeting.ts';
import type { TestCredential } from '../support/test-client-talk.ts';

const encoder = new TextEncoder();
const cid = fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined });
const suites = fc.shuffledSubarray([...CIPHER_SUITES], { minLength: 4 });
const certificateTypes = fc.shuffledSubarray([0, 2]);

/** A credential of which a chain, a raw public key, or both are shown; `undefined` for none. */
const credentialOf = (...names: (keyof typeof credentials)[]): fc.Arbitrary<TestCredential | undefined> =>
  fc
    .record({ name: fc.constantFrom('none', ...names), shown: fc.constantFrom('chain', 'raw', 'both') })
    .map(({ name, shown }) =>
      name === 'none'
        ? undefined
        : {
            ...credentials[name],
            chain: shown === 'raw' ? undefined : credentials[name].chain,
            rawPublicKey: shown === 'chain' ? undefined : credentials[name].rawPublicKey,
          },
    );

const clientSide = fc.record({
  suites,
  identity: fc.constantFrom('dev1', 'dev1', 'dev2', 'nobody', undefined),
  credential: credentialOf('device', 'device', 'deviceP384', 'stranger'),
  serverCertificateTypes: certificateTypes,
  serverName: fc.constantFrom(undefined, 'a.example', 'b.example'),
  tickets: fc.boolean(),
  localCid: cid,
  requireExtendedMasterSecret: fc.boolean(),
  maxFragmentLength: fc.constantFrom(undefined, 1, 2, 3, 4),
});

const serverSide = fc.record({
  suites,
  psk: fc.boolean(),
  credential: credentialOf('server', 'server', 'serverP384', 'stranger'),
  pskIdentityHint: fc.constantFrom(undefined, encoder.encode('hint')),
  clientCertificates: fc.constantFrom('none', 'required'),
  clientCertificateTypes: certificateTypes,
  localCid: cid,
  requireExtendedMasterSecret: fc.boolean(),
  hideUnknownIdentities: fc.boolean(),
});

type ClientSide = typeof clientSide extends fc.Arbitrary<infer T> ? T : never;
type ServerSide = typeof serverSide extends fc.Arbitrary<infer T> ? T : never;

/** Both sides as drawn. The key of the client is that of `dev1`, whatever it calls itself. */
function meetAs(
  client: ClientSide,
  server: ServerSide,
  more: { cookie: boolean; seed: number; resumption: ReturnType<typeof serverResumption>; session?: ResumableSession },
): Meeting {
  const { identity, ...clientRest } = client;
  const { credential, localCid, ...serverRest } = server;
  return meet({
    cookie: more.cookie,
    client: {
      ...clientRest,
      random: seededRandom(more.seed),
      pskIdentity: identity === undefined ? undefined : () => encoder.encode(identity),
      session: more.session,
    },
    server: {
      ...serverRest,
      random: seededRandom(more.seed + 1),
      credentialFor: () => credential,
      localCid: () => localCid,
      resumption: more.resumption,
    },
  });
}

/** Whether two sides that never met have to connect, from what they are made of alone. */
function belongTogether(client: ClientSide, server: ServerSide): boolean {
  const x509Alone = [0];
  const typesOf = (own: TestCredential | undefined): number[] => [
    ...(own?.rawPublicKey === undefined ? [] : [2]),
    ...(own?.chain === undefined ? [] : [0]),
  ];
  const isKnown = (own: TestCredential | undefined): boolean =>
    own !== undefined && own.privateKey !== credentials.stranger.privateKey;
  const ownTypes = typesOf(client.credential);
  // RFC 7250 §4.1: who does not name a raw public key shows, and accepts, X.509.
  const shown = ownTypes.includes(2) ? ownTypes : x509Alone;
  const asked = shown.find((type) => server.clientCertificateTypes.includes(type));
  const demanded = server.clientCertificates === 'required';
  for (const { id, keyExchange } of server.suites) {
    if (!client.suites.some((suite) => suite.id === id)) continue;
    if (keyExchange !== 'ecdhe_ecdsa') {
      if (server.psk && client.identity !== undefined) return client.identity === 'dev1';
      continue;
    }
    const accepted = client.serverCertificateTypes;
    if (!accepted.some((type) => typesOf(server.credential).includes(type))) continue;
    if (demanded && asked === undefined) continue;
    const isClientKnown = !demanded || (isKnown(client.credential) && ownTypes.includes(asked ?? 0));
    return isKnown(server.credential) && isClientKnown;
  }
  return false;
}

function expectAgreement({ client, server }: Meeting): void {
  const facts = ({ connection }: Meeting['client']): unknown => ({
    suite: connection?.suite.name,
    keys: connection?.keys,
    masterSecret: connection?.masterSecret,
    clientRandom: connection?.clientRandom,
    serverName: connection?.serverName,
    maxPlaintext: connection?.maxPlaintext,
    resumed: connection?.resumed,
  });
  expect(facts(client)).toEqual(facts(server));
  expect(client.connection?.localCid).toEqual(server.connection?.peerCid);
  expect(client.connection?.peerCid).toEqual(server.connection?.localCid);
}

/** One side has told the other why, and nobody believes in a connection. */
function expectRefusal({ client, server }: Meeting): void {
  expect([client.connection, server.connection]).toEqual([undefined, undefined]);
  const errors = [client.error, server.error].filter((error) => error !== undefined);
  expect(errors).toHaveLength(1);
  // A client that has nothing to offer has nobody to tell.
  if (client.flights.length > 0) expect(errors[0]?.alert).toBeDefined();
  // Whatever the reason is, it is none of the faults that a machine turns into an error.
  expect(errors[0]?.alert).not.toBe('internal_error');
  expect(errors[0]?.cause).toBeUndefined();
}

/** Who a side may be for the other: by the key exchange, what it has and what it shows. */
function possibleIdentities(
  keyExchange: string | undefined,
  credential: TestCredential | undefined,
  mayBeAnonymous: boolean,
): PeerIdentity[] {
  if (keyExchange !== 'ecdhe_ecdsa') return [{ kind: 'psk', identity: 'dev1' }];
  if (mayBeAnonymous) return [{ kind: 'anonymous' }];
  if (credential === undefined || credential.privateKey === credentials.stranger.privateKey) return [];
  const identities: PeerIdentity[] = [];
  if (credential.chain !== undefined) identities.push(identityOf(credential, 'x509'));
  if (credential.rawPublicKey !== undefined) identities.push(identityOf(credential, 'rpk'));
  return identities;
}

function expectIdentities({ client, server }: Meeting, drawn: { client: ClientSide; server: ServerSide }): void {
  const keyExchange = client.connection?.suite.keyExchange;
  const anonymous = drawn.server.clientCertificates === 'none';
  expect(possibleIdentities(keyExchange, drawn.client.credential, anonymous)).toContainEqual(
    server.connection?.identity,
  );
  expect(possibleIdentities(keyExchange, drawn.server.credential, false)).toContainEqual(client.connection?.identity);
}

test('whatever both sides are made of, they connect and agree, or one refuses and tells why', () => {
  const outcomes = { connected: 0, refused: 0, resumed: 0 };
  fc.assert(
    fc.property(
      clientSide,
      serverSide,
      clientSide,
      fc.record({
        cookie: fc.boolean(),
        seed: fc.nat(1_000_000),
        sessionIds: fc.boolean(),
        tickets: fc.boolean(),
        sameAgain: fc.boolean(),
      }),
      (client, server, otherClient, how) => {
        const { cookie, seed, sessionIds, tickets } = how;
        const resumption = serverResumption({
          clock: new VirtualClock(),
          random: seededRandom(seed + 7),
          limits: DEFAULT_LIMITS,
          sessionIds,
          tickets,
        });
        const first = meetAs(client, server, { cookie, seed, resumption });
        const session = first.client.connection?.resumable;
        expect(first.client.connection !== undefined).toBe(belongTogether(client, server));
        if (first.client.connection === undefined) {
          outcomes.refused += 1;
          expectRefusal(first);
          return;
        }
        outcomes.connected += 1;
        expectAgreement(first);
        expectIdentities(first, { client, server });
        expect(first.client.connection.resumed).toBe(false);
        if (session === undefined) {
          expect(sessionIds || (tickets && client.tickets)).toBe(false);
          return;
        }
        const again = how.sameAgain ? client : otherClient;
        const second = meetAs(again, server, { cookie, seed: seed + 100, resumption, session });
        if (second.client.connection === undefined) {
          expect(how.sameAgain).toBe(false);
          expectRefusal(second);
          return;
        }
        expectAgreement(second);
        if (how.sameAgain) expect(second.client.connection.resumed).toBe(true);
        if (!second.client.connection.resumed) {
          expectIdentities(second, { client: again, server });
          return;
        }
        outcomes.resumed += 1;
        expect(second.client.connection.identity).toEqual(first.client.connection.identity);
        expect(second.server.connection?.identity).toEqual(first.server.connection?.identity);
        expect(second.client.connection.masterSecret).toEqual(first.client.connection.masterSecret);
        expect(second.client.connection.keys.block).not.toEqual(first.client.connection.keys.block);
      },
    ),
    { numRuns: 300 },
  );
  // All ways out have been taken.
  expect(outcomes.connected).toBeGreaterThan(10);
  expect(outcomes.refused).toBeGreaterThan(10);
  expect(outcomes.resumed).toBeGreaterThan(5);
});
