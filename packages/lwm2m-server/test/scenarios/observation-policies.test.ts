import { describe, expect, test } from 'vitest';
import { Code } from '@flownexus/coap';
import type { ObservationPolicy } from '../../src/index.ts';
import { inWords, Stage, type ScriptedDevice } from '../scripted-device.ts';
import { accept, acceptComposite, inFull, senml, staged } from './observing-device.ts';

/** A registered device that has accepted what it was asked for, by the words of the request. */
async function observed(
  policies: readonly ObservationPolicy[],
  count: number,
): Promise<{ stage: Stage; device: ScriptedDevice; tokens: Uint8Array[] }> {
  const { stage, device } = await staged({ observe: policies });
  await device.register('lwm2m=1.1&ep=dev&lt=86400');
  const tokens: Uint8Array[] = [];
  for (let index = 0; index < count; index += 1) tokens.push(await accept(device, '1'));
  await stage.settle();
  stage.taken();
  return { stage, device, tokens };
}

describe('policies for some endpoints', () => {
  test('are for one by its name, or for those that a function wants', async () => {
    const stage = await Stage.start({
      observe: [
        { path: '/3/0/9', endpoints: 'one' },
        { path: '/1/0/1', endpoints: ({ lifetime }) => lifetime > 1000 },
      ],
    });
    const one = stage.device(1);
    await one.register('lwm2m=1.1&ep=one&lt=60');
    expect(inFull(await one.one())).toBe('CON GET 3/0/9 observe=0 accept=112');
    const two = stage.device(2);
    await two.register('lwm2m=1.1&ep=two&lt=86400');
    expect(inFull(await two.one())).toBe('CON GET 1/0/1 observe=0 accept=112');
  });

  test('follow an Update that changes what a function looks at', async () => {
    const { stage, device } = await staged({
      observe: [{ path: '/3/0/9', endpoints: ({ lifetime }) => lifetime > 1000 }],
    });
    await device.register('lwm2m=1.1&ep=dev&lt=60');
    expect(await device.received()).toEqual([]);
    expect(await device.update('lt=3600')).toBe('2.04');
    const token = await accept(device, '1', 'CON GET 3/0/9 observe=0 accept=112');
    await stage.settle();
    expect(await device.update('lt=60')).toBe('2.04');
    const cancel = await device.one();
    expect(inFull(cancel)).toBe('CON GET 3/0/9 observe=1 accept=112');
    expect(cancel.token).toEqual(token);
  });

  test('a function that throws wants nothing, and is reported', async () => {
    const { stage, device } = await staged({
      observe: [
        {
          path: '/3/0/9',
          endpoints: () => {
            throw new Error('no');
          },
        },
        { path: '/1/0/1' },
      ],
    });
    await device.register();
    expect(inFull(await device.one())).toBe('CON GET 1/0/1 observe=0 accept=112');
    expect(stage.taken()).toContain('error: an observation policy failed for dev: Error: no');
  });
});

