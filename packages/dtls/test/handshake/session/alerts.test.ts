import { expect, test } from 'vitest';
import { handshakeError } from '../../../src/errors.ts';
import { HandshakeType } from '../../../src/handshake/handshake-message.ts';
import { ContentType } from '../../../src/records/record.ts';
import { FakeMachine, fakeClient, fakeServer } from './fake-machine.ts';
import { SessionStage } from './session-stage.ts';

const { clientHello, serverHello, helloVerifyRequest, serverHelloDone, clientKeyExchange, finished } = HandshakeType;

/** A server before and after it has keys. */
function serverAt(phase: 'hello' | 'keys'): SessionStage {
  const stage = new SessionStage('server', fakeServer());
  stage.receive(clientHello, 1);
  if (phase === 'keys') stage.receive(clientKeyExchange, 2);
  stage.taken();
  stage.events.length = 0;
  return stage;
}

test('a fatal alert before there are keys ends the handshake without an answer', () => {
  const stage = serverAt('hello');
  stage.receiveAlert('handshake_failure');
  expect(stage.events).toEqual(['failed ERR_DTLS_ALERT']);
  expect(stage.failure).toMatchObject({
    alert: 'handshake_failure',
    message: 'the peer ended the handshake: handshake_failure',
  });
  expect(stage.taken()).toEqual([]);
  expect(stage.timers.size).toBe(0);
});

test('close_notify ends it, other warnings do not, an unknown description is told as a number', () => {
  const closed = serverAt('hello');
  closed.receiveAlert('user_canceled', { level: 'warning' });
  expect(closed.events).toEqual([]);
  closed.receiveAlert('close_notify', { level: 'warning' });
  expect(closed.failure?.message).toBe('the peer ended the handshake: close_notify');

  const unknown = serverAt('hello');
  unknown.session.onRecord(unknown.record(ContentType.alert, Uint8Array.of(2, 222)));
  expect(unknown.failure).toMatchObject({ alert: undefined, message: 'the peer ended the handshake: alert 222' });
});

test('what is no alert is dropped', () => {
  const stage = serverAt('hello');
  for (const content of [[], [2], [2, 40, 0], [3, 40]]) {
    stage.session.onRecord(stage.record(ContentType.alert, Uint8Array.from(content)));
  }
  expect(stage.events).toEqual([]);
  expect(stage.session.dropped).toBe(4);
});

// Spec of this package, pitfall 2: anyone who knows the address can send it.
test('a fatal alert in plaintext is not believed once there are keys, but a time-out names it', () => {
  const stage = serverAt('keys');
  stage.receiveAlert('decrypt_error');
  stage.receiveAlert('close_notify', { level: 'warning' });
  expect(stage.events).toEqual([]);
  stage.clock.advance(60_000);
  expect(stage.failure?.message).toBe(
    'the handshake timed out: it was not finished after 60000 ms; the peer had said, without proof: decrypt_error',
  );
});

test('a fatal alert in plaintext does not stop a handshake that goes on', () => {
  const stage = serverAt('keys');
  stage.receiveAlert('decrypt_error');
  stage.receiveChangeCipherSpec();
  stage.receive(finished, 3, { epoch: 1 });
  expect(stage.events).toEqual(['connected']);
});

test('an alert that authenticates ends the handshake, a warning does not', () => {
  const stage = serverAt('keys');
  stage.receiveAlert('no_renegotiation', { epoch: 1, level: 'warning' });
  expect(stage.events).toEqual([]);
  stage.receiveAlert('decrypt_error', { epoch: 1 });
  expect(stage.events).toEqual(['failed ERR_DTLS_ALERT']);
  expect(stage.failure?.alert).toBe('decrypt_error');
  expect(stage.taken()).toEqual([]);
});

test('an alert of epoch 1 that came before the keys counts when it can be read', () => {
  const stage = serverAt('hello');
  stage.receiveAlert('decrypt_error', { epoch: 1 });
  expect(stage.events).toEqual([]);
  stage.receive(clientKeyExchange, 2);
  expect(stage.events).toEqual(['secrets', 'failed ERR_DTLS_ALERT']);
});

test('a message that the machine refuses: one alert, in plaintext as nothing protected was sent', () => {
  const stage = serverAt('keys');
  stage.receiveChangeCipherSpec();
  stage.receive(clientHello, 3, { epoch: 1 });
  stage.receive(clientHello, 3, { epoch: 1 });
  expect(stage.events).toEqual(['failed ERR_DTLS_HANDSHAKE']);
  expect(stage.failure?.alert).toBe('unexpected_message');
  expect(stage.taken()).toEqual(['alert unexpected_message']);
  stage.clock.advance(100_000);
  expect(stage.taken()).toEqual([]);
});

