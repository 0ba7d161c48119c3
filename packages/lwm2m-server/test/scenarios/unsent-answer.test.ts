import { expect, test } from 'vitest';
import { Code } from '@flownexus/coap';
import { inWords, Stage } from '../scripted-device.ts';

/** Longer than a device waits for an answer (EXCHANGE_LIFETIME, RFC 7252 §4.8.2). */
const TOO_LONG_MS = 260_000;

test('a Register whose answer can never leave stands: its event comes, and the policies apply', async () => {
  const gate = Promise.withResolvers<undefined>();
  const stage = await Stage.start({ observe: [{ path: '/3/0/9' }], onRegister: () => gate.promise });
  const device = stage.device();
  expect(await device.register('lwm2m=1.1&ep=dev&lt=600')).toBe('no answer');
  await stage.clock.advanceAsync(TOO_LONG_MS);
  await device.ignore();
  expect(stage.taken()).toEqual([]);
  gate.resolve(undefined);
  expect((await device.received()).map(inWords)).toEqual(['CON GET 3/0/9 observe=0 accept=112']);
  expect(stage.taken()).toEqual(['registered dev']);
  expect(stage.server.registration('dev')).toBeDefined();
});

test.each([
  ['onUpdate', Code.POST, 'updated dev'],
  ['onDeregister', Code.DELETE, 'deregistered dev'],
] as const)('likewise for %s', async (handler, method, event) => {
  const gate = Promise.withResolvers<undefined>();
  const stage = await Stage.start({ [handler]: () => gate.promise });
  const device = stage.device();
  await device.register('lwm2m=1.1&ep=dev&lt=600');
  stage.taken();
  device.request(method, { path: device.location });
  await stage.clock.advanceAsync(TOO_LONG_MS);
  expect(stage.taken()).toEqual([]);
  gate.resolve(undefined);
  await stage.settle();
  expect(stage.taken()).toEqual([event]);
});

test('likewise for a refusal', async () => {
  const gate = Promise.withResolvers<undefined>();
  const stage = await Stage.start({ onRegister: () => gate.promise });
  await stage.device().register();
  await stage.clock.advanceAsync(TOO_LONG_MS);
  gate.reject(new Error('no database'));
  await stage.settle();
  expect(stage.taken().at(-1)).toBe('refused register of dev: 5.03 the server can not take this now');
});
