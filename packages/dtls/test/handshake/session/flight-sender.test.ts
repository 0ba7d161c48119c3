import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeRecords } from '../../../src/records/record-codec.ts';
import { ContentType } from '../../../src/records/record.ts';
import { HandshakeType } from '../../../src/handshake/handshake-message.ts';
import type { FlightItem } from '../../../src/handshake/machine.ts';
import { Reassembler } from '../../../src/handshake/reassembler.ts';
import { FlightSender } from '../../../src/handshake/session/flight-sender.ts';
import { BACKED_OFF_MTU, MIN_MTU } from '../../../src/limits.ts';
import { CHANGE_CIPHER_SPEC, fakeClient, fakeServer, item, message } from './fake-machine.ts';
import { peerEpoch, SessionStage } from './session-stage.ts';

function senderOf(mtu: number): { sender: FlightSender; sent: Uint8Array[] } {
  const sent: Uint8Array[] = [];
  const sender = new FlightSender({ mtu, firstRecordSequence: 0, send: (datagram) => sent.push(datagram) });
  return { sender, sent };
}

const { serverHello, certificate, serverHelloDone, finished } = HandshakeType;

/** All messages in datagrams, put together as a peer does: their types, epoch by epoch. */
function received(datagrams: readonly Uint8Array[]): { types: number[][]; changes: number; largest: number } {
  const peer = peerEpoch('client');
  const plain = new Reassembler(0);
  const types: number[][] = [[], []];
  const held: Uint8Array[] = [];
  let changes = 0;
  let largest = 0;
  for (const record of datagrams.flatMap((datagram) => decodeRecords(datagram, 0))) {
    const content = record.epoch === 0 ? record.fragment : peer.open(record)?.plaintext;
    if (content === undefined) throw new Error('a record does not authenticate');
    largest = Math.max(largest, content.length);
    if (record.type === ContentType.changeCipherSpec) changes += 1;
    else if (record.epoch === 0) plain.add(content);
    else held.push(content);
  }
  for (let next = plain.next(); next !== undefined; next = plain.next()) types[0]?.push(next.type);
  const after = new Reassembler(plain.nextSequence);
  for (const content of held) after.add(content);
  for (let next = after.next(); next !== undefined; next = after.next()) types[1]?.push(next.type);
  return { types, changes, largest };
}

test('records share a datagram while they fit', () => {
  const { sender, sent } = senderOf(300);
  sender.setFlight([
    item(message(serverHello, 0, 80)),
    item(message(certificate, 1, 100)),
    item(message(serverHelloDone, 2, 0)),
  ]);
  sender.transmit();
  // Each has 13 bytes of record header and 12 of message header.
  expect(sent.map(({ length }) => length)).toEqual([105 + 125 + 25]);
  sender.setFlight([item(message(serverHello, 0, 80)), item(message(certificate, 1, 171))]);
  sender.transmit();
  expect(sent.slice(1).map(({ length }) => length)).toEqual([105, 196]);
});

test('a message that is larger than a datagram is fragmented, and every datagram is within the MTU', () => {
  const { sender, sent } = senderOf(300);
  sender.setFlight([item(message(serverHello, 0, 80)), item(message(certificate, 1, 900))]);
  sender.transmit();
  expect(sent.map(({ length }) => length)).toEqual([105, 300, 300, 300, 100]);
});

test('any flight gets through any MTU: each message once, none in a datagram that is too large', () => {
  const sizes = fc.array(fc.nat({ max: 4000 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(
      sizes,
      fc.integer({ min: MIN_MTU, max: 1500 }),
      fc.integer({ min: 64, max: 16_384 }),
      (bodies, mtu, limit) => {
        const { sender, sent } = senderOf(mtu);
        sender.useEpoch(peerEpoch('server'), limit);
        const flight: FlightItem[] = bodies.map((size, sequence) => item(message(certificate, sequence, size)));
        flight.push(CHANGE_CIPHER_SPEC, item(message(finished, bodies.length, 12), 1));
        sender.setFlight(flight);
        sender.transmit();
        sender.transmit();
        const { types, changes, largest } = received(sent);
        expect(types).toEqual([bodies.map(() => certificate), [finished]]);
        expect(changes).toBe(2);
        expect(largest).toBeLessThanOrEqual(limit);
        expect(Math.max(...sent.map(({ length }) => length))).toBeLessThanOrEqual(mtu);
        const shared = sent.filter((datagram) => decodeRecords(datagram, 0).length > 1);
        expect(Math.max(0, ...shared.map(({ length }) => length))).toBeLessThanOrEqual(13 + limit);
      },
    ),
    { numRuns: 60 },
  );
});

test('an MTU into which headers hardly fit is a mistake of the caller', () => {
  for (const mtu of [0, MIN_MTU - 1, 300.5, NaN, Infinity]) expect(() => senderOf(mtu)).toThrow(RangeError);
});

test('a record of epoch 1 without keys is our own fault', () => {
  const { sender, sent } = senderOf(300);
  sender.setFlight([item(message(finished, 0, 12), 1)]);
  expect(() => sender.transmit()).toThrow('there are no keys for a record of epoch 1');
  expect(sent).toEqual([]);
});

// RFC 6347 §4.1.1.1.
test('after two retransmissions without an answer datagrams become small', () => {
  const stage = new SessionStage('server', fakeServer(900));
  stage.receive(HandshakeType.clientHello, 1);
  expect(stage.taken()).toEqual(['2.1 14.2']);
  stage.clock.advance(1000);
  expect(stage.taken()).toEqual(['2.1 14.2']);
  stage.clock.advance(2000);
  expect(stage.taken()).toEqual(['2.1', '2.1+523 14.2']);
  expect(stage.sent.map(({ length }) => length)).toEqual([950, 950, BACKED_OFF_MTU, 427]);
});

test('a session of a small MTU sends each flight in small datagrams', () => {
  const stage = new SessionStage('server', fakeServer(700), { mtu: 300 });
  stage.receive(HandshakeType.clientHello, 1);
  expect(stage.taken()).toEqual(['2.1', '2.1+275', '2.1+550 14.2']);
});

// RFC 6066 §4: the length counts for handshake messages too, from the hello on.
test('records are as small as the peer wants them, before there are keys and after', () => {
  const machine = fakeClient(900);
  const stage = new SessionStage('client', machine);
  stage.session.start();
  stage.receive(HandshakeType.helloVerifyRequest, 0);
  const step = machine.step.bind(machine);
  machine.step = (input) =>
    step(input).map((output) => (output.kind === 'send' ? { ...output, maxPlaintext: 512 } : output));
  stage.receive(HandshakeType.serverHello, 1);
  stage.receive(HandshakeType.serverHelloDone, 2, { size: 0 });
  expect(stage.taken().join(' ')).toBe('1.0 1.1 16.2 16.2+500 ccs [20.3]');
});
