import { Code } from '@flownexus/coap';
import { expect, test } from 'vitest';
import { MemoryServer } from './memory-server.ts';

const REGISTER = 'POST /rd?lwm2m=1.1&ep=device&lt=60&b=U';

test('a client registers, updates before its lifetime ends, and de-registers', async () => {
  const server = await MemoryServer.start();
  const client = await server.client();
  await server.clock.runUntil(client.start());
  expect(client.registrationId).toBe('r1');
  await server.clock.advanceAsync(39_999);
  expect(server.requests).toEqual([REGISTER]);
  await server.clock.advanceAsync(1_001);
  expect(server.requests).toEqual([REGISTER, 'POST /rd/r1']);
  await server.clock.advanceAsync(40_100);
  expect(server.requests).toHaveLength(3);
  await server.clock.runUntil(client.stop());
  expect(server.requests.at(-1)).toBe('DELETE /rd/r1');
  await server.coap.close();
  expect(server.clock.pendingTimers).toBe(0);
});

test('an Update has the object list when an Object Instance has come', async () => {
  const server = await MemoryServer.start();
  const client = await server.client();
  await server.clock.runUntil(client.start());
  client.objects.set('/3303/1/5700', 21);
  await server.clock.runUntil(client.update());
  await server.clock.runUntil(client.update());
  const list = '</>;ct=112,</1/0>,</3>;ver=1.0,</3/0>,</5/0>,</3303/0>,</3303/1>,</3304/0>';
  expect(server.lists).toEqual([list.replace('</3303/1>,', ''), list, '']);
});

test('a server that answers an Update 4.04 gets a new Register', async () => {
  const server = await MemoryServer.start();
  const troubles: string[] = [];
  const client = await server.client({ onTrouble: (error) => troubles.push(error.message) });
  await server.clock.runUntil(client.start());
  server.answers.push({ code: Code.NOT_FOUND });
  await server.clock.runUntil(client.update());
  expect(server.requests).toEqual([REGISTER, 'POST /rd/r1', REGISTER]);
  expect(client.registrationId).toBe('r2');
  expect(troubles).toEqual(['the server refused an Update with 4.04']);
});

test('a refusal rejects the start with its code and reason', async () => {
  const server = await MemoryServer.start();
  const client = await server.client();
  server.answers.push({ code: Code.FORBIDDEN, payload: new TextEncoder().encode('not you') });
  await expect(server.clock.runUntil(client.start())).rejects.toMatchObject({
    code: 'ERR_LWM2M_CLIENT_REFUSED',
    responseCode: Code.FORBIDDEN,
    message: 'registration answered 4.03 not you',
  });
});

test('an overloaded server is asked again, with growing pauses', async () => {
  const server = await MemoryServer.start();
  const client = await server.client();
  server.answers.push({ code: Code.SERVICE_UNAVAILABLE }, { code: Code.SERVICE_UNAVAILABLE });
  const startedAt = server.clock.now();
  await server.clock.runUntil(client.start());
  expect(server.requests).toEqual([REGISTER, REGISTER, REGISTER]);
  expect(server.clock.now() - startedAt).toBeGreaterThanOrEqual(2_000 + 4_000);
  expect(server.clock.now() - startedAt).toBeLessThan(7_000);
});

test('a server that is not there is asked until it is', async () => {
  const server = await MemoryServer.start();
  let reachable = false;
  server.network.rule = () => (reachable ? 'deliver' : 'drop');
  const troubles: unknown[] = [];
  const client = await server.client({ onTrouble: (error) => troubles.push(error) });
  const started = client.start();
  await server.clock.advanceAsync(100_000);
  expect(troubles).toEqual([expect.objectContaining({ code: 'ERR_COAP_TIMEOUT' })]);
  reachable = true;
  await server.clock.runUntil(started);
  expect(client.registrationId).toBe('r1');
});

test('stopping while registering ends the attempts', async () => {
  const server = await MemoryServer.start();
  server.network.rule = () => 'drop';
  const client = await server.client();
  const started = client.start();
  const outcome = expect(started).rejects.toMatchObject({ code: 'ERR_LWM2M_CLIENT_STOPPED' });
  await server.clock.advanceAsync(5_000);
  await server.clock.runUntil(client.stop());
  await outcome;
  await server.coap.close();
  expect(server.clock.pendingTimers).toBe(0);
});

test('a client starts once, and updates only while registered', async () => {
  const server = await MemoryServer.start();
  const client = await server.client();
  await expect(client.update()).rejects.toMatchObject({ code: 'ERR_LWM2M_CLIENT_STATE' });
  await server.clock.runUntil(client.start());
  await expect(client.start()).rejects.toMatchObject({ code: 'ERR_LWM2M_CLIENT_STATE' });
});