test('after our ChangeCipherSpec the alert is protected', () => {
  const stage = new SessionStage('client', fakeClient());
  stage.session.start();
  stage.receive(helloVerifyRequest, 0);
  stage.receive(serverHello, 1);
  stage.receive(serverHelloDone, 2, { size: 0 });
  stage.taken();
  stage.receiveChangeCipherSpec();
  stage.receive(clientHello, 3, { epoch: 1 });
  expect(stage.taken()).toEqual(['[alert unexpected_message]']);
});

test('a machine that throws what it should not ends the handshake with internal_error', () => {
  const machine = new FakeMachine([]);
  machine.step = () => {
    throw new TypeError('a fault of ours');
  };
  const stage = new SessionStage('server', machine);
  stage.receive(clientHello, 1);
  expect(stage.events).toEqual(['failed ERR_DTLS_HANDSHAKE']);
  expect(stage.failure?.cause).toBeInstanceOf(TypeError);
  expect(stage.taken()).toEqual(['alert internal_error']);
});

test('a machine that fails at its start, or connects without keys', () => {
  const error = handshakeError('internal_error', 'there is nothing to offer');
  const failing = new SessionStage('client', new FakeMachine([], [{ kind: 'failed', error }]));
  failing.session.start();
  expect(failing.failure).toBe(error);
  expect(failing.timers.size).toBe(0);

  const connection = { kind: 'connected', connection: {} as never } as const;
  const keyless = new SessionStage('client', new FakeMachine([], [connection]));
  keyless.session.start();
  expect(keyless.events).toEqual(['failed ERR_DTLS_HANDSHAKE']);
});

// RFC 6347 §4.1.2.7: bad_record_mac when an alert is sent for a record that does not authenticate.
test('three handshake records that do not authenticate: the peer has another key, and is told', () => {
  const stage = serverAt('keys');
  stage.receiveChangeCipherSpec();
  for (let round = 0; round < 2; round += 1) stage.session.onRecord(stage.forged(ContentType.handshake));
  expect(stage.events).toEqual([]);
  stage.session.onRecord(stage.forged(ContentType.handshake));
  expect(stage.events).toEqual(['failed ERR_DTLS_AUTHENTICATION']);
  expect(stage.taken()).toEqual(['alert bad_record_mac']);
});

test('application data that does not authenticate may belong to an older association', () => {
  const stage = serverAt('keys');
  for (let round = 0; round < 10; round += 1) stage.session.onRecord(stage.forged(ContentType.applicationData));
  expect(stage.events).toEqual([]);
  expect(stage.session.dropped).toBe(10);
  stage.session.onRecord(stage.forged(ContentType.handshake));
  stage.clock.advance(60_000);
  expect(stage.failure?.message).toBe(
    'the handshake timed out: it was not finished after 60000 ms; 1 of its records did not authenticate',
  );
});

test('a replayed record of epoch 1 is dropped', () => {
  const stage = serverAt('keys');
  const data = stage.record(ContentType.applicationData, Uint8Array.of(1), 1);
  stage.session.onRecord(data);
  stage.session.onRecord(data);
  stage.receiveChangeCipherSpec();
  stage.receive(finished, 3, { epoch: 1 });
  expect(stage.events).toEqual(['connected', 'data 1']);
  expect(stage.session.dropped).toBe(1);
});

test('an alert for which there is no sequence number is left out', () => {
  const stage = new SessionStage('server', fakeServer(), { firstRecordSequence: 2 ** 48 - 2 });
  stage.receive(clientHello, 1);
  expect(stage.taken()).toEqual(['2.1 14.2']);
  stage.receive(clientHello, 2);
  expect(stage.events).toEqual(['failed ERR_DTLS_HANDSHAKE']);
  expect(stage.taken()).toEqual([]);
});

test('a Finished that the network doubles is a replay and no forgery', () => {
  const stage = serverAt('keys');
  const [record] = stage.recordsOf(finished, 3, { epoch: 1 });
  for (let round = 0; round < 5; round += 1) if (record !== undefined) stage.session.onRecord(record);
  stage.receiveChangeCipherSpec();
  expect(stage.events).toEqual(['connected']);
});
