import { describe, expect, test } from 'vitest';
import { HandshakeType } from '../../src/handshake/handshake-message.ts';
import { ecdsaTalk, Talk } from '../support/test-server-talk.ts';

describe('a HelloRequest in the middle of a handshake (RFC 5246 §7.4.1.1)', () => {
  const NOTHING = new Uint8Array(0);

  test('is ignored, and is no part of the transcript', () => {
    const talk = new Talk();
    const { server } = talk;
    // What the server keeps of its own transcript has no HelloRequest either.
    const helloRequest = () => {
      const before = [...server.transcript];
      const said = server.say(HandshakeType.helloRequest, NOTHING);
      server.transcript = before;
      return said;
    };
    talk.hear(helloRequest(), helloRequest(), server.serverHello());
    talk.hear(helloRequest(), server.serverHelloDone(), helloRequest());
    talk.hear(server.changeCipherSpec(), server.finished());
    expect(talk.error).toBeUndefined();
    expect(talk.connection).toBeDefined();
  });

  test('with content is refused', () => {
    const talk = new Talk();
    talk.hear(talk.server.say(HandshakeType.helloRequest, Uint8Array.of(0)));
    expect(talk.error?.alert).toBe('unexpected_message');
  });

  test('does not get a client past what is due', () => {
    const talk = ecdsaTalk();
    talk.hear(talk.server.serverHello(), talk.server.say(HandshakeType.helloRequest, NOTHING));
    talk.hear(talk.server.serverKeyExchange());
    expect(talk.error?.alert).toBe('unexpected_message');
  });
});
