import { describe, expect, test } from 'vitest';
import { KEY, World } from './world.ts';

describe('our client and our server', () => {
  test('connect by a pre-shared key and exchange datagrams', async () => {
    const world = new World();
    const server = await world.server();
    const client = await world.client('dev1');
    const toServer = await world.connect(client, server);
    expect(toServer).toMatchObject({ host: '10.0.0.1', port: 5684, pathValidated: true });
    const toClient = await world.say(client, toServer, server, 'hello');
    expect(toClient).toMatchObject({
      host: '10.0.1.1',
      port: 40_000,
      identity: { kind: 'psk', identity: 'dev1' },
      pathValidated: true,
    });
    expect(toClient.key).toMatch(/^dtls:/);
    expect(toClient.key).not.toBe(toServer.key);
    const answered = await world.say(server, toClient, client, 'welcome');
    expect(answered).toBe(toServer);
    expect(server.associations).toEqual([toClient]);
    expect(KEY).toHaveLength(21);
  });
});
