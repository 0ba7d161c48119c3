import { expect, test } from 'vitest';
import { HandshakeType } from '../../../src/handshake/handshake-message.ts';
import { LINGER_MS } from '../../../src/limits.ts';
import { ContentType } from '../../../src/records/record.ts';
import { fakeClient, fakeResumingClient, fakeResumingServer, fakeServer, message } from './fake-machine.ts';
import { SessionStage } from './session-stage.ts';

const { clientHello, serverHello, helloVerifyRequest, serverHelloDone, clientKeyExchange, finished } = HandshakeType;

/** A server that has sent its last flight. */
function connectedServer(): SessionStage {
  const stage = new SessionStage('server', fakeServer());
  stage.receive(clientHello, 1);
  stage.receive(clientKeyExchange, 2);
  stage.receiveChangeCipherSpec();
  stage.receive(finished, 3, { epoch: 1 });
  return stage;
}

// RFC 6347 §4.2.4, figure 1: flights 4 to 6.
test('a server answers flight by flight, and waits for nobody when a key is there at once', () => {
  const stage = new SessionStage('server', fakeServer(), { firstRecordSequence: 7 });
  stage.session.start();
  expect(stage.taken()).toEqual([]);
  stage.receive(clientHello, 1);
  expect(stage.taken()).toEqual(['2.1 14.2']);
  stage.receive(clientKeyExchange, 2);
  stage.receiveChangeCipherSpec();
  expect(stage.events).toEqual(['secrets']);
  stage.receive(finished, 3, { epoch: 1 });
  expect(stage.taken()).toEqual(['ccs [20.3]']);
  expect(stage.events).toEqual(['secrets', 'connected']);
  expect(stage.session.dropped).toBe(0);
});

test('the first record of a server has the sequence number that it is told (RFC 6347 §4.2.1)', () => {
  const stage = new SessionStage('server', fakeServer(), { firstRecordSequence: 2 ** 40 + 7 });
  stage.receive(clientHello, 1);
  expect(Buffer.from(stage.sent[0]?.subarray(3, 11) ?? []).toString('hex')).toBe('0000010000000007');
});

test('a server that has no sequence numbers left fails and throws nothing', () => {
  const stage = new SessionStage('server', fakeServer(), { firstRecordSequence: 2 ** 48 - 1 });
  stage.receive(clientHello, 1);
  expect(stage.events).toEqual(['failed ERR_DTLS_LIMIT']);
  expect(stage.timers.size).toBe(0);
});

// RFC 6347 §4.2.4, figure 1: flights 1 to 5.
test('a client sends its hello twice, for the cookie, and its last flight once', () => {
  const stage = new SessionStage('client', fakeClient());
  stage.session.start();
  expect(stage.taken()).toEqual(['1.0']);
  stage.receive(helloVerifyRequest, 0);
  expect(stage.taken()).toEqual(['1.1']);
  stage.receive(serverHello, 1);
  stage.receive(serverHelloDone, 2, { size: 0 });
  expect(stage.taken()).toEqual(['16.2 ccs [20.3]']);
  stage.receiveChangeCipherSpec();
  stage.receive(finished, 3, { epoch: 1 });
  expect(stage.taken()).toEqual([]);
  expect(stage.events).toEqual(['secrets', 'connected']);
});

test('a client of a full handshake has nothing that could be asked for again', () => {
  const stage = new SessionStage('client', fakeClient());
  stage.session.start();
  stage.receive(helloVerifyRequest, 0);
  stage.receive(serverHello, 1);
  stage.receive(serverHelloDone, 2, { size: 0 });
  stage.receiveChangeCipherSpec();
  stage.receive(finished, 3, { epoch: 1 });
  expect(stage.session.isLingering).toBe(false);
  expect(stage.timers.size).toBe(0);
});

// RFC 6347 §4.2.4, figure 2.
test('a client that resumes sends the last flight and lingers, its server does not', () => {
  const client = new SessionStage('client', fakeResumingClient());
  client.session.start();
  client.receive(serverHello, 0);
  client.receiveChangeCipherSpec();
  client.receive(finished, 1, { epoch: 1 });
  expect(client.taken()).toEqual(['1.0', 'ccs [20.1]']);
  expect(client.events).toEqual(['secrets', 'connected']);
  expect(client.session.isLingering).toBe(true);

  const server = new SessionStage('server', fakeResumingServer());
  server.receive(clientHello, 1);
  expect(server.taken()).toEqual(['2.1 ccs [20.2]']);
  server.receiveChangeCipherSpec();
  server.receive(finished, 2, { epoch: 1 });
  expect(server.events).toEqual(['secrets', 'connected']);
  expect(server.session.isLingering).toBe(false);
  expect(server.timers.size).toBe(0);
});

