import assert from 'node:assert/strict';
import type { Peer } from '../peer.ts';
import { contractCases, marker, pattern, plain, rejectsWith } from './contract-stage.ts';
import type { ContractCase, ContractRules, Party, Stage, TransportContractFixture } from './contract-stage.ts';
import { DatagramRecorder } from './datagram-recorder.ts';

/** Transports of which those that `listen` gives join a group at their own port. */
export interface MulticastContractFixture extends TransportContractFixture {
  /** The host of the group. What `client` gives can send to it. */
  readonly group: string;
}

/**
 * The rules of a `DatagramTransport` that joins groups, like `transportContract` for what it does besides.
 *
 * @example
 * for (const { name, run } of multicastContract(setup)) test(name, run);
 */
export function multicastContract(
  setup: () => MulticastContractFixture | Promise<MulticastContractFixture>,
): readonly ContractCase[] {
  return contractCases(setup, rules);
}

/** A member and a client, and both the member and its group as peers of the client. */
async function meet(
  stage: Stage<MulticastContractFixture>,
): Promise<{ member: Party; client: Party; toMember: Peer; toGroup: Peer }> {
  const { server, client, toServer } = await stage.pair();
  return {
    member: server,
    client,
    toMember: toServer,
    toGroup: await stage.connect(client, server, stage.fixture.group),
  };
}

/** What a party has heard, without the order: two sockets have none. */
function heardBy({ heard }: Party): string[] {
  return heard.datagrams.map(({ multicast, bytes }) => `${multicast ? 'group' : 'own'} ${bytes.length}`).sort();
}

const rules: ContractRules<MulticastContractFixture> = {
  'what is sent to the group comes by onMulticast once, anything else by onDatagram': async (stage) => {
    const { member, client, toMember, toGroup } = await meet(stage);
    client.transport.send(toGroup, pattern(10));
    client.transport.send(toMember, pattern(20));
    await stage.until(member, 2);
    client.transport.send(toMember, pattern(21));
    client.transport.send(toGroup, pattern(11));
    await stage.until(member, 4);
    assert.deepEqual(heardBy(member), ['group 10', 'group 11', 'own 20', 'own 21']);
    const [first] = member.heard.datagrams.filter(({ multicast }) => multicast);
    assert.deepEqual(plain(first?.bytes), pattern(10));
  },

  'connect to a group gives a peer at its address': async (stage) => {
    const { member, toGroup } = await meet(stage);
    assert.deepEqual([toGroup.host, toGroup.port], [stage.fixture.group, member.transport.localAddress?.port]);
  },

  'a sender is the same peer, whatever it sends to': async (stage) => {
    const { member, client, toMember, toGroup } = await meet(stage);
    client.transport.send(toGroup, marker);
    await stage.until(member, 1);
    await stage.marked(client, toMember, member);
    const [byGroup, own] = member.heard.datagrams.map(({ peer }) => peer.key);
    assert.equal(byGroup, own);
  },

  'an answer leaves from the address of the member': async (stage) => {
    const { member, client, toMember, toGroup } = await meet(stage);
    client.transport.send(toGroup, marker);
    await stage.until(member, 1);
    const sender = member.heard.datagrams[0]?.peer;
    assert.ok(sender !== undefined);
    member.transport.send(sender, pattern(10));
    await stage.until(client, 1);
    assert.equal(client.heard.datagrams[0]?.peer.key, toMember.key);
  },

  'a member hears what it sends to the group itself': async (stage) => {
    const { member } = await meet(stage);
    member.transport.send(await stage.connect(member, member, stage.fixture.group), marker);
    await stage.until(member, 1);
    assert.deepEqual(heardBy(member), ['group 2']);
  },

  'a handler without onMulticast hears the rest': async (stage) => {
    const heard = new DatagramRecorder();
    const transport = stage.listening();
    await stage.drive(
      transport.open({
        onDatagram: (peer, datagram) => {
          heard.onDatagram(peer, datagram);
        },
        onPeerClosed: () => {},
      }),
    );
    const member = { transport, heard };
    const client = await stage.opened(stage.client());
    const toMember = await stage.connect(client, member);
    const toGroup = await stage.connect(client, member, stage.fixture.group);
    for (let count = 1; count <= 2; count += 1) {
      client.transport.send(toGroup, pattern(10));
      await stage.marked(client, toMember, member);
    }
    assert.deepEqual(heardBy(member), ['own 2', 'own 2']);
  },

  'the handler hears nothing of the group after close': async (stage) => {
    const { member, client, toGroup } = await meet(stage);
    const other = await stage.opened(stage.listening());
    client.transport.send(toGroup, pattern(4));
    const closing = member.transport.close();
    const heardAtClose = member.heard.datagrams.length;
    client.transport.send(toGroup, pattern(4));
    await stage.drive(closing);
    await stage.marked(client, await stage.connect(client, other), other);
    assert.equal(member.heard.datagrams.length, heardAtClose);
  },

  'address and group are free after close': async (stage) => {
    const { member } = await meet(stage);
    const port = member.transport.localAddress?.port ?? 0;
    await stage.drive(member.transport.close());
    const next = await stage.opened(stage.listening(port));
    const client = await stage.opened(stage.client());
    client.transport.send(await stage.connect(client, next, stage.fixture.group), pattern(3));
    await stage.until(next, 1);
    assert.deepEqual(heardBy(next), ['group 3']);
  },

  'open rejects when the port is in use': async (stage) => {
    const { member } = await meet(stage);
    const second = stage.listening(member.transport.localAddress?.port);
    await rejectsWith('ERR_DATAGRAM_BIND', stage.drive(second.open(new DatagramRecorder())));
  },
};
