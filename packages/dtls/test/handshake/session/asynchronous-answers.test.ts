import { expect, test } from 'vitest';
import type { PeerVerifier } from '../../../src/auth/verifier.ts';
import { HandshakeType } from '../../../src/handshake/handshake-message.ts';
import type { HandshakeOutput } from '../../../src/handshake/machine.ts';
import type { HandshakeSessionOptions } from '../../../src/handshake/session/handshake-session.ts';
import { FakeMachine, fakeServer } from './fake-machine.ts';
import { SessionStage } from './session-stage.ts';

const { clientHello, certificate, clientKeyExchange, finished } = HandshakeType;
type LookUpPsk = HandshakeSessionOptions['lookUpPsk'];

/** A server that was given a ClientKeyExchange and waits for the key. */
function waiting(lookUpPsk: LookUpPsk): { stage: SessionStage; machine: FakeMachine } {
  const machine = fakeServer();
  const stage = new SessionStage('server', machine, { lookUpPsk });
  stage.receive(clientHello, 1);
  stage.receive(clientKeyExchange, 2);
  stage.taken();
  return { stage, machine };
}

function settled(stage: SessionStage): Promise<void> {
  return stage.clock.settle();
}

test('messages wait for a key that comes later, and are handed over then', async () => {
  const key = Promise.withResolvers<Uint8Array>();
  const { stage, machine } = waiting(() => key.promise);
  stage.receiveChangeCipherSpec();
  stage.receive(finished, 3, { epoch: 1 });
  expect(machine.inputs).toEqual(['1.1', '16.2']);
  key.resolve(Uint8Array.of(1));
  await settled(stage);
  expect(machine.inputs).toEqual(['1.1', '16.2', 'psk', 'changeCipherSpec', '[20.3]']);
  expect(stage.events).toEqual(['secrets', 'connected']);
});

test('while it waits no flight goes again: neither by the timer nor as an answer to repetitions', async () => {
  const key = Promise.withResolvers<Uint8Array>();
  const { stage } = waiting(() => key.promise);
  for (let second = 0; second < 20; second += 1) {
    await stage.clock.advanceAsync(1000);
    stage.receive(clientHello, 1);
    stage.receive(clientKeyExchange, 2);
    stage.receiveChangeCipherSpec();
    stage.receive(finished, 3, { epoch: 1 });
  }
  expect(stage.taken()).toEqual([]);
  key.resolve(Uint8Array.of(1));
  await settled(stage);
  expect(stage.taken()).toEqual(['ccs [20.3]']);
  expect(stage.events).toEqual(['secrets', 'connected']);
});

test('after the answer the timer of the old flight runs on, as the rest of the next one may be lost', async () => {
  const key = Promise.withResolvers<Uint8Array>();
  const { stage } = waiting(() => key.promise);
  await stage.clock.advanceAsync(5000);
  key.resolve(Uint8Array.of(1));
  await settled(stage);
  await stage.clock.advanceAsync(999);
  expect(stage.taken()).toEqual([]);
  await stage.clock.advanceAsync(1);
  expect(stage.taken()).toEqual(['2.1 14.2']);
});

test('an identity that is not known is an answer as well', async () => {
  for (const lookUpPsk of [() => undefined, () => Promise.resolve(undefined)] satisfies LookUpPsk[]) {
    const { stage, machine } = waiting(lookUpPsk);
    await settled(stage);
    expect(machine.inputs).toEqual(['1.1', '16.2', 'psk']);
  }
});

test('a key from an object that is only like a promise is waited for', async () => {
  const thenable = { then: (resolve: (key: Uint8Array) => void) => resolve(Uint8Array.of(1)) };
  const { stage, machine } = waiting(() => thenable as unknown as Promise<Uint8Array>);
  await settled(stage);
  expect(machine.inputs).toEqual(['1.1', '16.2', 'psk']);
});

test('a lookup that throws or rejects ends the handshake with internal_error', async () => {
  const cause = new Error('the database is away');
  const lookups: LookUpPsk[] = [
    () => {
      throw cause;
    },
    () => Promise.reject(cause),
  ];
  for (const lookUpPsk of lookups) {
    const { stage } = waiting(lookUpPsk);
    await settled(stage);
    expect(stage.events).toEqual(['failed ERR_DTLS_HANDSHAKE']);
    expect(stage.failure).toMatchObject({
      message: 'the pre-shared key could not be looked up',
      alert: 'internal_error',
      cause,
    });
    expect(stage.sent).toHaveLength(2);
    expect(stage.timers.size).toBe(0);
  }
});

test('an answer after close() or a time-out is ignored', async () => {
  for (const end of [
    (stage: SessionStage) => stage.session.close(),
    (stage: SessionStage) => stage.clock.advance(60_000),
  ]) {
    for (const settle of ['resolve', 'reject'] as const) {
      const key = Promise.withResolvers<Uint8Array>();
      const { stage, machine } = waiting(() => key.promise);
      end(stage);
      const events = [...stage.events];
      key[settle](Uint8Array.of(1));
      await settled(stage);
      expect(machine.inputs).toEqual(['1.1', '16.2']);
      expect(stage.events).toEqual(events);
      expect(stage.taken()).toEqual([]);
    }
  }
});

test('the handshake times out while it waits', () => {
  const { stage } = waiting(() => new Promise(() => undefined));
  stage.clock.advance(60_000);
  expect(stage.events).toEqual(['failed ERR_DTLS_TIMEOUT']);
});

const NEED_PEER: HandshakeOutput = {
  kind: 'needPeer',
  certificate: { type: 2, publicKey: Uint8Array.of(1, 2, 3) },
  serverName: 'server.example',
};

function certifiedServer(verifyPeer: PeerVerifier): { stage: SessionStage; machine: FakeMachine } {
  const machine = new FakeMachine([
    { on: '1.1' },
    { on: '11.2', outputs: [NEED_PEER], isWaiting: true },
    { on: 'peer' },
    { on: '16.3' },
  ]);
  const stage = new SessionStage('server', machine, { verifyPeer });
  stage.receive(clientHello, 1);
  stage.receive(clientKeyExchange, 3);
  stage.receive(certificate, 2);
  return { stage, machine };
}

test('a certificate is verified at once or later', async () => {
  const asked: unknown[] = [];
  const verdict = { trusted: false, alert: 'bad_certificate', reason: 'none is trusted' } as const;
  const verifiers: PeerVerifier[] = [
    (...question) => {
      asked.push(question);
      return verdict;
    },
    () => Promise.resolve(verdict),
  ];
  for (const [index, verifyPeer] of verifiers.entries()) {
    const { stage, machine } = certifiedServer(verifyPeer);
    expect(machine.inputs.length).toBe(index === 0 ? 4 : 2);
    await settled(stage);
    expect(machine.inputs).toEqual(['1.1', '11.2', 'peer', '16.3']);
  }
  expect(asked).toEqual([[{ type: 2, publicKey: Uint8Array.of(1, 2, 3) }, 'server.example']]);
});

test('a verifier that rejects all the same ends the handshake with internal_error', async () => {
  const { stage } = certifiedServer(() => Promise.reject(new Error('no')));
  await settled(stage);
  expect(stage.failure?.message).toBe('the certificate of the peer could not be verified');
  expect(stage.taken()).toEqual(['alert internal_error']);
});
