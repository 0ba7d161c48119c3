import { describe, expect, test } from 'vitest';
import { Code } from '@flownexus/coap';
import type { Lwm2mServerOptions } from '../../src/index.ts';
import type { ScriptedDevice, Stage } from '../scripted-device.ts';
import { accept, acceptComposite, inFull, staged } from './observing-device.ts';

const LWM2M_1_2 = 'lwm2m=1.2&ep=dev&lt=86400';
const LWM2M_1_1 = 'lwm2m=1.1&ep=dev&lt=86400';

async function registered(
  query: string,
  options: Partial<Lwm2mServerOptions> = {},
): Promise<{ stage: Stage; device: ScriptedDevice }> {
  const { stage, device } = await staged(options);
  await device.register(query);
  return { stage, device };
}

/** Answers the only waiting request, which is a cancellation of this token. */
async function cancelled(device: ScriptedDevice, token: Uint8Array, words: string): Promise<void> {
  const request = await device.one();
  expect(inFull(request)).toBe(words);
  expect(request.token).toEqual(token);
  device.answer(request, Code.CONTENT, { contentFormat: 0, payload: '0' });
}

describe('a device of LwM2M 1.2', () => {
  test('gets attributes with the Observe, as ETS 312 wants it', async () => {
    const { stage, device } = await registered(LWM2M_1_2);
    const observation = stage.server.device('dev').observe('/3/0/7', { attributes: { pmin: 5, pmax: 15 } });
    const token = await accept(device, '3', 'CON GET 3/0/7 observe=0 accept=112 pmin=5 pmax=15');
    await stage.settle();
    expect((await observation.established).records[0]?.value).toBe(3);
    const done = observation.cancel();
    // The options of the cancellation are those of the registration (RFC 7641 §3.6).
    await cancelled(device, token, 'CON GET 3/0/7 observe=1 accept=112 pmin=5 pmax=15');
    await stage.settle();
    await done;
  });

  test('of those of a policy too', async () => {
    const { stage, device } = await registered(LWM2M_1_2, {
      observe: [{ path: '/3303/0/5700', attributes: { gt: 30.5, con: 1 } }],
    });
    await accept(device, '20', 'CON GET 3303/0/5700 observe=0 accept=112 gt=30.5 con=1');
    await stage.settle();
    expect(stage.taken()).toEqual(['registered dev', 'initial /3303/0/5700 20']);
  });

  test('that refuses them does not observe', async () => {
    const { stage, device } = await registered(LWM2M_1_2, { observe: [{ path: '/3/0/9', attributes: { edge: 1 } }] });
    device.answer(await device.one(), Code.BAD_REQUEST);
    await stage.settle();
    expect(stage.taken().at(-1)).toBe('observation failed /3/0/9: the device answered 4.00');
  });
});

describe('an older device', () => {
  test('gets attributes by a Write-Attributes before the Observe', async () => {
    const { stage, device } = await registered(LWM2M_1_1, {
      observe: [{ path: '/3/0/9', attributes: { pmin: 5, pmax: 60 } }],
    });
    const write = await device.one();
    expect(inFull(write)).toBe('CON PUT 3/0/9 pmin=5 pmax=60');
    device.answer(write, Code.CHANGED);
    await accept(device, '1', 'CON GET 3/0/9 observe=0 accept=112');
    await stage.settle();
    expect(stage.taken()).toEqual(['registered dev', 'initial /3/0/9 1']);
  });

  test('that refuses them is observed without, which is said', async () => {
    const { stage, device } = await registered(LWM2M_1_1);
    const errors: unknown[] = [];
    stage.server.on('observationFailed', (_registration, _path, error) => errors.push(error));
    const observation = stage.server.device('dev').observe('/3/0/9', { attributes: { st: 5 } });
    device.answer(await device.one(), Code.BAD_REQUEST, { payload: 'not numeric' });
    await accept(device, '1', 'CON GET 3/0/9 observe=0 accept=112');
    await stage.settle();
    expect((await observation.established).records[0]?.value).toBe(1);
    expect(stage.taken().slice(1)).toEqual([
      'observation failed /3/0/9: /3/0/9 is observed without attributes: the device answered 4.00: not numeric',
      'initial /3/0/9 1',
    ]);
    expect(errors).toMatchObject([
      { code: 'ERR_LWM2M_SERVER_ATTRIBUTES', cause: { responseCode: '4.00', diagnostic: 'not numeric' } },
    ]);
  });

  test('that does not answer the Write-Attributes is not asked to observe before it is heard', async () => {
    const { stage, device } = await registered(LWM2M_1_1, {
      observe: [{ path: '/3/0/9', attributes: { pmin: 5 } }],
    });
    await stage.clock.advanceAsync(100_000);
    expect(new Set((await device.received()).map(inFull))).toEqual(new Set(['CON PUT 3/0/9 pmin=5']));
    expect(await device.update()).toBe('2.04');
    expect(inFull(await device.one())).toBe('CON PUT 3/0/9 pmin=5');
  });

  test('gets those of a composite at each of its paths', async () => {
    const { stage, device } = await registered(LWM2M_1_1, {
      observe: [{ paths: ['/3/0/9', '/1/0/1'], attributes: { pmax: 60 } }],
    });
    for (const words of ['CON PUT 3/0/9 pmax=60', 'CON PUT 1/0/1 pmax=60']) {
      const write = await device.one();
      expect(inFull(write)).toBe(words);
      device.answer(write, Code.CHANGED);
    }
    await acceptComposite(device, { '/3/0/9': 1 }, 'CON FETCH observe=0 accept=112 112[/3/0/9 /1/0/1]');
    await stage.settle();
    expect(stage.taken()).toEqual(['registered dev', 'initial / 1']);
  });
});

