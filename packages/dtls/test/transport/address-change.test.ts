import type { Peer } from '@flownexus/datagram';
import { describe, expect, test } from 'vitest';
import { bytes, connected, KEY, text, World } from './world.ts';

describe('a client with a Connection ID that comes from a new address', () => {
  test('keeps its association, is answered there, and has yet to prove the path', async () => {
    const { world, server, client, toServer, toClient } = await connected();
    const { key } = toClient;
    client.lower.rebind('10.9.9.9', 7777);
    expect(await world.say(client, toServer, server, 'moved')).toBe(toClient);
    expect(toClient).toMatchObject({ key, host: '10.9.9.9', port: 7777, pathValidated: false });
    await world.say(server, toClient, client, 'answer');
    expect(server.transport.statistics).toMatchObject({ addressChanges: 1, associations: 1 });
  });

  test('gets three bytes for each of its own until the path is confirmed', async () => {
    const { world, server, client, toServer, toClient } = await connected();
    client.lower.rebind('10.9.9.9', 7777);
    await world.say(client, toServer, server, 'moved');
    const received = world.network.log.findLast(({ to }) => to.host === '10.0.0.1')?.bytes.length ?? 0;
    const before = world.network.log.length;
    for (let count = 0; count < 100; count += 1) server.transport.send(toClient, new Uint8Array(10));
    const sent = world.network.log.slice(before).reduce((sum, datagram) => sum + datagram.bytes.length, 0);
    expect(sent).toBeLessThanOrEqual(3 * received);
    expect(sent).toBeGreaterThan(2 * received);
    expect(server.transport.statistics.sendsRefused).toBeGreaterThan(90);
    server.transport.confirmPath(toClient);
    expect(toClient.pathValidated).toBe(true);
    const refused = server.transport.statistics.sendsRefused;
    for (let count = 0; count < 100; count += 1) server.transport.send(toClient, new Uint8Array(1000));
    expect(server.transport.statistics.sendsRefused).toBe(refused);
  });

  test('gets nothing there for what comes from elsewhere', async () => {
    const { world, server, client, toServer, toClient } = await connected();
    world.network.rule = ({ from }) => (from.host === '10.0.1.1' ? 'drop' : 'deliver');
    client.transport.send(toServer, new Uint8Array(500));
    const late = world.network.log.at(-1)!.bytes;
    client.lower.rebind('10.9.9.9', 7777);
    await world.say(client, toServer, server, 'moved');
    world.network.rule = undefined;
    world.network.send({ host: '10.0.1.1', port: 40_000 }, server.transport.localAddress!, late);
    await world.pass();
    expect(server.heard.datagrams).toHaveLength(3);
    server.transport.send(toClient, new Uint8Array(500));
    expect(server.transport.statistics.sendsRefused).toBe(1);
  });

  test('does not move by a record that is older than another one', async () => {
    const { world, server, client, toServer, toClient } = await connected();
    // Two records leave the old address; the first one arrives late and from somewhere else.
    world.network.rule = ({ bytes: sent }) => (sent.length > 0 && first ? 'drop' : 'deliver');
    let first = true;
    client.transport.send(toServer, bytes('first'));
    const late = world.network.log.at(-1)!.bytes;
    first = false;
    await world.say(client, toServer, server, 'second');
    world.network.peer('10.6.6.6', 6666).send(server.transport.localAddress, late);
    await world.pass();
    expect(server.heard.datagrams.map((datagram) => text(datagram.bytes))).toEqual(['hello', 'second', 'first']);
    expect(toClient).toMatchObject({ host: '10.0.1.1', port: 40_000, pathValidated: true });
    expect(server.transport.statistics.addressChanges).toBe(0);
  });

  test('does not move by a record that is replayed or forged', async () => {
    const { world, server, client, toServer, toClient } = await connected();
    await world.say(client, toServer, server, 'again');
    const record = world.network.log.findLast(({ to }) => to.host === '10.0.0.1')!.bytes;
    const attacker = world.network.peer('10.6.6.6', 6666);
    attacker.send(server.transport.localAddress, record);
    const forged = Uint8Array.from(record);
    forged[10]! += 1; // a newer sequence number
    attacker.send(server.transport.localAddress, forged);
    await world.pass();
    expect(toClient).toMatchObject({ host: '10.0.1.1', pathValidated: true });
    expect(server.transport.statistics).toMatchObject({ recordsReplayed: 1, recordsForged: 1, addressChanges: 0 });
    expect(server.heard.datagrams).toHaveLength(2);
  });

  test('moves only so often in a minute, and is understood all the same', async () => {
    const { world, server, client, toServer, toClient } = await connected({ limits: { movesPerMinute: 2 } });
    for (let port = 1; port <= 3; port += 1) {
      client.lower.rebind('10.9.9.9', port);
      await world.say(client, toServer, server, `port ${port}`);
    }
    expect(toClient.port).toBe(2);
    expect(server.transport.statistics).toMatchObject({ addressChanges: 2, limits: 1 });
    await world.pass(60_000);
    await world.say(client, toServer, server, 'later');
    expect(toClient.port).toBe(3);
  });

  test('takes an address over from another association, which moves on with its next record', async () => {
    const { world, server, client, toServer, toClient } = await connected();
    const other = await world.client('dev2', '10.0.1.2');
    const otherToServer = await world.connect(other, server);
    const toOther = await world.say(other, otherToServer, server, 'hello');
    // A NAT gives the address of one device to another one.
    other.lower.rebind('10.0.1.3', 40_000);
    client.lower.rebind('10.0.1.2', 40_000);
    expect(await world.say(client, toServer, server, 'mine')).toBe(toClient);
    await world.say(server, toClient, client, 'yours');
    expect(await world.say(other, otherToServer, server, 'me too')).toBe(toOther);
    expect(toOther).toMatchObject({ host: '10.0.1.3' });
    expect(server.transport.statistics).toMatchObject({ associations: 2, addressChanges: 2 });
  });

  test('does not take the address of one without a Connection ID, which nothing else finds', async () => {
    const { world, server, client, toServer, toClient } = await connected();
    const other = await world.client('dev2', '10.0.1.2', { client: { connectionIdLength: 'not-offered' } });
    const otherToServer = await world.connect(other, server);
    const toOther = await world.say(other, otherToServer, server, 'hello');
    // The first device writes the address of the other one into a datagram, and then its own again.
    world.network.rule = ({ from }) => (from.host === '10.0.1.1' ? 'drop' : 'deliver');
    client.transport.send(toServer, bytes('I am over there'));
    const record = world.network.log.at(-1)!.bytes;
    world.network.send(toOther, { host: '10.0.0.1', port: 5684 }, record);
    await world.pass();
    expect(toClient.host).toBe('10.0.1.2');
    expect(await world.say(other, otherToServer, server, 'still here')).toBe(toOther);
    world.network.rule = undefined;
    expect(await world.say(client, toServer, server, 'and back')).toBe(toClient);
    expect(await world.say(other, otherToServer, server, 'and here')).toBe(toOther);
  });

  test('without a Connection ID nobody knows it at its new address', async () => {
    const { world, server, client, toServer, toClient } = await connected({
      server: { connectionIdLength: 0, psk: () => KEY },
    });
    client.lower.rebind('10.9.9.9', 7777);
    client.transport.send(toServer, bytes('who am I?'));
    await world.pass();
    expect(server.heard.datagrams).toHaveLength(1);
    expect(toClient.host).toBe('10.0.1.1');
    expect(server.transport.statistics.recordsDropped).toBe(1);
  });

  test('an attacker who has a record first moves it for no longer than until the next one', async () => {
    const { world, server, client, toServer, toClient } = await connected();
    const attacker = world.network.peer('10.6.6.6', 6666);
    world.network.rule = ({ from }) => (from.host === '10.0.1.1' ? 'drop' : 'deliver');
    client.transport.send(toServer, bytes('caught'));
    attacker.send(server.transport.localAddress, world.network.log.at(-1)!.bytes);
    await world.pass();
    expect(toClient).toMatchObject({ host: '10.6.6.6', pathValidated: false });
    world.network.rule = undefined;
    await world.say(client, toServer, server, 'free');
    expect(toClient).toMatchObject({ host: '10.0.1.1', pathValidated: true });
  });
});

