import { seededRandom } from '@flownexus/datagram/testing';
import { describe, expect, test } from 'vitest';
import type { DtlsTransportOptions, ResumableSession } from '../../src/index.ts';
import { credentialOf, pem, publicKeyOf } from './credentials.ts';
import { bytes, KEY, type Party, World } from './world.ts';

const roots = [pem('ca.crt')];
const sameKey = (name: string) => {
  const known = publicKeyOf(name);
  return (key: Uint8Array): boolean => Buffer.compare(key, known) === 0;
};

describe('our client and our server', () => {
  test('connect by a pre-shared key and exchange datagrams', async () => {
    const world = new World();
    const server = await world.server();
    const client = await world.client('dev1');
    const toServer = await world.connect(client, server);
    expect(toServer).toMatchObject({ host: '10.0.0.1', port: 5684, pathValidated: true });
    const toClient = await world.say(client, toServer, server, 'hello');
    expect(toClient).toMatchObject({
      host: '10.0.1.1',
      port: 40_000,
      identity: { kind: 'psk', identity: 'dev1' },
      pathValidated: true,
    });
    expect(toClient.key).toMatch(/^dtls:/);
    expect(toClient.key).not.toBe(toServer.key);
    expect(await world.say(server, toClient, client, 'welcome')).toBe(toServer);
    expect(server.associations).toEqual([toClient]);
    expect(client.associations).toEqual([toServer]);
  });

  test.each<[string, Pick<DtlsTransportOptions, 'server' | 'client'>, object, object]>([
    [
      'certificates',
      {
        server: { credential: credentialOf('server'), x509: { roots } },
        client: { credential: credentialOf('client'), x509: { roots } },
      },
      { kind: 'x509', commonName: 'dev1' },
      { kind: 'x509', commonName: 'localhost' },
    ],
    [
      'raw public keys',
      {
        server: { credential: credentialOf('server'), rawPublicKey: sameKey('client') },
        client: { credential: credentialOf('client'), rawPublicKey: sameKey('server') },
      },
      { kind: 'rpk', publicKey: publicKeyOf('client') },
      { kind: 'rpk', publicKey: publicKeyOf('server') },
    ],
    [
      'a certificate of the server alone',
      {
        server: { credential: () => credentialOf('server'), anonymousClients: true },
        client: { x509: { roots } },
      },
      { kind: 'anonymous' },
      { kind: 'x509', commonName: 'localhost' },
    ],
  ])('connect by %s', async (_name, options, ofClient, ofServer) => {
    const world = new World();
    const server = await world.party('localhost', 5684, { server: options.server! });
    const client = await world.party('10.0.1.1', 40_000, { client: options.client! });
    const toServer = await world.connect(client, server, 'localhost');
    const toClient = await world.say(client, toServer, server, 'hello');
    expect(toClient.identity).toMatchObject(ofClient);
    expect(toServer.identity).toMatchObject(ofServer);
  });

  test.each(['PSK_WITH_AES_128_CCM_8', 'PSK_WITH_AES_128_CBC_SHA256', 'ECDHE_PSK_WITH_AES_128_GCM_SHA256'])(
    'connect with %s',
    async (suite) => {
      const world = new World();
      const server = await world.server({ cipherSuites: [suite] });
      const client = await world.client('dev1', '10.0.1.1', { cipherSuites: [suite] });
      const toServer = await world.connect(client, server);
      const toClient = await world.say(client, toServer, server, 'hello');
      await world.say(server, toClient, client, 'hello');
      client.transport.send(toServer, new Uint8Array(client.transport.maxDatagramSize));
      await world.pass();
      expect(server.heard.datagrams.at(-1)?.bytes).toHaveLength(client.transport.maxDatagramSize);
    },
  );

  test('connect with Connection IDs in both directions, and both may move', async () => {
    const world = new World();
    const server = await world.server();
    const client = await world.client('dev1', '10.0.1.1', { client: { connectionIdLength: 6 } });
    const toServer = await world.connect(client, server);
    const toClient = await world.say(client, toServer, server, 'hello');
    server.lower.rebind('10.0.0.2', 5684);
    await world.say(server, toClient, client, 'I have moved');
    expect(toServer).toMatchObject({ host: '10.0.0.2', pathValidated: false });
    await world.say(client, toServer, server, 'all right');
  });

  test('and a Connection ID that the server does not take is free again', async () => {
    const world = new World();
    await world.server({ server: { psk: () => KEY, connectionIdLength: 0 } }, '10.0.0.1');
    const server = await world.server({}, '10.0.0.2');
    const random = seededRandom(7);
    const client = await world.client('dev1', '10.0.1.1', {
      client: { connectionIdLength: 1 },
      // There is but one Connection ID.
      random: { ...random, bytes: (length) => (length === 1 ? Uint8Array.of(7) : random.bytes(length)) },
    });
    await world.connect(client, server, '10.0.0.1');
    const toServer = await world.connect(client, server, '10.0.0.2');
    const toClient = await world.say(client, toServer, server, 'hello');
    await world.say(server, toClient, client, 'hello');
    expect(world.network.log.at(-1)?.bytes[0]).toBe(25);
  });

  test.each(['not-offered', 0] as const)('connect with connectionIdLength %s of the client', async (length) => {
    const world = new World();
    const server = await world.server();
    const client = await world.client('dev1', '10.0.1.1', { client: { connectionIdLength: length } });
    const toServer = await world.connect(client, server);
    await world.say(client, toServer, server, 'hello');
    expect(world.network.log.at(-1)?.bytes[0]).toBe(length === 0 ? 25 : 23);
  });

  test('may both be one transport', async () => {
    const world = new World();
    const [one, two] = await Promise.all(
      ['10.0.0.1', '10.0.0.2'].map((host) =>
        world.party(host, 5684, { server: { psk: () => KEY }, client: { psk: { identity: host, key: KEY } } }),
      ),
    );
    const toTwo = await world.connect(one!, two!, '10.0.0.2');
    const toOne = await world.say(one!, toTwo, two!, 'hello');
    await world.say(two!, toOne, one!, 'hello yourself');
  });

  test('take each other although datagrams get lost, double and overtake each other', async () => {
    const world = new World();
    const server = await world.server();
    let count = 0;
    world.network.rule = () => ((count += 1) % 3 === 0 ? 'drop' : { copies: 2, delayMs: (count * 37) % 50 });
    for (let index = 1; index <= 5; index += 1) {
      const client = await world.client(`dev${index}`, `10.0.1.${index}`);
      await world.connect(client, server);
    }
    expect(server.transport.statistics).toMatchObject({ associations: 5, handshakes: 0 });
  });
});

