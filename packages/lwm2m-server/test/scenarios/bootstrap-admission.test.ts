import { Code, formatCode } from '@flownexus/coap';
import type { PeerIdentity } from '@flownexus/datagram';
import { describe, expect, test } from 'vitest';
import type { BootstrapConfiguration, BootstrapStore } from '../../src/index.ts';
import { inWords, SERVER } from '../scripted-device.ts';
import { ACCOUNT, BootstrapScene } from './bootstrap-scene.ts';
import { expectRefused, request, serve } from './bootstrapping.ts';

const ID: PeerIdentity = { kind: 'psk', identity: 'id' };

describe('who has proven an identity', () => {
  test('is bootstrapped as the endpoint that it belongs to', async () => {
    const scene = await BootstrapScene.start();
    const device = scene.device(ID);
    await serve(device, (await request(device)).first);
    expect(scene.log).toEqual(['finished dev, psk']);
    expect(scene.server.statistics).toMatchObject({ sessions: 0, bootstraps: 1, bootstrapFailures: 0, refusals: 0 });
  });

  test('needs no endpoint name', async () => {
    const scene = await BootstrapScene.start();
    const device = scene.device(ID);
    device.request(Code.POST, { path: ['bs'] });
    const [answer, first] = await device.received();
    expect(answer && formatCode(answer.code)).toBe('2.04');
    await serve(device, first);
    expect(scene.log).toEqual(['finished dev, psk']);
  });

  test('is no other endpoint', async () => {
    const scene = await BootstrapScene.start();
    await scene.refused('ep=open', '4.00 the identity belongs to another endpoint', ID);
  });

  test('is nobody when the identity belongs to none', async () => {
    const scene = await BootstrapScene.start();
    await scene.refused('ep=open', '4.00 the identity belongs to no endpoint', { kind: 'psk', identity: 'x' });
  });
});

describe('who has proven nothing', () => {
  test('is bootstrapped as an endpoint without a credential', async () => {
    const scene = await BootstrapScene.start();
    const device = scene.device();
    await serve(device, (await request(device, 'ep=open')).first);
    expect(scene.log).toEqual(['finished open, anonymous']);
  });

  test('is not an endpoint that has a credential', async () => {
    const scene = await BootstrapScene.start();
    await scene.refused('ep=dev', '4.00 the endpoint has a credential: it comes over DTLS');
  });

  test('says who it is', async () => {
    const scene = await BootstrapScene.start();
    await scene.refused('', '4.00 ep is missing');
  });

  test('is refused where there are to be none', async () => {
    const scene = await BootstrapScene.start({ noSec: false });
    await scene.refused('ep=open', '4.00 devices without an identity are not admitted');
  });
});

