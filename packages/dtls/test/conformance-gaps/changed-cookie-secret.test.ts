import { expect, test } from 'vitest';
import { HandshakeType } from '../../src/handshake/handshake-message.ts';
import { decodeClientHello } from '../../src/messages/client-hello.ts';
import { toHex } from '../hex.ts';
import { World } from '../transport/world.ts';

test.each([1, 2])(
  'a client whose cookie is too old by the time that it gets there comes with a new one (RFC 6347 §4.2.1), times: %i',
  async (times) => {
    const world = new World();
    const server = await world.server({ limits: { cookieMs: 1_000 } });
    const client = await world.client('dev1');
    const cookies = new Set<string>();
    world.network.rule = ({ to, bytes }) => {
      if (to.host !== '10.0.0.1' || bytes[13] !== HandshakeType.clientHello) return 'deliver';
      const { cookie } = decodeClientHello(bytes.subarray(25));
      if (cookie.length > 0) cookies.add(toHex(cookie));
      // Longer than a cookie is good for.
      return { delayMs: cookie.length > 0 && cookies.size <= times ? 2_100 : 0 };
    };
    const toServer = await world.connect(client, server);
    await world.say(client, toServer, server, 'hello');
    expect(cookies.size).toBe(times + 1);
    expect(client.transport.statistics).toMatchObject({ handshakesStarted: 1, handshakesCompleted: 1 });
    expect(server.transport.statistics).toMatchObject({ handshakesStarted: 1, handshakesCompleted: 1 });
  },
);