describe('connect', () => {
  test('twice at the same time makes one association, and later gives the one there is', async () => {
    const world = new World();
    const server = await world.server();
    const client = await world.client('dev1');
    const [first, second] = await world.clock.runUntil(
      Promise.all([client.transport.connect('10.0.0.1', 5684), client.transport.connect('10.0.0.1', 5684)]),
    );
    expect(first).toBe(second);
    expect(await world.connect(client, server)).toBe(first);
    expect(client.transport.statistics.handshakesStarted).toBe(1);
  });

  test('rejects when nobody answers', async () => {
    const world = new World();
    const client = await world.client('dev1', '10.0.1.1', { limits: { handshakeMs: 20_000 } });
    await expect(world.clock.runUntil(client.transport.connect('10.0.0.9', 5684))).rejects.toMatchObject({
      code: 'ERR_DTLS_TIMEOUT',
    });
    expect(client.failures).toMatchObject([{ host: '10.0.0.9', port: 5684, role: 'client' }]);
    expect(client.transport.statistics).toMatchObject({ handshakes: 0, handshakesFailed: 1 });
    expect(world.clock.pendingTimers).toBe(0);
  });

  test('rejects with what the server said when it has another key; its operator gets the claimed identity', async () => {
    const world = new World();
    const server = await world.server({ server: { psk: () => bytes('another key') } });
    const client = await world.client('dev1');
    const connecting = client.transport.connect('10.0.0.1', 5684);
    await expect(world.clock.runUntil(connecting)).rejects.toThrow('the peer had said, without proof: bad_record_mac');
    expect(server.failures).toMatchObject([
      {
        host: '10.0.1.1',
        port: 40_000,
        role: 'server',
        claimedIdentity: 'dev1',
        reason: { code: 'ERR_DTLS_AUTHENTICATION' },
      },
    ]);
    expect(server.transport.statistics).toMatchObject({ associations: 0, handshakesFailed: 1, alertsSent: 1 });
    expect(server.transport.statistics.handshakes).toBe(0);
  });

  test('rejects a server whose certificate has another name, and one that is not trusted', async () => {
    const world = new World();
    const server = { credential: credentialOf('server'), anonymousClients: true };
    await world.party('example.org', 5684, { server });
    await world.party('localhost', 5684, { server: { ...server, credential: credentialOf('stranger') } });
    const client = await world.party('10.0.1.1', 40_000, { client: { x509: { roots } } });
    for (const host of ['example.org', 'localhost']) {
      await expect(world.clock.runUntil(client.transport.connect(host, 5684))).rejects.toMatchObject({
        code: 'ERR_DTLS_AUTHENTICATION',
      });
    }
  });

  test('by a client whose certificate is not trusted is reported with its common name', async () => {
    const world = new World();
    const server = await world.party('localhost', 5684, {
      server: { credential: credentialOf('server'), x509: { roots } },
    });
    const client = await world.party('10.0.1.1', 40_000, {
      client: { credential: credentialOf('stranger'), x509: { roots } },
    });
    await expect(world.connect(client, server, 'localhost')).rejects.toThrow('the peer had said, without proof');
    expect(server.failures[0]?.claimedIdentity).toBe('dev1');
    expect(server.failures[0]?.reason).toMatchObject({ code: 'ERR_DTLS_AUTHENTICATION' });
  });

  test('rejects beyond the bound of handshakes', async () => {
    const world = new World();
    const client = await world.client('dev1', '10.0.1.1', { limits: { handshakes: 2 } });
    const connecting = ['10.0.0.7', '10.0.0.8'].map((host) => client.transport.connect(host, 5684));
    for (const one of connecting) one.catch(() => {});
    await expect(client.transport.connect('10.0.0.9', 5684)).rejects.toMatchObject({ code: 'ERR_DTLS_LIMIT' });
    expect(client.transport.statistics).toMatchObject({ handshakes: 2, limits: 1 });
    const server = await world.server({}, '10.0.0.9');
    await expect(Promise.allSettled(connecting.map((one) => world.clock.runUntil(one)))).resolves.toHaveLength(2);
    await world.connect(client, server, '10.0.0.9');
  });

  test('to two names of one address verifies each of them', async () => {
    const world = new World();
    const server = await world.party('localhost', 5684, {
      server: { credential: credentialOf('server'), anonymousClients: true },
    });
    const client = await world.party('10.0.1.1', 40_000, { client: { x509: { roots } } });
    // The other name leads to the same place.
    const connect = client.lower.connect.bind(client.lower);
    client.lower.connect = (_host, port) => connect('localhost', port);
    const both = Promise.allSettled([
      client.transport.connect('localhost', 5684),
      client.transport.connect('example.org', 5684),
    ]);
    const outcomes = await world.clock.runUntil(both);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    await world.connect(client, server, 'localhost');
    expect(client.transport.statistics).toMatchObject({ handshakesStarted: 2, associations: 1 });
    await expect(world.connect(client, server, 'example.org')).rejects.toMatchObject({
      code: 'ERR_DTLS_AUTHENTICATION',
    });
    expect(client.transport.statistics).toMatchObject({ handshakesStarted: 3, associations: 1 });
  });

  test('without client options is a mistake, and server options are needed to be connected to', async () => {
    const world = new World();
    const server = await world.server();
    await expect(server.transport.connect('10.0.0.2', 5684)).rejects.toThrow(TypeError);
    const other = await world.client('dev2', '10.0.0.2');
    const client = await world.client('dev1', '10.0.1.1', { limits: { handshakeMs: 1_000 } });
    await expect(world.clock.runUntil(client.transport.connect('10.0.0.2', 40_000))).rejects.toMatchObject({
      code: 'ERR_DTLS_TIMEOUT',
    });
    expect(other.transport.statistics).toMatchObject({ helloVerifyRequests: 0, handshakesStarted: 0 });
  });

  test('while two transports connect to each other ends for both', async () => {
    const world = new World();
    const options = (name: string) => ({
      server: { psk: () => KEY },
      client: { psk: { identity: name, key: KEY } },
      limits: { handshakeMs: 5_000 },
    });
    const one = await world.party('10.0.0.1', 5684, options('one'));
    const two = await world.party('10.0.0.2', 5684, options('two'));
    const both = Promise.allSettled([one.transport.connect('10.0.0.2', 5684), two.transport.connect('10.0.0.1', 5684)]);
    const outcomes = await world.clock.runUntil(both);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect([one, two].map(({ transport }) => transport.statistics.handshakes)).toEqual([0, 0]);
  });
});

