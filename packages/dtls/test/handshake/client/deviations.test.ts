import { describe, expect, test } from 'vitest';
import { HandshakeType } from '../../../src/handshake/handshake-message.ts';
import { clientMachine } from '../../../src/handshake/client/client-machine.ts';
import { stepClient } from '../../../src/handshake/client/step-client.ts';
import { clientContext, ecdsaTalk, Talk, trusted } from '../../support/test-server-talk.ts';
import { TestServer } from '../../support/test-server.ts';

const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte, index) => (index === 11 ? byte ^ 1 : byte));

/** A talk that waits for the server's last flight. */
function nearEnd(): Talk {
  const talk = new Talk();
  return talk.hear(talk.server.serverHello(), talk.server.serverHelloDone());
}

describe('key exchange', () => {
  test('a group that was not offered', () => {
    const talk = new Talk({ server: { suite: 'ECDHE_PSK_WITH_AES_128_GCM_SHA256' } });
    talk.hear(talk.server.serverHello());
    talk.hear(talk.server.serverKeyExchange({ ecdh: { group: 29, point: new Uint8Array(32) } }));
    expect(talk.error?.alert).toBe('illegal_parameter');
  });

  test('a point off the curve', () => {
    const talk = ecdsaTalk();
    const { server } = talk;
    const ecdh = { group: 23, point: server.ephemeral.point.map((byte, index) => (index === 64 ? byte ^ 1 : byte)) };
    talk.hear(server.serverHello(), server.certificateMessage());
    talk.hear(server.serverKeyExchange({}, ecdh), server.serverHelloDone());
    expect(talk.error?.alert).toBe('illegal_parameter');
    expect(talk.secrets).toBeUndefined();
  });

  test('a point of another curve, and one that is compressed', () => {
    for (const point of [new Uint8Array(97).fill(4), new Uint8Array(33).fill(2)]) {
      const talk = new Talk({ server: { suite: 'ECDHE_PSK_WITH_AES_128_GCM_SHA256' } });
      talk.hear(talk.server.serverHello(), talk.server.serverKeyExchange({ ecdh: { group: 23, point } }));
      talk.hear(talk.server.serverHelloDone());
      expect(talk.error?.alert).toBe('illegal_parameter');
    }
  });

  test('bytes that follow the parameters', () => {
    const talk = new Talk();
    talk.hear(talk.server.serverHello(), talk.server.say(HandshakeType.serverKeyExchange, new Uint8Array(3)));
    expect(talk.error?.alert).toBe('decode_error');
  });

  test('a ServerHelloDone with content', () => {
    const talk = new Talk();
    talk.hear(talk.server.serverHello(), talk.server.serverHelloDone(Uint8Array.of(0)));
    expect(talk.error?.alert).toBe('decode_error');
  });
});