describe('other attributes than an observation has', () => {
  test('end it and begin it anew, for those who share it as well', async () => {
    const { stage, device } = await registered(LWM2M_1_2, { observe: [{ path: '/3/0/9', attributes: { pmax: 60 } }] });
    const first = await accept(device, '1', 'CON GET 3/0/9 observe=0 accept=112 pmax=60');
    await stage.settle();
    stage.taken();
    const observation = stage.server.device('dev').observe('/3/0/9', { attributes: { pmax: 10 } });
    await cancelled(device, first, 'CON GET 3/0/9 observe=1 accept=112 pmax=60');
    const second = await accept(device, '2', 'CON GET 3/0/9 observe=0 accept=112 pmax=10');
    await stage.settle();
    expect((await observation.established).records[0]?.value).toBe(2);
    expect(second).not.toEqual(first);
    device.notify(first, 7, '8');
    expect(inFull(await device.one())).toBe('RST empty');
    device.notify(second, 1, '3');
    expect(inFull(await device.one())).toBe('ACK empty');
    expect(stage.taken()).toEqual(['initial /3/0/9 2', 'notification /3/0/9 3']);

    // Without that caller it is as the policy wants it.
    await observation.cancel();
    await cancelled(device, second, 'CON GET 3/0/9 observe=1 accept=112 pmax=10');
    await accept(device, '4', 'CON GET 3/0/9 observe=0 accept=112 pmax=60');
    await stage.settle();
    expect(stage.taken()).toEqual(['initial /3/0/9 4']);
    expect(stage.server.statistics.observations).toBe(1);
  });

  test('that a caller wants while it is being established come after that', async () => {
    const { stage, device } = await registered(LWM2M_1_2);
    const plain = stage.server.device('dev').observe('/3/0/9');
    const request = await device.one();
    const eager = stage.server.device('dev').observe('/3/0/9', { attributes: { pmax: 10 } });
    device.answer(request, Code.CONTENT, { observe: 0, contentFormat: 0, payload: '1' });
    await cancelled(device, request.token, 'CON GET 3/0/9 observe=1 accept=112');
    await accept(device, '2', 'CON GET 3/0/9 observe=0 accept=112 pmax=10');
    await stage.settle();
    expect((await plain.established).records[0]?.value).toBe(1);
    expect((await eager.established).records[0]?.value).toBe(2);
  });

  test('go on when the device ends it with an error instead', async () => {
    const { stage, device } = await registered(LWM2M_1_2, { observe: [{ path: '/3/0/9' }] });
    const token = await accept(device, '1');
    await stage.settle();
    stage.taken();
    stage.server.setPolicies([{ path: '/3/0/9', attributes: { pmax: 10 } }]);
    const cancel = await device.one();
    device.notify(token, undefined, '', { code: Code.NOT_FOUND });
    const [ack, request] = await device.received();
    expect(ack && inFull(ack)).toBe('ACK empty');
    expect(request && inFull(request)).toBe('CON GET 3/0/9 observe=0 accept=112 pmax=10');
    device.answer(cancel, Code.NOT_FOUND);
    if (request !== undefined) device.answer(request, Code.CONTENT, { observe: 0, contentFormat: 0, payload: '2' });
    await stage.settle();
    expect(stage.taken()).toEqual(['initial /3/0/9 2']);
  });

  test('of an older device are written, and those that are not wanted any more unset', async () => {
    const { stage, device } = await registered(LWM2M_1_1);
    const one = stage.server.device('dev').observe('/3/0/9', { attributes: { pmin: 5, pmax: 60 } });
    device.answer(await device.one(), Code.CHANGED);
    const first = await accept(device, '1');
    await stage.settle();
    await one.established;
    const other = stage.server.device('dev').observe('/3/0/9', { attributes: { pmax: 10 } });
    await cancelled(device, first, 'CON GET 3/0/9 observe=1 accept=112');
    const write = await device.one();
    expect(inFull(write)).toBe('CON PUT 3/0/9 pmin pmax=10');
    device.answer(write, Code.CHANGED);
    await accept(device, '2', 'CON GET 3/0/9 observe=0 accept=112');
    await stage.settle();
    expect((await other.established).records[0]?.value).toBe(2);
  });

  test('none at all are no others: a caller shares what is there', async () => {
    const { stage, device } = await registered(LWM2M_1_2, { observe: [{ path: '/3/0/9', attributes: { pmax: 60 } }] });
    await accept(device, '1');
    await stage.settle();
    const observation = stage.server.device('dev').observe('/3/0/9');
    const read = await device.one();
    expect(inFull(read)).toBe('CON GET 3/0/9 accept=112');
    device.answer(read, Code.CONTENT, { contentFormat: 0, payload: '5' });
    await stage.settle();
    expect((await observation.established).records[0]?.value).toBe(5);
  });

  test('that a device refuses fail their caller, and the policy has its own again', async () => {
    const { stage, device } = await registered(LWM2M_1_2, { observe: [{ path: '/3/0/9', attributes: { pmax: 60 } }] });
    const first = await accept(device, '1');
    await stage.settle();
    const observation = stage.server.device('dev').observe('/3/0/9', { attributes: { pmax: 0 } });
    await cancelled(device, first, 'CON GET 3/0/9 observe=1 accept=112 pmax=60');
    device.answer(await device.one(), Code.BAD_REQUEST);
    await stage.settle();
    await expect(observation.established).rejects.toMatchObject({ responseCode: '4.00' });
    const next = await accept(device, '2', 'CON GET 3/0/9 observe=0 accept=112 pmax=60');
    await stage.settle();
    device.notify(next, 1, '3');
    expect(inFull(await device.one())).toBe('ACK empty');
    expect(stage.taken()).toEqual(['registered dev', 'initial /3/0/9 1', 'initial /3/0/9 2', 'notification /3/0/9 3']);
  });

  test('what the device notifies while it is asked to stop is delivered', async () => {
    const { stage, device } = await registered(LWM2M_1_2, { observe: [{ path: '/3/0/9' }] });
    const first = await accept(device, '1');
    await stage.settle();
    stage.taken();
    stage.server.device('dev').observe('/3/0/9', { attributes: { pmax: 10 } });
    const request = await device.one();
    device.notify(first, 1, '2');
    expect(inFull(await device.one())).toBe('ACK empty');
    device.answer(request, Code.CONTENT, { contentFormat: 0, payload: '2' });
    await accept(device, '3', 'CON GET 3/0/9 observe=0 accept=112 pmax=10');
    await stage.settle();
    expect(stage.taken()).toEqual(['notification /3/0/9 2', 'initial /3/0/9 3']);
  });
});

test('attributes that have no form are the caller’s misuse', async () => {
  const { stage } = await registered(LWM2M_1_2);
  expect(() => stage.server.device('dev').observe('/3/0/9', { attributes: { pmin: -1 } })).toThrow(RangeError);
  expect(() => stage.server.device('dev').observeComposite(['/3/0/9'], { attributes: { pmax: 0.5 } })).toThrow(
    RangeError,
  );
});