describe('a session', () => {
  test('is resumed by the same transport when it connects again', async () => {
    const world = new World();
    const server = await world.server();
    const client = await world.client('dev1');
    await world.say(client, await world.connect(client, server), server, 'hello');
    server.transport.disconnect(server.associations[0]!, 'restart');
    await world.pass();
    // `disconnect` revokes: the server takes no session from before.
    await world.say(client, await world.connect(client, server), server, 'again');
    expect(server.transport.statistics.handshakesResumed).toBe(0);
    await client.lower.close();
    expect(client.closed).toHaveLength(1);
  });

  test.each([
    ['by its id', { sessionIds: true, tickets: false }],
    ['by a ticket', { sessionIds: false, tickets: true }],
  ])('is resumed by another transport %s, with the identity of the first', async (_name, resumption) => {
    const world = new World();
    const sessions: ResumableSession[] = [];
    const server = await world.server({ server: { psk: () => KEY, resumption } });
    const first = await world.client('dev1', '10.0.1.1', {
      client: { onResumable: (session) => sessions.push(session) },
    });
    await world.connect(first, server);
    const second = await world.client('another name', '10.0.1.2', { client: { session: sessions[0]! } });
    const toServer = await world.connect(second, server);
    const toClient = await world.say(second, toServer, server, 'hello');
    expect(toClient.identity).toEqual({ kind: 'psk', identity: 'dev1' });
    expect(server.transport.statistics).toMatchObject({ handshakesCompleted: 2, handshakesResumed: 1 });
    expect(second.transport.statistics.handshakesResumed).toBe(1);
  });

  test('is not resumed when resumption is off', async () => {
    const world = new World();
    const sessions: ResumableSession[] = [];
    const server = await world.server({ server: { resumption: { sessionIds: false, tickets: false } } });
    const client = await world.client('dev1', '10.0.1.1', {
      client: { onResumable: (session) => sessions.push(session) },
    });
    await world.connect(client, server);
    expect(sessions).toEqual([]);
  });

  test('whose Finished of the client is lost is finished when the server asks again', async () => {
    const world = new World();
    const sessions: ResumableSession[] = [];
    const server = await world.server();
    const first = await world.client('dev1', '10.0.1.1', {
      client: { onResumable: (session) => sessions.push(session) },
    });
    await world.connect(first, server);
    const second = await world.client('dev1', '10.0.1.2', { client: { session: sessions[0]! } });
    let dropped = 0;
    world.network.rule = ({ from, bytes: sent }) =>
      from.host === '10.0.1.2' && sent[0] === 20 && (dropped += 1) === 1 ? 'drop' : 'deliver';
    await world.connect(second, server);
    expect(server.associations).toHaveLength(1);
    await world.pass(3_000);
    expect(dropped).toBe(2);
    expect(server.associations).toHaveLength(2);
  });
});