describe('messages out of turn', () => {
  test('no ServerHello', () => {
    const talk = new Talk();
    talk.hear(talk.server.serverHelloDone());
    expect(talk.error?.alert).toBe('unexpected_message');
  });

  test('no Certificate with ECDHE_ECDSA', () => {
    const talk = ecdsaTalk();
    talk.hear(talk.server.serverHello(), talk.server.serverKeyExchange());
    expect(talk.error?.alert).toBe('unexpected_message');
  });

  test('a Certificate with PSK', () => {
    const talk = new Talk();
    talk.hear(talk.server.serverHello(), talk.server.certificateMessage());
    expect(talk.error?.alert).toBe('unexpected_message');
  });

  test.each(['ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'ECDHE_PSK_WITH_AES_128_GCM_SHA256'])(
    'no ServerKeyExchange with %s',
    (suite) => {
      const talk = ecdsaTalk({ server: { suite } });
      talk.hear(talk.server.serverHello());
      if (suite.startsWith('ECDHE_ECDSA')) talk.hear(talk.server.certificateMessage());
      talk.hear(talk.server.serverHelloDone());
      expect(talk.error?.alert).toBe('unexpected_message');
    },
  );

  test.each(['PSK_WITH_AES_128_CCM_8', 'ECDHE_PSK_WITH_AES_128_CCM_8_SHA256'])(
    'a CertificateRequest with %s',
    (suite) => {
      for (const exchanged of [true, false]) {
        const talk = new Talk({ server: { suite } });
        talk.hear(talk.server.serverHello());
        if (exchanged) talk.hear(talk.server.serverKeyExchange());
        talk.hear(talk.server.certificateRequest());
        expect(talk.error?.alert).toBe('unexpected_message');
      }
    },
  );

  test('a second CertificateRequest', () => {
    const talk = ecdsaTalk();
    const { server } = talk;
    talk.hear(server.serverHello(), server.certificateMessage(), server.serverKeyExchange());
    talk.hear(server.certificateRequest(), server.certificateRequest());
    expect(talk.error?.alert).toBe('unexpected_message');
  });

  test('a HelloVerifyRequest after the ServerHello', () => {
    const talk = new Talk();
    talk.hear(talk.server.serverHello(), talk.server.helloVerifyRequest());
    expect(talk.error?.alert).toBe('unexpected_message');
  });

  test('a message while a verdict is due', () => {
    const talk = ecdsaTalk();
    talk.hear(talk.server.serverHello());
    const { server, context } = talk;
    const message = server.certificateMessage();
    const { state } = stepClient(context, talk.state, message);
    expect(state.kind).toBe('peer');
    expect(stepClient(context, state, server.serverKeyExchange()).outputs).toMatchObject([
      { kind: 'failed', error: { alert: 'unexpected_message' } },
    ]);
  });

  test('a NewSessionTicket that was not announced', () => {
    const talk = nearEnd();
    talk.hear(talk.server.newSessionTicket(Uint8Array.of(1)));
    expect(talk.error?.alert).toBe('unexpected_message');
  });

  test.each([HandshakeType.clientHello, HandshakeType.clientKeyExchange, HandshakeType.certificateVerify, 99])(
    'type %i, which servers do not send',
    (type) => {
      for (const talk of [new Talk(), nearEnd()]) {
        talk.hear(talk.server.say(type, new Uint8Array(0)));
        expect(talk.error?.alert).toBe('unexpected_message');
      }
    },
  );
});

describe('the end', () => {
  test('a Finished that is wrong', () => {
    const talk = nearEnd();
    talk.hear(talk.server.changeCipherSpec(), talk.server.finished({ change: flip }));
    expect(talk.error?.alert).toBe('decrypt_error');
    expect(talk.connection).toBeUndefined();
  });

  test('our own Finished sent back', () => {
    const talk = nearEnd();
    const own = talk.flights.at(-1)?.at(-1);
    if (own?.kind !== 'message') throw new Error('no Finished');
    talk.hear(talk.server.changeCipherSpec(), talk.server.finished({ change: () => own.message.body }));
    expect(talk.error?.alert).toBe('decrypt_error');
  });

  test.each([0, 11, 13])('a Finished of %i bytes', (length) => {
    const talk = nearEnd();
    talk.hear(talk.server.changeCipherSpec(), talk.server.finished({ change: () => new Uint8Array(length) }));
    expect(talk.error?.alert).toBe('decode_error');
  });

  test.each([0, 2])('a Finished of epoch %i', (epoch) => {
    const talk = nearEnd();
    talk.hear(talk.server.changeCipherSpec(), talk.server.finished({ epoch }));
    expect(talk.error?.alert).toBe('unexpected_message');
    expect(talk.connection).toBeUndefined();
  });

  test('any other message of epoch 1', () => {
    const talk = new Talk();
    talk.hear({ ...talk.server.serverHello(), epoch: 1 } as never);
    expect(talk.error?.alert).toBe('unexpected_message');
  });

  test('a Finished before ChangeCipherSpec', () => {
    const talk = nearEnd();
    talk.hear(talk.server.finished());
    expect(talk.error?.alert).toBe('unexpected_message');
    expect(talk.connection).toBeUndefined();
  });

  test('a ChangeCipherSpec that comes early', () => {
    const first = new Talk();
    first.hear(first.server.changeCipherSpec());
    const later = new Talk();
    later.hear(later.server.serverHello(), later.server.changeCipherSpec());
    const twice = nearEnd();
    twice.hear(twice.server.changeCipherSpec(), twice.server.changeCipherSpec());
    for (const talk of [first, later, twice]) expect(talk.error?.alert).toBe('unexpected_message');
  });

  test.each(['connected', 'failed'] as const)('nothing has an effect when the machine is %s', (kind) => {
    const server = new TestServer({ suite: 'PSK_WITH_AES_128_CCM_8' });
    for (const input of [
      server.serverHello(),
      server.changeCipherSpec(),
      { kind: 'psk', key: undefined } as const,
      { kind: 'peer', verdict: trusted } as const,
    ]) {
      expect(stepClient(clientContext(), { kind }, input)).toEqual({ state: { kind }, outputs: [] });
    }
  });
});

describe('answers that were not asked for', () => {
  test.each([
    { kind: 'psk', key: Uint8Array.of(1) },
    { kind: 'peer', verdict: trusted },
  ] as const)('$kind', (input) => {
    const talk = new Talk();
    talk.hear(input);
    expect(talk.error?.alert).toBe('unexpected_message');
  });
});

test('what a hook throws ends the handshake, and does not get out', () => {
  const fault = new Error('no identity');
  const talk = new Talk({
    client: {
      pskIdentity: () => {
        throw fault;
      },
    },
  });
  talk.hear(talk.server.serverHello(), talk.server.serverHelloDone());
  expect(talk.error).toMatchObject({ alert: 'internal_error', cause: fault });
});

describe('more than a handshake may have', () => {
  test('messages', () => {
    const talk = ecdsaTalk();
    const { server } = talk;
    const chain = Array.from({ length: 3 }, () => new Uint8Array(15_000).fill(1));
    talk.hear(server.serverHello(), server.certificateMessage({ type: 0, chain }));
    expect(talk.error).toMatchObject({ code: 'ERR_DTLS_LIMIT', alert: 'handshake_failure' });
  });
});

describe('the machine in use', () => {
  test('tells what it waits for', () => {
    const machine = clientMachine(clientContext());
    const server = new TestServer({ suite: 'ECDHE_ECDSA_WITH_AES_128_CCM_8' });
    expect(() => machine.step(server.changeCipherSpec())).toThrow(TypeError);
    const [hello] = machine.start();
    expect(hello).toMatchObject({ kind: 'send', final: false });
    expect(() => machine.start()).toThrow(TypeError);
    machine.step(server.serverHello());
    expect(machine).toMatchObject({ isWaiting: false, expectsChangeCipherSpec: false });
    machine.step(server.certificateMessage());
    expect(machine).toMatchObject({ isWaiting: true, expectsChangeCipherSpec: false });
  });

  test('waits for a pre-shared key, then for ChangeCipherSpec', () => {
    const machine = clientMachine(clientContext());
    const server = new TestServer({ suite: 'PSK_WITH_AES_128_CCM_8' });
    machine.start();
    machine.step(server.serverHello());
    machine.step(server.serverHelloDone());
    expect(machine).toMatchObject({ isWaiting: true, expectsChangeCipherSpec: false });
    machine.step({ kind: 'psk', key: Uint8Array.of(1) });
    expect(machine).toMatchObject({ isWaiting: false, expectsChangeCipherSpec: true });
    machine.step(server.changeCipherSpec());
    expect(machine).toMatchObject({ isWaiting: false, expectsChangeCipherSpec: false });
  });
});