describe('with addressUpdate `proven`', () => {
  test('what answers at once goes to the new address, all else to the old one, until the path is confirmed', async () => {
    const world = new World();
    const server = world.prepare('10.0.0.1', 5684, {
      server: { psk: () => KEY },
      addressUpdate: 'proven',
    });
    const places: [string, boolean][] = [];
    let confirm = false;
    await world.clock.runUntil(
      server.transport.open({
        onDatagram: (peer, datagram) => {
          places.push([peer.host, peer.pathValidated]);
          server.transport.send(peer, datagram);
          if (confirm) server.transport.confirmPath(peer);
        },
        onPeerClosed: () => {},
      }),
    );
    const client = await world.client('dev1');
    const toServer = await world.connect(client, server);
    const [toClient] = server.associations as [Peer];
    client.lower.rebind('10.9.9.9', 7777);
    const old = world.network.peer('10.0.1.1', 40_000);
    client.transport.send(toServer, bytes('moved'));
    await world.pass();
    expect(client.heard.datagrams.map((datagram) => text(datagram.bytes))).toEqual(['moved']);
    expect(toClient).toMatchObject({ host: '10.0.1.1', pathValidated: true });
    server.transport.confirmPath(toClient); // proves nothing: it is said about the old address
    server.transport.send(toClient, bytes('later'));
    await world.pass();
    expect(old.received).toHaveLength(1);
    expect(server.transport.statistics.addressChanges).toBe(0);
    confirm = true;
    client.transport.send(toServer, bytes('proof'));
    await world.pass();
    expect(toClient).toMatchObject({ host: '10.9.9.9', port: 7777, pathValidated: true });
    expect(places).toEqual([
      ['10.9.9.9', false],
      ['10.9.9.9', false],
    ]);
    server.transport.send(toClient, bytes('here'));
    await world.pass();
    expect(old.received).toHaveLength(1);
    expect(client.heard.datagrams.map((datagram) => text(datagram.bytes))).toEqual(['moved', 'proof', 'here']);
    expect(server.transport.statistics.addressChanges).toBe(1);
  });

  test('an association that ends while it answers is found nowhere any more', async () => {
    const world = new World();
    const server = world.prepare('10.0.0.1', 5684, {
      server: { psk: () => KEY },
      addressUpdate: 'proven',
    });
    const closed: Peer[] = [];
    await world.clock.runUntil(
      server.transport.open({
        onDatagram: (peer) => {
          server.transport.disconnect(peer, 'enough');
        },
        onPeerClosed: (peer) => closed.push(peer),
      }),
    );
    const client = await world.client('dev1');
    const toServer = await world.connect(client, server);
    client.lower.rebind('10.9.9.9', 7777);
    client.transport.send(toServer, bytes('moved'));
    await world.pass();
    expect(server.transport.statistics.associations).toBe(0);
    const reborn = await world.client('dev1');
    await world.connect(reborn, server);
    expect(closed).toHaveLength(1);
  });
});