describe('setPolicies', () => {
  test('ends what is not wanted any more, leaves what still is, and begins what is new', async () => {
    const { stage, device, tokens } = await observed([{ path: '/3/0/9' }, { path: '/1/0/1' }], 2);
    stage.server.setPolicies([{ path: '/1/0/1' }, { path: '/3303/*/5700' }]);
    const cancel = await device.one();
    expect(inFull(cancel)).toBe('CON GET 3/0/9 observe=1 accept=112');
    expect(cancel.token).toEqual(tokens[0]);
    device.answer(cancel, Code.CONTENT, { contentFormat: 0, payload: '1' });
    await accept(device, '20', 'CON GET 3303/0/5700 observe=0 accept=112');
    await accept(device, '21', 'CON GET 3303/1/5700 observe=0 accept=112');
    await stage.settle();
    device.notify(tokens[1] ?? new Uint8Array(), 1, '2');
    expect(inWords(await device.one())).toBe('ACK empty');
    device.notify(tokens[0] ?? new Uint8Array(), 1, '2');
    expect(inWords(await device.one())).toBe('RST empty');
    expect(stage.taken()).toEqual(['initial /3303/0/5700 20', 'initial /3303/1/5700 21', 'notification /1/0/1 2']);
    expect(stage.server.statistics.observations).toBe(3);
  });

  test('with other attributes asks anew', async () => {
    const { stage, device } = await staged({ observe: [{ path: '/3/0/9' }] });
    await device.register('lwm2m=1.2&ep=dev&lt=86400');
    await accept(device, '1', 'CON GET 3/0/9 observe=0 accept=112');
    await stage.settle();
    stage.server.setPolicies([{ path: '/3/0/9', attributes: { pmin: 30 } }]);
    const cancel = await device.one();
    expect(inFull(cancel)).toBe('CON GET 3/0/9 observe=1 accept=112');
    device.answer(cancel, Code.CONTENT, { contentFormat: 0, payload: '1' });
    await accept(device, '1', 'CON GET 3/0/9 observe=0 accept=112 pmin=30');
  });

  test('leaves what a caller observes', async () => {
    const { stage, device, tokens } = await observed([{ path: '/3/0/9' }], 1);
    const observation = stage.server.device('dev').observe('/3/0/9');
    device.answer(await device.one(), Code.CONTENT, { contentFormat: 0, payload: '1' });
    await stage.settle();
    await observation.established;
    stage.server.setPolicies([]);
    expect(await device.received()).toEqual([]);
    device.notify(tokens[0] ?? new Uint8Array(), 1, '2');
    expect(inWords(await device.one())).toBe('ACK empty');
  });

  test('a device that does not answer has its observation forgotten all the same', async () => {
    const { stage, device, tokens } = await observed([{ path: '/3/0/9' }], 1);
    stage.server.setPolicies([]);
    await stage.clock.advanceAsync(100_000);
    await device.ignore();
    device.notify(tokens[0] ?? new Uint8Array(), 1, '2');
    expect(inWords(await device.one())).toBe('RST empty');
    expect(stage.taken()).toEqual([]);
  });

  test('policies that are none change nothing', async () => {
    const { stage, device } = await observed([{ path: '/3/0/9' }], 1);
    expect(() => stage.server.setPolicies([{ path: '/3/0/9' }, { path: '/*' }])).toThrow(TypeError);
    expect(() => stage.server.setPolicies([{ path: '/3/0/9', attributes: { pmin: -1 } }])).toThrow(RangeError);
    expect(await device.received()).toEqual([]);
    await device.register('lwm2m=1.1&ep=dev&lt=86400');
    expect(inFull(await device.one())).toBe('CON GET 3/0/9 observe=0 accept=112');
  });

  test('of many endpoints asks about each once, also where others come before it is done', async () => {
    const stage = await Stage.start();
    const endpoints = 1100;
    for (let index = 0; index < endpoints; index += 1) {
      await stage.device(1000 + index).register(`lwm2m=1.1&ep=dev${index}&lt=60`, '</3/0>');
    }
    const asked = { first: 0, second: 0 };
    const counting = (which: keyof typeof asked): ObservationPolicy => ({
      path: '/3/0/9',
      endpoints: () => {
        asked[which] += 1;
        return false;
      },
    });
    stage.server.setPolicies([counting('first')]);
    stage.server.setPolicies([counting('second')]);
    await stage.settle();
    expect(asked).toEqual({ first: 500, second: endpoints });
  });

  test('of many endpoints comes in steps, and what registers meanwhile has the new ones', async () => {
    const stage = await Stage.start();
    const devices = Array.from({ length: 1100 }, (_, index) => stage.device(1000 + index));
    for (const [index, device] of devices.entries()) await device.register(`lwm2m=1.1&ep=dev${index}&lt=60`, '</3/0>');
    stage.server.setPolicies([{ path: '/3/0/9' }]);
    expect(stage.server.statistics.observations).toBe(500);
    stage.server.setPolicies([{ path: '/3/0/7' }]);
    expect(stage.server.statistics.observations).toBe(500);
    await stage.settle();
    expect(stage.server.statistics.observations).toBe(1100);
    const last = devices.at(-1);
    expect((await last?.received())?.map(inFull)).toEqual(['CON GET 3/0/7 observe=0 accept=112']);
  });
});

