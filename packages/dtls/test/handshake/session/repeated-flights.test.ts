import { expect, test } from 'vitest';
import { HandshakeType } from '../../../src/handshake/handshake-message.ts';
import { fakeClient, fakeResumingServer, fakeServer } from './fake-machine.ts';
import { SessionStage } from './session-stage.ts';

const { clientHello, serverHello, helloVerifyRequest, serverHelloDone, clientKeyExchange, finished } = HandshakeType;

/** Advances by steps, and tells at which times which datagrams left. */
function timeline(stage: SessionStage, stepMs: number, steps: number): [number, ...string[]][] {
  const lines: [number, ...string[]][] = [];
  for (let step = 0; step < steps; step += 1) {
    stage.clock.advance(stepMs);
    const taken = stage.taken();
    if (taken.length > 0) lines.push([stage.clock.now(), ...taken]);
  }
  return lines;
}

test('a client without an answer sends its hello after 1, 3, 7, 15 and 31 s, until the handshake times out', () => {
  const stage = new SessionStage('client', fakeClient());
  stage.session.start();
  stage.taken();
  expect(timeline(stage, 500, 300)).toEqual([1000, 3000, 7000, 15_000, 31_000].map((atMs) => [atMs, '1.0']));
  expect(stage.events).toEqual(['failed ERR_DTLS_TIMEOUT']);
  expect(stage.failure?.message).toBe('the handshake timed out: it was not finished after 60000 ms');
  expect(stage.failure?.alert).toBeUndefined();
  expect(stage.timers.size).toBe(0);
});

test('a flight goes as often as the limit says, and then the handshake is given up without an alert', () => {
  const limits = { retransmissions: 3, longestRetransmissionMs: 2000 };
  const stage = new SessionStage('server', fakeServer(), { limits });
  stage.receive(clientHello, 1);
  stage.taken();
  expect(timeline(stage, 500, 100)).toEqual([1000, 3000, 5000].map((atMs) => [atMs, '2.1 14.2']));
  expect(stage.events).toEqual(['failed ERR_DTLS_TIMEOUT']);
  expect(stage.failure?.message).toBe('the handshake timed out: 3 retransmissions of a flight found no answer');
});

test('a server that is never given a ClientHello gives up', () => {
  const stage = new SessionStage('server', fakeServer(), { limits: { handshakeMs: 5000 } });
  stage.clock.advance(5000);
  expect(stage.events).toEqual(['failed ERR_DTLS_TIMEOUT']);
});

test('the whole handshake has one bound, whatever goes on', () => {
  const stage = new SessionStage('server', fakeServer(), { limits: { handshakeMs: 10_000 } });
  stage.clock.advance(9000);
  stage.receive(clientHello, 1);
  stage.clock.advance(999);
  stage.receive(clientHello, 1);
  expect(stage.events).toEqual([]);
  stage.clock.advance(1);
  expect(stage.events).toEqual(['failed ERR_DTLS_TIMEOUT']);
});

// RFC 6347 §4.2.4: WAITING, "reads a retransmitted flight from the peer".
test('a repeated ClientHello brings flight 4 again at once, and its timer begins anew', () => {
  const stage = new SessionStage('server', fakeServer());
  stage.receive(clientHello, 1);
  stage.taken();
  stage.receive(clientHello, 1);
  expect(stage.taken(), 'a datagram that the network doubled').toEqual([]);
  stage.clock.advance(600);
  stage.receive(clientHello, 1);
  stage.receive(clientHello, 1);
  expect(stage.taken()).toEqual(['2.1 14.2']);
  stage.clock.advance(999);
  expect(stage.taken()).toEqual([]);
  stage.clock.advance(1);
  expect(stage.taken()).toEqual(['2.1 14.2']);
});

test('two peers whose timers run out together do not set off each other', () => {
  const stage = new SessionStage('server', fakeServer());
  stage.receive(clientHello, 1);
  stage.clock.advance(1000);
  expect(stage.taken()).toEqual(['2.1 14.2', '2.1 14.2']);
  stage.receive(clientHello, 1);
  expect(stage.taken()).toEqual([]);
});

test('a part of the next flight is no repetition', () => {
  const stage = new SessionStage('server', fakeServer());
  stage.receive(clientHello, 1);
  stage.taken();
  stage.clock.advance(900);
  const [first] = stage.recordsOf(clientKeyExchange, 2, { size: 90, maxFragment: 50 });
  if (first !== undefined) stage.session.onRecord(first);
  stage.receiveChangeCipherSpec();
  expect(stage.taken()).toEqual([]);
});

