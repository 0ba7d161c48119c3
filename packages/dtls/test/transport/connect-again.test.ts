import { describe, expect, test } from 'vitest';
import { World } from './world.ts';

describe('a connect that fails before a datagram has left', () => {
  test('for too many handshakes is tried anew by the next one', async () => {
    const world = new World();
    const client = await world.client('dev1', '10.0.1.1', { limits: { handshakes: 1 } });
    const silent = client.transport.connect('10.0.0.9', 5684);
    silent.catch(() => {});
    await world.pass(1);
    await expect(client.transport.connect('10.0.0.1', 5684)).rejects.toMatchObject({ code: 'ERR_DTLS_LIMIT' });
    await expect(world.clock.runUntil(silent)).rejects.toMatchObject({ code: 'ERR_DTLS_TIMEOUT' });
    const server = await world.server();
    await world.connect(client, server);
  });

  test('for want of a suite leaves nothing behind, and says the same again', async () => {
    const world = new World();
    const client = await world.client('dev1', '10.0.1.1', {
      cipherSuites: ['ECDHE_ECDSA_WITH_AES_128_CCM_8'],
    });
    for (let count = 1; count <= 2; count += 1) {
      await expect(client.transport.connect('10.0.0.1', 5684)).rejects.toMatchObject({ code: 'ERR_DTLS_CREDENTIAL' });
      expect(client.failures).toHaveLength(count);
    }
  });
});
