import assert from 'node:assert/strict';
import { contractCases, marker, pattern, plain, portOf, rejectsWith } from './contract-stage.ts';
import type { ContractCase, ContractRules, TransportContractFixture } from './contract-stage.ts';
import { DatagramRecorder } from './datagram-recorder.ts';

/**
 * The rules of `DatagramTransport` as test cases for any test runner. `setup` is called for each case; the transports that it
 * gives are closed afterwards.
 *
 * @example
 * for (const { name, run } of transportContract(setup)) test(name, run);
 */
export function transportContract(
  setup: () => TransportContractFixture | Promise<TransportContractFixture>,
): readonly ContractCase[] {
  return contractCases(setup, rules);
}

const rules: ContractRules = {
  'open gives the bound address, and a second open rejects': async (stage) => {
    const transport = stage.listening();
    assert.equal(portOf(transport), undefined);
    const { heard } = await stage.opened(transport);
    assert.ok(Number(portOf(transport)) > 0);
    await rejectsWith('ERR_DATAGRAM_OPEN', stage.drive(transport.open(heard)));
  },

  'open after close rejects': async (stage) => {
    const transport = stage.listening();
    await stage.drive(transport.close());
    await rejectsWith('ERR_DATAGRAM_CLOSED', stage.drive(transport.open(new DatagramRecorder())));
  },

  'open rejects when the port is in use': async (stage) => {
    const { transport } = await stage.opened(stage.listening());
    const port = transport.localAddress?.port ?? 0;
    const second = stage.listening(port);
    const error = await rejectsWith('ERR_DATAGRAM_BIND', stage.drive(second.open(new DatagramRecorder())));
    assert.match(error.message, new RegExp(`port ${port} .*already in use`));
  },

  'datagrams of every size arrive whole and apart': async (stage) => {
    const { server, client, toServer } = await stage.pair();
    const largest = client.transport.maxDatagramSize;
    const sizes = [0, 1, 2, 255, 256, 1152, 1500, largest - 1, largest].filter((size) => size <= largest);
    for (const [index, size] of sizes.entries()) {
      const sent = pattern(size);
      client.transport.send(toServer, sent);
      await stage.until(server, index + 1);
      assert.deepEqual(plain(server.heard.datagrams[index]?.bytes), sent);
    }
  },

  'datagrams sent in one go arrive apart': async (stage) => {
    const { server, client, toServer } = await stage.pair();
    for (let size = 1; size <= 20; size += 1) client.transport.send(toServer, pattern(size));
    await stage.until(server, 20);
    const sizes = server.heard.datagrams.map(({ bytes }) => bytes.length).sort((a, b) => a - b);
    assert.deepEqual(
      sizes,
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
  },

  'what arrives is a Uint8Array that shares no bytes': async (stage) => {
    const { server, client, toServer } = await stage.pair();
    const sent = pattern(100);
    client.transport.send(toServer, sent);
    sent.fill(0);
    await stage.until(server, 1);
    const received = server.heard.datagrams[0]?.bytes;
    assert.deepEqual(plain(received), pattern(100), 'a change after send() is not seen');
    const copy = received?.slice();
    received?.fill(0);
    assert.deepEqual(copy, pattern(100), 'slice() copies');
  },

  'an answer to the peer of a datagram reaches its sender': async (stage) => {
    const { server, client, toServer } = await stage.pair();
    await stage.marked(client, toServer, server);
    const sender = server.heard.datagrams[0]?.peer;
    assert.ok(sender !== undefined);
    server.transport.send(sender, pattern(10));
    await stage.until(client, 1);
    assert.deepEqual(plain(client.heard.datagrams[0]?.bytes), pattern(10));
    assert.equal(client.heard.datagrams[0]?.peer.key, toServer.key, 'it comes from the peer that connect() gave');
  },

  'the same party has the same key, another one another': async (stage) => {
    const { server, client, toServer } = await stage.pair();
    const other = await stage.opened(stage.client());
    const otherToServer = await stage.connect(other, server);
    await stage.marked(client, toServer, server);
    await stage.marked(client, toServer, server);
    await stage.marked(other, otherToServer, server);
    const [first, again, another] = server.heard.datagrams.map(({ peer }) => peer.key);
    assert.equal(first, again);
    assert.notEqual(first, another);
  },

  'a peer tells where it is': async (stage) => {
    const { server, client, toServer } = await stage.pair();
    await stage.marked(client, toServer, server);
    const peer = server.heard.datagrams[0]?.peer;
    assert.equal(peer?.port, client.transport.localAddress?.port);
    assert.doesNotMatch(peer?.host ?? '', /[[\]]|^::ffff:/);
  },

  'a datagram that is too large is dropped without an error': async (stage) => {
    const { server, client, toServer } = await stage.pair();
    client.transport.send(toServer, new Uint8Array(client.transport.maxDatagramSize + 1));
    await stage.marked(client, toServer, server);
    assert.deepEqual(plain(server.heard.datagrams[0]?.bytes), marker);
  },

  'send before open and after close does nothing': async (stage) => {
    const { server, client, toServer } = await stage.pair();
    stage.client().send(toServer, pattern(4));
    const closed = await stage.opened(stage.client());
    const peer = await stage.connect(closed, server);
    await stage.drive(closed.transport.close());
    closed.transport.send(peer, pattern(4));
    await stage.marked(client, toServer, server);
    assert.deepEqual(plain(server.heard.datagrams[0]?.bytes), marker);
  },

  'connect before open and after close rejects': async (stage) => {
    const { client } = await stage.pair();
    const fresh = stage.client();
    assert.ok(fresh.connect !== undefined && client.transport.connect !== undefined);
    await rejectsWith('ERR_DATAGRAM_CLOSED', stage.drive(fresh.connect(stage.fixture.host, 5683)));
    await stage.drive(client.transport.close());
    await rejectsWith('ERR_DATAGRAM_CLOSED', stage.drive(client.transport.connect(stage.fixture.host, 5683)));
  },

  'recall gives the peer that has a key, and it is reached': async (stage) => {
    const { server, client, toServer } = await stage.pair();
    if (client.transport.recall === undefined) return;
    await stage.marked(client, toServer, server);
    const heard = server.heard.datagrams[0]?.peer;
    assert.ok(heard !== undefined);
    const recalled = server.transport.recall?.(heard.key, heard.host, heard.port);
    assert.ok(recalled !== undefined);
    assert.deepEqual([recalled.key, recalled.host, recalled.port], [heard.key, heard.host, heard.port]);
    server.transport.send(recalled, pattern(10));
    await stage.until(client, 1);
    assert.deepEqual(plain(client.heard.datagrams[0]?.bytes), pattern(10));
    assert.equal(client.transport.recall(toServer.key, toServer.host, toServer.port)?.key, toServer.key);
  },

  'recall knows no key of others, and no peer before open and after close': async (stage) => {
    const { client, toServer } = await stage.pair();
    const { key, host, port } = toServer;
    const fresh = stage.client();
    assert.equal(fresh.recall?.(key, host, port), undefined);
    for (const stranger of ['', 'coap://', `other-${key}`, `${key}0`]) {
      assert.equal(client.transport.recall?.(stranger, host, port), undefined, stranger);
    }
    await stage.drive(client.transport.close());
    assert.equal(client.transport.recall?.(key, host, port), undefined);
  },

  'what was sent before close leaves': async (stage) => {
    const { server, client, toServer } = await stage.pair();
    client.transport.send(toServer, marker);
    await stage.drive(client.transport.close());
    await stage.until(server, 1);
    assert.deepEqual(plain(server.heard.datagrams[0]?.bytes), marker);
  },

  'the handler hears nothing after close': async (stage) => {
    const { server, client, toServer } = await stage.pair();
    const other = await stage.opened(stage.listening());
    const toOther = await stage.connect(client, other);
    client.transport.send(toServer, pattern(4));
    const closing = server.transport.close();
    const heardAtClose = server.heard.datagrams.length;
    client.transport.send(toServer, pattern(4));
    await stage.drive(closing);
    await stage.marked(client, toOther, other);
    assert.equal(server.heard.datagrams.length, heardAtClose);
    assert.equal(server.transport.localAddress, undefined);
  },

  'close twice is harmless, and so is close without open': async (stage) => {
    const { server } = await stage.pair();
    await stage.drive(Promise.all([server.transport.close(), server.transport.close()]));
    await stage.drive(server.transport.close());
    await stage.drive(stage.listening().close());
  },

  'the address is free after close': async (stage) => {
    const first = await stage.opened(stage.listening());
    const port = first.transport.localAddress?.port ?? 0;
    await stage.drive(first.transport.close());
    const second = await stage.opened(stage.listening(port));
    assert.equal(second.transport.localAddress?.port, port);
  },
};