describe('a Bootstrap-Request', () => {
  test.each([
    ['ep=nobody', '4.00 there is no bootstrap configuration for this endpoint'],
    ['ep=open&pct=60', '4.15 pct is one of 11542, 112, 110, 11544'],
    ['ep=open&pct=TLV', '4.00 pct is not the number of a Content-Format'],
    ['ep=open&pct=110&pct=112', '4.00 the parameter pct occurs twice'],
    ['ep=open&ep=open', '4.00 the parameter ep occurs twice'],
  ])('with %s is refused', async (query, expected) => {
    const scene = await BootstrapScene.start();
    await scene.refused(query, expected);
  });

  test('is refused by the application', async () => {
    const scene = await BootstrapScene.start({
      authorize: ({ operation, endpointName }) => ({
        code: '4.29',
        reason: `no ${operation} of ${endpointName} today`,
      }),
    });
    await scene.refused('ep=open', '4.29 no bootstrap of open today');
  });

  test('is answered 5.03 when the store fails', async () => {
    const configurations: BootstrapStore = { get: () => Promise.reject(new Error('no disk')) };
    const scene = await BootstrapScene.start({ configurations });
    const device = scene.device();
    device.request(Code.POST, { path: ['bs'], query: ['ep=open'] });
    expectRefused(await device.one(), '5.03 the server can not take this now');
    expect(scene.log[0]).toBe('error: the bootstrap configuration of open could not be had: Error: no disk');
  });

  test('is answered 5.03 when the store has what can not be written', async () => {
    const configurations: BootstrapStore = {
      get: () => ({ instances: [{ path: '/3', resources: [] }], deletes: ['3/0/0'] }),
    };
    const scene = await BootstrapScene.start({ configurations });
    await scene.refused('ep=open', '5.03 the server can not take this now');
  });

  test('whose answer comes too late begins nothing, and takes no place', async () => {
    const late = Promise.withResolvers<BootstrapConfiguration>();
    const configurations: BootstrapStore = { get: (name) => (name === 'open' ? late.promise : ACCOUNT) };
    const scene = await BootstrapScene.start({ configurations, maxSessions: 1 });
    const device = scene.device();
    device.request(Code.POST, { path: ['bs'], query: ['ep=open'] });
    await scene.clock.advanceAsync(300_000); // longer than EXCHANGE_LIFETIME
    await device.ignore(); // the Empty ACK
    late.resolve(ACCOUNT);
    expect(await device.received()).toEqual([]);

    const { answer } = await request(scene.device(ID, 50_001));

    expect(formatCode(answer.code)).toBe('2.04');
    expect(scene.server.statistics).toMatchObject({ sessions: 1, bootstrapFailures: 0 });
  });

  test('whose configuration comes late does not end the session of a later one', async () => {
    const found: ((configuration: BootstrapConfiguration) => void)[] = [];
    const scene = await BootstrapScene.start({
      configurations: { get: () => new Promise((resolve) => found.push(resolve)) },
    });
    const [before, device] = [scene.device(), scene.device(undefined, 50_001)];
    for (const each of [before, device]) {
      each.request(Code.POST, { path: ['bs'], query: ['ep=open'] });
      await scene.settle();
    }

    found[1]?.(ACCOUNT);
    const [, first] = await device.received();
    found[0]?.(ACCOUNT);

    expectRefused(await before.one(), '5.03 the device has asked again meanwhile');
    await serve(device, first);
    expect(scene.log.at(-1)).toBe('finished open, anonymous');
  });

  test.each([
    [Code.GET, ['bs'], '4.05'],
    [Code.POST, ['bs', '1'], '4.04'],
    [Code.POST, ['bspack'], '4.05'],
    [Code.POST, ['rd'], '4.04'],
  ])('is nothing else: %s %s', async (method, path, expected) => {
    const scene = await BootstrapScene.start();
    const device = scene.device();
    device.request(method, { path, query: ['ep=open'] });
    expect(formatCode((await device.one()).code)).toBe(expected);
  });
});

test('its messages are shown to whom they concern', async () => {
  const scene = await BootstrapScene.start();
  const lines: string[] = [];
  const stop = scene.server.trace('open', ({ direction, message }) =>
    lines.push(`${direction} ${message === undefined ? 'garbage' : inWords(message)}`),
  );
  const [device, other] = [scene.device(), scene.device(ID, 50_001)];
  await request(other);
  const { first } = await request(device, 'ep=open');
  await serve(device, first);
  expect(lines.slice(0, 4)).toEqual(['in CON POST bs', 'out ACK 2.04', 'out CON DELETE 0', 'in ACK 2.02']);
  expect(lines).toHaveLength(12);
  stop();
});

test('a server starts once', async () => {
  const scene = await BootstrapScene.start();
  expect(scene.server.addresses).toEqual([{ scheme: 'coaps', ...SERVER }]);
  await expect(scene.server.start()).rejects.toThrow('a server starts once');
  await scene.server.stop();
  await scene.server.stop();
  expect(scene.server.addresses).toEqual([]);
});
