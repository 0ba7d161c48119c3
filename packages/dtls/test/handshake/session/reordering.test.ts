import { expect, test } from 'vitest';
import { HandshakeType } from '../../../src/handshake/handshake-message.ts';
import { MAX_EARLY_RECORDS } from '../../../src/limits.ts';
import { ContentType } from '../../../src/records/record.ts';
import type { DtlsRecord } from '../../../src/records/record.ts';
import { fakeClient, fakeResumingClient, fakeServer } from './fake-machine.ts';
import { SessionStage } from './session-stage.ts';

const { clientHello, serverHello, helloVerifyRequest, serverHelloDone, clientKeyExchange, finished } = HandshakeType;

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((first, index) =>
    permutations([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [first, ...rest]),
  );
}

function changeCipherSpec(stage: SessionStage): DtlsRecord {
  return stage.record(ContentType.changeCipherSpec, Uint8Array.of(1));
}

/** Gives the records in every order to a session of its own, and tells how each ends. */
function inEveryOrder(makeStage: () => SessionStage, records: (stage: SessionStage) => DtlsRecord[]): SessionStage[] {
  const orders = permutations(records(makeStage()).map((_record, index) => index));
  return orders.map((order) => {
    const stage = makeStage();
    const made = records(stage);
    for (const index of order) stage.session.onRecord(made[index] as DtlsRecord);
    return stage;
  });
}

// Spec of this package, pitfall 6.
test('flight 5 completes in any order: two fragments of ClientKeyExchange, ChangeCipherSpec, Finished, data', () => {
  const stages = inEveryOrder(
    () => {
      const stage = new SessionStage('server', fakeServer());
      stage.receive(clientHello, 1);
      return stage;
    },
    (stage) => [
      ...stage.recordsOf(clientKeyExchange, 2, { maxFragment: 24 }),
      changeCipherSpec(stage),
      ...stage.recordsOf(finished, 3, { epoch: 1 }),
      stage.record(ContentType.applicationData, Uint8Array.of(9), 1),
    ],
  );
  expect(stages.length).toBe(120);
  for (const stage of stages) {
    const [first, ...others] = stage.events;
    expect(first).toBe('secrets');
    // What comes after the end of the handshake is the business of the association.
    expect(['connected', 'connected,data 9']).toContain(others.join());
    expect(stage.session.dropped).toBe(0);
    expect(stage.taken()).toEqual(['2.1 14.2', 'ccs [20.3]']);
  }
  expect(stages.filter(({ events }) => events.includes('data 9'))).toHaveLength(96);
});

test('flight 4 completes in any order', () => {
  const stages = inEveryOrder(
    () => {
      const stage = new SessionStage('client', fakeClient());
      stage.session.start();
      stage.receive(helloVerifyRequest, 0);
      return stage;
    },
    (stage) => [
      ...stage.recordsOf(serverHello, 1, { maxFragment: 20 }),
      ...stage.recordsOf(serverHelloDone, 2, { size: 0 }),
    ],
  );
  for (const stage of stages) expect(stage.taken()).toEqual(['1.0', '1.1', '16.2 ccs [20.3]']);
});

test('the flight of a server that resumes completes in any order', () => {
  const stages = inEveryOrder(
    () => {
      const stage = new SessionStage('client', fakeResumingClient());
      stage.session.start();
      return stage;
    },
    (stage) => [
      ...stage.recordsOf(serverHello, 0),
      changeCipherSpec(stage),
      ...stage.recordsOf(finished, 1, { epoch: 1 }),
    ],
  );
  for (const stage of stages) {
    expect(stage.events).toEqual(['secrets', 'connected']);
    expect(stage.taken()).toEqual(['1.0', 'ccs [20.1]']);
  }
});

test('records of epoch 1 before there are keys are kept up to a bound, with their own bytes', () => {
  const stage = new SessionStage('server', fakeServer());
  stage.receive(clientHello, 1);
  const records = stage.recordsOf(finished, 3, { epoch: 1 });
  for (let index = 1; index < MAX_EARLY_RECORDS; index += 1) {
    records.push(stage.record(ContentType.applicationData, Uint8Array.of(index), 1));
  }
  const lost = stage.record(ContentType.applicationData, Uint8Array.of(99), 1);
  for (const record of [...records, lost]) {
    stage.session.onRecord(record);
    record.fragment.fill(0);
  }
  expect(stage.session.dropped).toBe(1);
  stage.receiveChangeCipherSpec();
  stage.receive(clientKeyExchange, 2);
  expect(stage.events).toEqual(['secrets', 'connected', 'data 1', 'data 2', 'data 3']);
});

test('large records of epoch 1 before there are keys are kept up to a bound of bytes', () => {
  const stage = new SessionStage('server', fakeServer());
  stage.receive(clientHello, 1);
  for (const size of [3000, 3000, 900]) {
    stage.session.onRecord(stage.record(ContentType.applicationData, new Uint8Array(size), 1));
  }
  expect(stage.session.dropped).toBe(1);
});

test('application data waits for the end of the handshake, and is not handed over when the callee closes', () => {
  const stage = new SessionStage('server', fakeServer());
  stage.receive(clientHello, 1);
  stage.receive(clientKeyExchange, 2);
  stage.receiveData(1, 1);
  stage.receiveData(1, 2);
  stage.receiveChangeCipherSpec();
  expect(stage.events).toEqual(['secrets']);
  stage.onData = () => stage.session.close();
  stage.receive(finished, 3, { epoch: 1 });
  expect(stage.events).toEqual(['secrets', 'connected', 'data 1']);
});