describe('the last flight of the server', () => {
  const lossy = async (): Promise<{ world: World; server: Party; client: Party; connecting: Promise<unknown> }> => {
    const world = new World();
    const server = await world.server();
    const client = await world.client('dev1');
    let dropped = false;
    world.network.rule = ({ from, bytes: sent }) => {
      // The first datagram of the server that begins with a ticket, a ChangeCipherSpec or what is protected.
      const isLast = from.host === '10.0.0.1' && (sent[0] === 20 || sent[13] === 4);
      if (!isLast || dropped) return 'deliver';
      dropped = true;
      return 'drop';
    };
    return { world, server, client, connecting: client.transport.connect('10.0.0.1', 5684) };
  };

  test('goes again when the client repeats its Finished', async () => {
    const { world, server, client, connecting } = await lossy();
    await world.pass(500);
    expect([server.associations.length, client.associations.length]).toEqual([1, 0]);
    await world.clock.runUntil(connecting);
    expect(world.clock.now()).toBeGreaterThan(900);
    await world.say(client, client.associations[0]!, server, 'hello');
  });
});

test('the key log has one line for each handshake', async () => {
  const world = new World();
  const server = await world.server();
  const client = await world.client('dev1');
  await world.connect(client, server);
  expect(client.keyLog).toHaveLength(1);
  expect(client.keyLog[0]).toMatch(/^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}$/);
  expect(server.keyLog).toEqual(client.keyLog);
});