test('a ClientHello that is fragmented anew when it is repeated counts as a repetition', () => {
  const stage = new SessionStage('server', fakeServer());
  stage.receive(clientHello, 1, { size: 90 });
  stage.taken();
  stage.clock.advance(700);
  stage.receive(clientHello, 1, { size: 90, maxFragment: 40 });
  expect(stage.taken()).toEqual(['2.1 14.2']);
});

test('messages that are fragmented anew when they are repeated fill each other', () => {
  const stage = new SessionStage('server', fakeServer());
  stage.receive(clientHello, 1);
  const [first, lost, third] = stage.recordsOf(clientKeyExchange, 2, { size: 90, maxFragment: 50 });
  expect(lost).toBeDefined();
  for (const record of [first, third]) if (record !== undefined) stage.session.onRecord(record);
  expect(stage.events).toEqual([]);
  const [a, b] = stage.recordsOf(clientKeyExchange, 2, { size: 90, maxFragment: 70 });
  for (const record of [b, a]) if (record !== undefined) stage.session.onRecord(record);
  expect(stage.events).toEqual(['secrets']);
});

test('a peer that repeats a part of its next flight has had ours: it is not sent again', () => {
  const stage = new SessionStage('client', fakeClient());
  stage.session.start();
  stage.receive(helloVerifyRequest, 0);
  stage.receive(serverHello, 1);
  stage.taken();
  stage.clock.advance(900);
  stage.receive(serverHello, 1);
  expect(stage.taken()).toEqual([]);
  // RFC 6347 §4.2.4: a part of a flight stops no timer.
  stage.clock.advance(100);
  expect(stage.taken()).toEqual(['1.1']);
});

test('a lost flight 6 comes when the client repeats flight 5, a lost ChangeCipherSpec with the next repetition', () => {
  const client = new SessionStage('client', fakeClient());
  client.session.start();
  client.receive(helloVerifyRequest, 0);
  client.receive(serverHello, 1);
  client.receive(serverHelloDone, 2, { size: 0 });
  client.taken();
  client.clock.advance(1000);
  expect(client.taken(), 'flight 5, as flight 6 is lost').toEqual(['16.2 ccs [20.3]']);
  client.receive(finished, 3, { epoch: 1 });
  expect(client.events, 'its ChangeCipherSpec is lost').toEqual(['secrets']);
  client.clock.advance(2000);
  expect(client.taken()).toEqual(['16.2 ccs [20.3]']);
  client.receiveChangeCipherSpec();
  expect(client.events).toEqual(['secrets', 'connected']);
  client.receive(finished, 3, { epoch: 1 });
  expect(client.events).toEqual(['secrets', 'connected']);
});

test('an early Finished stays, and repetitions of it do no harm', () => {
  const stage = new SessionStage('server', fakeServer());
  stage.receive(clientHello, 1);
  for (let round = 0; round < 6; round += 1) {
    stage.receive(finished, 3, { epoch: 1 });
    stage.receiveChangeCipherSpec();
  }
  stage.receive(clientKeyExchange, 2);
  expect(stage.events).toEqual(['secrets', 'connected']);
});

test('each time a protected flight goes again it is sealed anew, under sequence numbers that were not used', () => {
  const stage = new SessionStage('server', fakeResumingServer());
  stage.receive(clientHello, 1);
  stage.clock.advance(31_000);
  // The stage throws for a nonce that is used twice, and the peer's replay window drops repeated sequence numbers.
  expect(stage.taken()).toEqual(Array.from({ length: 6 }, () => '2.1 ccs [20.2]'));
  stage.receiveChangeCipherSpec();
  stage.receive(finished, 2, { epoch: 1 });
  expect(stage.epoch?.writeSequence).toBe(6);
});

test('the timer of the next flight keeps its time-out after a loss, and begins anew without', () => {
  const stage = new SessionStage('client', fakeClient());
  stage.session.start();
  stage.clock.advance(3500);
  stage.receive(helloVerifyRequest, 0);
  expect(stage.taken()).toEqual(['1.0', '1.0', '1.0', '1.1']);
  stage.clock.advance(3999);
  expect(stage.taken()).toEqual([]);
  stage.receive(serverHello, 1);
  stage.receive(serverHelloDone, 2, { size: 0 });
  stage.taken();
  expect(timeline(stage, 100, 10)).toEqual([[8499, '16.2 ccs [20.3]']]);
});
