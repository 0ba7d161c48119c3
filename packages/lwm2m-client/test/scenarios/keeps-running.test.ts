import { Code } from '@flownexus/coap';
import { expect, test } from 'vitest';
import { HoldingClock } from '../holding-clock.ts';
import { MemoryServer } from './memory-server.ts';

test.each(['stop', 'close'] as const)('a client holds the process from its start until %s', async (end) => {
  const server = await MemoryServer.start();
  const clock = new HoldingClock(server.clock);
  const client = await server.client({ clock });
  expect(clock.holds).toBe(0);
  await server.clock.runUntil(client.start());
  expect(clock.isHeld).toBe(true);
  await server.clock.runUntil(client[end]());
  expect(clock.isHeld).toBe(false);
});

test('a client that starts a second time holds the process as before', async () => {
  const server = await MemoryServer.start();
  const clock = new HoldingClock(server.clock);
  const client = await server.client({ clock });
  await server.clock.runUntil(client.start());
  await expect(client.start()).rejects.toMatchObject({ code: 'ERR_LWM2M_CLIENT_STATE' });
  expect(clock.isHeld).toBe(true);
  await server.clock.runUntil(client.close());
});

test('a client that is refused when it starts does not hold the process', async () => {
  const server = await MemoryServer.start();
  const clock = new HoldingClock(server.clock);
  const client = await server.client({ clock });
  server.answers.push({ code: Code.FORBIDDEN });
  await expect(server.clock.runUntil(client.start())).rejects.toMatchObject({ code: 'ERR_LWM2M_CLIENT_REFUSED' });
  expect(clock.holds).toBe(1);
  expect(clock.isHeld).toBe(false);
  await server.clock.runUntil(client.close());
});
