import { describe, expect, test } from 'vitest';
import { Code, OptionNumber } from '@flownexus/coap';
import type { Registration } from '../../src/index.ts';
import { inWords, LINKS, Stage } from '../scripted-device.ts';

const SLOW = { parameters: { ackTimeoutMs: 15_000, ackRandomFactor: 1 } };

describe('peerSettings', () => {
  test('are those of the registration as soon as there is one', async () => {
    const asked: (Registration | undefined)[] = [];
    const stage = await Stage.start({
      peerSettings: (_peer, registration) => {
        asked.push(registration);
        return registration?.bindingMode === 'UN' ? SLOW : undefined;
      },
    });
    const device = stage.device();
    await device.register('lwm2m=1.1&ep=dev&lt=600&b=UN');
    expect(asked).toEqual([undefined, stage.server.registration('dev')]);
    stage.server
      .device('dev')
      .read('/3/0/9')
      .catch(() => undefined);
    expect(inWords(await device.one())).toBe('CON GET 3/0/9 accept=112');
    await stage.clock.advanceAsync(14_999);
    expect(await device.received()).toEqual([]);
    await stage.clock.advanceAsync(1);
    expect(inWords(await device.one())).toBe('CON GET 3/0/9 accept=112');
  });

  test('are asked again when an Update changes the registration', async () => {
    const modes: (string | undefined)[] = [];
    const stage = await Stage.start({
      peerSettings: (_peer, registration) => {
        modes.push(registration?.bindingMode);
        return undefined;
      },
    });
    const device = stage.device();
    await device.register('lwm2m=1.1&ep=dev&lt=600&b=U');
    await device.update('b=UN');
    expect(modes).toEqual([undefined, 'U', 'UN']);
  });
});

test('coapLimits are those of the CoAP engine', async () => {
  const stage = await Stage.start({ coapLimits: { peers: 1 }, onRegister: () => new Promise(() => undefined) });
  expect(await stage.device(1000).register()).toBe('no answer');
  stage.device(2000).request(Code.POST, { path: ['rd'], query: ['ep=other', 'lt=60'], payload: LINKS });
  await stage.settle();
  expect(stage.server.statistics.coap).toMatchObject({ requests: 1, limits: 1 });
});

test('echo asks a device to prove its address before it is served, where it is wanted', async () => {
  const stage = await Stage.start({ echo: { required: () => true } });
  const device = stage.device();
  const register = { path: ['rd'], query: ['lwm2m=1.1', 'ep=dev', 'lt=60'], contentFormat: 40, payload: LINKS };
  device.request(Code.POST, register);
  const challenge = await device.one();
  expect(inWords(challenge)).toBe('ACK 4.01');
  expect(stage.server.registration('dev')).toBeUndefined();
  const echo = challenge.options.filter(({ number }) => number === OptionNumber.ECHO);
  device.request(Code.POST, { ...register, options: echo });
  expect(inWords(await device.one())).toBe('ACK 2.01');
});