test('the keys of the association go on where the handshake stopped', () => {
  const stage = connectedServer();
  const opened = stage.epoch?.open(stage.record(ContentType.applicationData, Uint8Array.of(1, 2), 1));
  expect(opened?.plaintext).toEqual(Uint8Array.of(1, 2));
  expect(stage.epoch?.writeSequence).toBe(1);
});

// RFC 6347 §4.2.4: the FINISHED state answers a repeated last flight of the peer.
test('the last flight goes again when the peer repeats its Finished, with new sequence numbers', () => {
  const stage = connectedServer();
  expect(stage.taken()).toEqual(['2.1 14.2', 'ccs [20.3]']);
  const { raw } = message(finished, 3);
  stage.session.onHandshakeContent(raw);
  expect(stage.taken(), 'it has just left').toEqual([]);
  stage.clock.advance(500);
  stage.session.onHandshakeContent(raw);
  stage.session.onHandshakeContent(raw);
  expect(stage.taken()).toEqual(['ccs [20.3]']);
  stage.clock.advance(100_000);
  expect(stage.taken(), 'and never by itself').toEqual([]);
});

test('other content, and plaintext, do not bring the last flight back', () => {
  const stage = connectedServer();
  stage.taken();
  stage.clock.advance(10_000);
  stage.session.onHandshakeContent(message(clientHello, 0).raw);
  stage.session.onHandshakeContent(new Uint8Array(0));
  stage.receive(clientHello, 1);
  stage.receive(clientKeyExchange, 2);
  stage.receiveChangeCipherSpec();
  stage.receive(finished, 3, { epoch: 1 });
  expect(stage.taken()).toEqual([]);
  expect(stage.events).toEqual(['secrets', 'connected']);
});

test('a peer that repeats its Finished without end gets a bounded number of answers', () => {
  const stage = connectedServer();
  stage.taken();
  for (let round = 0; round < 100; round += 1) {
    stage.clock.advance(1000);
    stage.session.onHandshakeContent(message(finished, 3).raw);
  }
  expect(stage.taken()).toHaveLength(8);
});

test('after the time to linger the flight is gone, and nobody is told', () => {
  const stage = connectedServer();
  stage.taken();
  stage.clock.advance(LINGER_MS - 1);
  expect(stage.session.isLingering).toBe(true);
  stage.clock.advance(1);
  expect(stage.session.isLingering).toBe(false);
  stage.session.onHandshakeContent(message(finished, 3).raw);
  expect(stage.taken()).toEqual([]);
  expect(stage.events).toEqual(['secrets', 'connected']);
  expect(stage.timers.size).toBe(0);
});

test('after close() no callback follows, whatever comes', () => {
  for (const received of [0, 1, 2]) {
    const stage = new SessionStage('server', fakeServer());
    if (received > 0) stage.receive(clientHello, 1);
    if (received > 1) stage.receive(clientKeyExchange, 2);
    const { length } = stage.events;
    stage.session.close();
    const sent = stage.sent.length;
    stage.receive(clientHello, 1);
    stage.receive(clientKeyExchange, 2);
    stage.receiveChangeCipherSpec();
    stage.receive(finished, 3, { epoch: 1 });
    stage.receiveAlert('handshake_failure');
    stage.clock.advance(1_000_000);
    expect(stage.events).toHaveLength(length);
    expect(stage.sent).toHaveLength(sent);
    expect(stage.timers.size).toBe(0);
    stage.session.close();
  }
});

test('close() while a session lingers ends that', () => {
  const stage = connectedServer();
  stage.taken();
  stage.clock.advance(1000);
  stage.session.close();
  stage.session.onHandshakeContent(message(finished, 3).raw);
  expect(stage.session.isLingering).toBe(false);
  expect(stage.taken()).toEqual([]);
  expect(stage.timers.size).toBe(0);
});

test('a link that delivers while it sends does not step the machine in the middle of a step', () => {
  const machine = fakeServer();
  const stage = new SessionStage('server', machine);
  stage.onSend = () => {
    stage.onSend = undefined;
    stage.receive(clientKeyExchange, 2);
    stage.receiveChangeCipherSpec();
    stage.receive(finished, 3, { epoch: 1 });
    expect(machine.inputs).toEqual(['1.1']);
  };
  stage.receive(clientHello, 1);
  expect(machine.inputs).toEqual(['1.1', '16.2', 'psk', 'changeCipherSpec', '[20.3]']);
  expect(stage.events).toEqual(['secrets', 'connected']);
});

test('close() while a flight is being sent keeps the rest of it back', () => {
  const stage = new SessionStage('server', fakeServer(900), { mtu: 300 });
  stage.onSend = () => stage.session.close();
  stage.receive(clientHello, 1);
  expect(stage.taken()).toEqual(['2.1']);
  expect(stage.timers.size).toBe(0);
});
