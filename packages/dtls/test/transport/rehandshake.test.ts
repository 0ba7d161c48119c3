import { describe, expect, test } from 'vitest';
import { bytes, connected, type Connected, KEY, type Party, text, World } from './world.ts';

/** Another client at the same address: the device after a reset, or whoever took its address. */
async function successor({ world, client }: Connected, identity: string, key: Uint8Array = KEY): Promise<Party> {
  client.lower.rebind('10.7.7.7', 1);
  return world.party('10.0.1.1', 40_000, { client: { psk: { identity, key } } });
}

describe.each([6, 0])('a handshake from the address of an association, with Connection IDs of %d bytes', (length) => {
  const options = {
    server: { psk: (identity: string) => (identity === 'ghost' ? undefined : KEY), connectionIdLength: length },
  };

  test('replaces it when it is finished, and the handler hears of the end before the new one speaks', async () => {
    const stage = await connected(options);
    const { world, server, toClient } = stage;
    const reborn = await successor(stage, 'dev1');
    const toServer = await world.connect(reborn, server);
    const again = await world.say(reborn, toServer, server, 'I am back');
    expect(again.key).not.toBe(toClient.key);
    expect(server.closed).toEqual([{ peer: toClient, reason: 'the peer began a new association' }]);
    expect(server.transport.statistics).toMatchObject({ associations: 1, handshakes: 0, handshakesCompleted: 2 });
  });

  test('leaves it alone when it fails', async () => {
    const stage = await connected(options);
    const { world, server, client, toServer, toClient } = stage;
    const stranger = await successor(stage, 'dev1', bytes('a wrong key'));
    const refused = world.connect(stranger, server);
    await expect(refused).rejects.toThrow();
    await stranger.transport.close();
    client.lower.rebind('10.0.1.1', 40_000);
    expect(await world.say(client, toServer, server, 'still here')).toBe(toClient);
    expect(server.closed).toEqual([]);
  });

  test('does not disturb it while it is under way', async () => {
    const stage = await connected(options);
    const { world, server, client, toServer, toClient } = stage;
    const reborn = await successor(stage, 'dev1');
    // The new client gets as far as the server's first flight.
    world.network.rule = ({ from }) =>
      from.host === '10.0.0.1' && world.network.log.length > 0 && cut ? 'drop' : 'deliver';
    let cut = false;
    const connecting = reborn.transport.connect('10.0.0.1', 5684);
    connecting.catch(() => {});
    await world.pass(12);
    cut = true;
    await world.pass(100);
    expect(server.transport.statistics.handshakes).toBe(1);
    cut = false;
    reborn.lower.rebind('10.8.8.8', 1);
    client.lower.rebind('10.0.1.1', 40_000);
    expect(await world.say(client, toServer, server, 'meanwhile')).toBe(toClient);
    expect(await world.say(server, toClient, client, 'yes?')).toBe(toServer);
  });
});

describe('another device at the address of an association', () => {
  test('ends one without Connection ID, as nothing would find it any more', async () => {
    const stage = await connected({ server: { psk: () => KEY, connectionIdLength: 0 } });
    const other = await successor(stage, 'dev2');
    await stage.world.connect(other, stage.server);
    expect(stage.server.closed).toMatchObject([{ peer: stage.toClient }]);
  });

  test('lives beside one with a Connection ID, whose device has moved', async () => {
    const stage = await connected();
    const { world, server, client, toServer, toClient } = stage;
    const other = await successor(stage, 'dev2');
    const otherToServer = await world.connect(other, server);
    const toOther = await world.say(other, otherToServer, server, 'new here');
    expect(server.closed).toEqual([]);
    expect(await world.say(client, toServer, server, 'over here now')).toBe(toClient);
    await world.say(server, toClient, client, 'for you');
    await world.say(server, toOther, other, 'and for you');
    expect(server.transport.statistics.associations).toBe(2);
    expect(toClient.host).toBe('10.7.7.7');
  });
});

describe('repeated ClientHellos', () => {
  test('of the handshake that is under way do not begin another one', async () => {
    const world = new World();
    const server = await world.server();
    const client = await world.client('dev1');
    world.network.rule = () => ({ copies: 3 });
    const toServer = await world.connect(client, server);
    await world.say(client, toServer, server, 'hello');
    await world.pass(5_000);
    expect(server.transport.statistics).toMatchObject({ handshakesStarted: 1, handshakesFailed: 0, handshakes: 0 });
    expect(client.transport.statistics).toMatchObject({ handshakesStarted: 1, handshakesCompleted: 1 });
  });

  test('of an association that is there begin no handshake either', async () => {
    const world = new World();
    const server = await world.server();
    const client = await world.client('dev1');
    await world.connect(client, server);
    const hellos = world.network.log.filter(({ to, bytes: sent }) => to.host === '10.0.0.1' && sent[13] === 1);
    expect(hellos).toHaveLength(2);
    client.lower.rebind('10.7.7.7', 1);
    const copycat = world.network.peer('10.0.1.1', 40_000);
    copycat.send(server.transport.localAddress, hellos[1]!.bytes);
    await world.pass();
    expect(server.transport.statistics).toMatchObject({ handshakesStarted: 1, handshakes: 0 });
    expect(copycat.received).toEqual([]);
  });

  test('of a client that began anew replace the handshake of before', async () => {
    const world = new World();
    const server = await world.server();
    const first = await world.client('dev1');
    world.network.rule = ({ from, bytes: sent }) => (from.host === '10.0.0.1' && sent[13] === 2 ? 'drop' : 'deliver');
    first.transport.connect('10.0.0.1', 5684).catch(() => {});
    await world.pass();
    expect(server.transport.statistics.handshakes).toBe(1);
    world.network.rule = undefined;
    first.lower.rebind('10.7.7.7', 1);
    const second = await world.client('dev1');
    const toServer = await world.connect(second, server);
    await world.say(second, toServer, server, 'hello');
    expect(server.transport.statistics).toMatchObject({ handshakesStarted: 2, handshakesFailed: 1, handshakes: 0 });
    expect(server.failures.map(({ reason }) => reason.message)).toEqual(['the client began anew']);
    expect(text(server.heard.datagrams[0]?.bytes)).toBe('hello');
  });
});