test('a ChangeCipherSpec counts once, and only as it has to be', () => {
  const machine = fakeServer();
  const stage = new SessionStage('server', machine);
  stage.receive(clientHello, 1);
  for (const content of [[], [2], [1, 1]]) {
    stage.session.onRecord(stage.record(ContentType.changeCipherSpec, Uint8Array.from(content)));
  }
  expect(stage.session.dropped).toBe(3);
  stage.receive(clientKeyExchange, 2);
  expect(machine.inputs, 'none of them was one').toEqual(['1.1', '16.2', 'psk']);
  stage.receiveChangeCipherSpec();
  stage.receiveChangeCipherSpec();
  expect(machine.inputs).toEqual(['1.1', '16.2', 'psk', 'changeCipherSpec']);
  stage.receive(finished, 3, { epoch: 1 });
  expect(stage.events).toEqual(['secrets', 'connected']);
});

test('a ChangeCipherSpec under the keys of epoch 1 is none', () => {
  const machine = fakeServer();
  const stage = new SessionStage('server', machine);
  stage.receive(clientHello, 1);
  stage.receive(clientKeyExchange, 2);
  stage.session.onRecord(stage.record(ContentType.changeCipherSpec, Uint8Array.of(1), 1));
  expect(machine.inputs).toEqual(['1.1', '16.2', 'psk']);
  expect(stage.session.dropped).toBe(1);
});

test('a Finished in plaintext does not get to the machine after the ChangeCipherSpec', () => {
  const machine = fakeServer();
  const stage = new SessionStage('server', machine);
  stage.receive(clientHello, 1);
  stage.receive(clientKeyExchange, 2);
  stage.receiveChangeCipherSpec();
  stage.receive(finished, 3);
  expect(machine.inputs).toEqual(['1.1', '16.2', 'psk', 'changeCipherSpec']);
  stage.receive(finished, 3, { epoch: 1 });
  expect(stage.events).toEqual(['secrets', 'connected']);
});

test('a message never consists of protected and unprotected fragments', () => {
  const machine = fakeServer();
  const stage = new SessionStage('server', machine);
  stage.receive(clientHello, 1);
  stage.receive(clientKeyExchange, 2);
  const [plainFirst] = stage.recordsOf(finished, 3, { maxFragment: 22 });
  const [, second] = stage.recordsOf(finished, 3, { maxFragment: 22, epoch: 1 });
  stage.session.onRecord(plainFirst as DtlsRecord);
  stage.receiveChangeCipherSpec();
  stage.session.onRecord(second as DtlsRecord);
  expect(machine.inputs).toEqual(['1.1', '16.2', 'psk', 'changeCipherSpec']);
});

test('a Finished before the ChangeCipherSpec in plaintext is a message that the machine judges', () => {
  const stage = new SessionStage('server', fakeServer());
  stage.receive(clientHello, 1);
  stage.receive(clientKeyExchange, 2);
  stage.receive(finished, 3);
  expect(stage.events).toEqual(['secrets', 'failed ERR_DTLS_HANDSHAKE']);
});

test('application data in epoch 0, other epochs and malformed fragments are dropped and counted', () => {
  const stage = new SessionStage('server', fakeServer());
  stage.receive(clientHello, 1);
  stage.receiveData(0, 1);
  stage.session.onRecord({ ...stage.record(ContentType.handshake, new Uint8Array(12)), epoch: 2 });
  stage.session.onRecord(stage.record(ContentType.handshake, Uint8Array.of(1, 0, 0)));
  expect(stage.session.dropped).toBe(3);
  expect(stage.events).toEqual([]);
  stage.receive(clientKeyExchange, 2);
  stage.receiveChangeCipherSpec();
  stage.receive(finished, 3, { epoch: 1 });
  expect(stage.events).toEqual(['secrets', 'connected']);
});

test('malformed handshake content that authenticates ends the handshake, also when it came early', () => {
  for (const isEarly of [false, true]) {
    const stage = new SessionStage('server', fakeServer());
    stage.receive(clientHello, 1);
    const record = stage.record(ContentType.handshake, Uint8Array.of(20, 0, 0), 1);
    if (isEarly) stage.session.onRecord(record);
    stage.receive(clientKeyExchange, 2);
    stage.receiveChangeCipherSpec();
    stage.session.onRecord(record);
    expect(stage.events).toEqual(['secrets', 'failed ERR_DTLS_FORMAT']);
    expect(stage.taken()).toEqual(['2.1 14.2', 'alert decode_error']);
  }
});

/** A fragment of a message that claims to be larger than any may be. */
function hugeFragment(stage: SessionStage, sequence: number): DtlsRecord {
  return stage.record(ContentType.handshake, Uint8Array.of(16, 255, 255, 255, 0, sequence, 0, 0, 0, 0, 0, 1, 7));
}

test('a message beyond the bounds ends the handshake: it would come again until the time-out', () => {
  const stage = new SessionStage('server', fakeServer());
  stage.receive(clientHello, 1);
  stage.session.onRecord(hugeFragment(stage, 2));
  expect(stage.events).toEqual(['failed ERR_DTLS_LIMIT']);
  expect(stage.taken()).toEqual(['2.1 14.2', 'alert illegal_parameter']);
});

test('after the ChangeCipherSpec nothing in plaintext can end the handshake', () => {
  const stage = new SessionStage('server', fakeServer());
  stage.receive(clientHello, 1);
  stage.receive(clientKeyExchange, 2);
  stage.receiveChangeCipherSpec();
  stage.session.onRecord(hugeFragment(stage, 3));
  stage.receive(clientHello, 1);
  stage.receive(finished, 3, { epoch: 1 });
  expect(stage.events).toEqual(['secrets', 'connected']);
});