describe('policies and sleeping devices', () => {
  const QUEUE_MODE = 'lwm2m=1.1&ep=dev&lt=86400&b=U&Q';

  test('one in queue mode is asked one after another, and not while it sleeps', async () => {
    const { stage, device } = await staged({ observe: [{ path: '/3/0/9' }, { paths: ['/1/0/1', '/3/0/9'] }] });
    await device.register(QUEUE_MODE);
    await accept(device, '1', 'CON GET 3/0/9 observe=0 accept=112');
    const request = await device.one();
    await stage.clock.advanceAsync(200_000);
    await device.ignore();
    expect(request.code).toBe(Code.FETCH);
    // It wakes for an Update.
    expect(await device.update()).toBe('2.04');
    await acceptComposite(device, { '/1/0/1': 60 }, 'CON FETCH observe=0 accept=112 112[/1/0/1 /3/0/9]');
    await stage.settle();
    expect(stage.taken().filter((line) => line.startsWith('initial'))).toEqual(['initial /3/0/9 1', 'initial / 60']);
  });

  test('new policies wait until it wakes', async () => {
    const { stage, device } = await staged({});
    await device.register(QUEUE_MODE);
    await stage.clock.advanceAsync(100_000);
    stage.server.setPolicies([{ path: '/3/0/9' }]);
    expect(await device.received()).toEqual([]);
    device.report(senml({ '/3303/0/5700': 1 }));
    const [answer, request] = await device.received();
    expect(answer && inFull(answer)).toBe('ACK 2.04');
    expect(request && inFull(request)).toBe('CON GET 3/0/9 observe=0 accept=112');
  });

  test('that one sleeps is no silence', async () => {
    const { stage, device } = await staged({});
    await device.register(QUEUE_MODE);
    await stage.clock.advanceAsync(100_000);
    for (let count = 0; count < 5; count += 1) {
      stage.server.setPolicies([{ path: '/3/0/9' }]);
      await stage.settle();
    }
    expect(stage.taken()).toEqual(['registered dev']);
  });

  test('what is not wanted any more is forgotten while it sleeps, without a request', async () => {
    const { stage, device } = await staged({ observe: [{ path: '/3/0/9' }] });
    await device.register(QUEUE_MODE);
    const token = await accept(device, '1');
    await stage.clock.advanceAsync(100_000);
    stage.server.setPolicies([]);
    expect(await device.received()).toEqual([]);
    device.notify(token, 1, '2');
    expect(inWords(await device.one())).toBe('RST empty');
  });

  test('a caller waits until it wakes, also if it registers anew then', async () => {
    const { stage, device } = await staged({});
    await device.register(QUEUE_MODE);
    await stage.clock.advanceAsync(100_000);
    const observation = stage.server.device('dev').observe('/3/0/9');
    expect(await device.received()).toEqual([]);
    await device.register(QUEUE_MODE);
    await accept(device, '1', 'CON GET 3/0/9 observe=0 accept=112');
    await stage.settle();
    expect((await observation.established).records[0]?.value).toBe(1);
  });

  test('a caller that does not wait is told so', async () => {
    const { stage, device } = await staged({});
    await device.register(QUEUE_MODE);
    await stage.clock.advanceAsync(100_000);
    const observation = stage.server.device('dev').observe('/3/0/9', { whenAsleep: 'fail' });
    await expect(observation.established).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_ASLEEP' });
    expect(stage.server.statistics.observations).toBe(0);
  });

  test('a cancellation waits until it wakes, and what it notifies until then is delivered', async () => {
    const { stage, device } = await staged({});
    await device.register(QUEUE_MODE);
    const observation = stage.server.device('dev').observe('/3/0/9');
    const token = await accept(device, '1');
    await stage.settle();
    await stage.clock.advanceAsync(100_000);
    const cancelled = observation.cancel();
    expect(await device.received()).toEqual([]);
    device.notify(token, 1, '2');
    const [ack, cancel] = await device.received();
    expect(ack && inFull(ack)).toBe('ACK empty');
    expect(cancel && inFull(cancel)).toBe('CON GET 3/0/9 observe=1 accept=112');
    if (cancel !== undefined) device.answer(cancel, Code.CONTENT, { contentFormat: 0, payload: '2' });
    await stage.settle();
    await cancelled;
    expect(stage.taken().at(-1)).toBe('notification /3/0/9 2');
  });

  test('a cancellation that waits has nothing to do when the device comes back as another peer', async () => {
    const { stage, device } = await staged({});
    await device.register(QUEUE_MODE);
    const observation = stage.server.device('dev').observe('/3/0/9');
    await accept(device, '1');
    await stage.settle();
    await stage.clock.advanceAsync(100_000);
    const cancelled = observation.cancel();
    device.peer.rebind('192.0.2.77', 61_000);
    const before = stage.network.log.length;
    expect(await device.update()).toBe('2.04');
    await cancelled;
    expect(stage.network.log.length - before).toBe(2); // the Update and its answer
  });

  test('a cancellation that waits has nothing to do when the device registers anew', async () => {
    const { stage, device } = await staged({});
    await device.register(QUEUE_MODE);
    const observation = stage.server.device('dev').observe('/3/0/9');
    await accept(device, '1');
    await stage.settle();
    await stage.clock.advanceAsync(100_000);
    const cancelled = observation.cancel();
    await device.register(QUEUE_MODE);
    await cancelled;
    expect(await device.received()).toEqual([]);
  });
});
