import { describe, expect, test } from 'vitest';
import { Code, encodeBlock, MessageType, OptionNumber } from '@flownexus/coap';
import { formatPath } from '@flownexus/lwm2m-core';
import type { Lwm2mServerOptions, Notification } from '../../src/index.ts';
import type { ScriptedDevice, Stage } from '../scripted-device.ts';
import { acceptComposite, inFull, senml, staged } from './observing-device.ts';

const PATHS = ['/3/0/9', '/3303/0/5700'];

async function registered(
  options: Partial<Lwm2mServerOptions> = {},
  links?: string,
): Promise<{ stage: Stage; device: ScriptedDevice }> {
  const { stage, device } = await staged(options);
  await device.register('lwm2m=1.1&ep=dev&lt=86400', links);
  stage.taken();
  return { stage, device };
}

function valuesOf({ records }: Notification): unknown {
  return Object.fromEntries(records.map(({ path, value }) => [formatPath(path), value]));
}

describe('device.observeComposite', () => {
  test('asks with the list of paths, decodes from the root, and cancels with the same token and list (ETS 304, 305)', async () => {
    const { stage, device } = await registered();
    const observation = stage.server.device('dev').observeComposite(PATHS);
    const token = await acceptComposite(
      device,
      { '/3/0/9': 95, '/3303/0/5700': 20.5 },
      'CON FETCH observe=0 accept=112 112[/3/0/9 /3303/0/5700]',
    );
    await stage.settle();
    const first = await observation.established;
    expect(valuesOf(first)).toEqual({ '/3/0/9': 95, '/3303/0/5700': 20.5 });
    expect(first).toMatchObject({ composite: true, initial: true, node: { objects: [{ id: 3 }, { id: 3303 }] } });
    expect(first.paths.map(formatPath)).toEqual(PATHS);
    expect(formatPath(first.path)).toBe('/');

    device.notify(token, 1, senml({ '/3/0/9': 94, '/3303/0/5700': 21 }), { contentFormat: 112 });
    expect(inFull(await device.one())).toBe('ACK empty');
    const taken = observation[Symbol.asyncIterator]();
    await taken.next();
    const second: IteratorResult<Notification, undefined> = await taken.next();
    expect(second.value && valuesOf(second.value)).toEqual({ '/3/0/9': 94, '/3303/0/5700': 21 });

    const done = observation.cancel();
    const request = await device.one();
    expect(inFull(request)).toBe('CON FETCH observe=1 accept=112 112[/3/0/9 /3303/0/5700]');
    expect(request.token).toEqual(token);
    device.answer(request, Code.CONTENT, { contentFormat: 112, payload: senml({ '/3/0/9': 94 }) });
    await stage.settle();
    await done;
    expect(stage.server.statistics.observations).toBe(0);
  });

  test('cancelled passively, the device is not asked: its next notification is answered with a Reset', async () => {
    const { stage, device } = await registered();
    const observation = stage.server.device('dev').observeComposite(PATHS);
    const token = await acceptComposite(device, { '/3/0/9': 95 });
    await stage.settle();
    await observation.cancel({ passive: true });
    expect(await device.received()).toEqual([]);
    for (const type of [MessageType.CON, MessageType.NON]) {
      device.notify(token, 1, senml({ '/3/0/9': 94 }), { contentFormat: 112, type });
      expect(inFull(await device.one())).toBe('RST empty');
    }
    expect(stage.taken()).toEqual(['initial / 95']);
  });

  test('attributes go with it to a device of LwM2M 1.2', async () => {
    const { stage, device } = await staged({});
    await device.register('lwm2m=1.2&ep=dev&lt=86400', '</>;ct="112 322",</3/0>,</1/0>');
    stage.server.device('dev').observeComposite(['/3/0/9', '/1/0/1'], { attributes: { pmin: 5, epmax: 7 } });
    await acceptComposite(device, { '/3/0/9': 1 }, 'CON FETCH observe=0 accept=112 pmin=5 epmax=7 322[/3/0/9 /1/0/1]');
  });

  test('another caller of the same paths, in whichever order, shares it and reads the present values', async () => {
    const { stage, device } = await registered();
    stage.server.device('dev').observeComposite(PATHS);
    const token = await acceptComposite(device, { '/3/0/9': 95 });
    await stage.settle();
    const second = stage.server.device('dev').observeComposite(PATHS.toReversed());
    const read = await device.one();
    expect(inFull(read)).toBe('CON FETCH accept=112 112[/3/0/9 /3303/0/5700]');
    device.answer(read, Code.CONTENT, { contentFormat: 112, payload: senml({ '/3/0/9': 93 }) });
    await stage.settle();
    expect(valuesOf(await second.established)).toEqual({ '/3/0/9': 93 });
    device.notify(token, 1, senml({ '/3/0/9': 92 }), { contentFormat: 112 });
    await device.ignore();
    const iterator = second[Symbol.asyncIterator]();
    await iterator.next();
    const next: IteratorResult<Notification, undefined> = await iterator.next();
    expect(next.value && valuesOf(next.value)).toEqual({ '/3/0/9': 92 });
  });

  test('a device that does not have the format is asked in another, once', async () => {
    const { stage, device } = await registered({}, '</>;ct="112 322",</3/0>,</3303/0>');
    const observation = stage.server.device('dev').observeComposite(PATHS);
    const first = await device.one();
    expect(inFull(first)).toBe('CON FETCH observe=0 accept=112 322[/3/0/9 /3303/0/5700]');
    device.answer(first, Code.UNSUPPORTED_CONTENT_FORMAT);
    await acceptComposite(device, { '/3/0/9': 95 }, 'CON FETCH observe=0 accept=112 112[/3/0/9 /3303/0/5700]');
    await stage.settle();
    expect(valuesOf(await observation.established)).toEqual({ '/3/0/9': 95 });
  });

  test('a device that has none of them is refused with its answer', async () => {
    const { stage, device } = await registered();
    const observation = stage.server.device('dev').observeComposite(PATHS);
    for (const contentFormat of [112, 110]) {
      const request = await device.one();
      expect(inFull(request)).toContain(` ${contentFormat}[`);
      device.answer(request, Code.UNSUPPORTED_CONTENT_FORMAT);
    }
    await stage.settle();
    await expect(observation.established).rejects.toMatchObject({ responseCode: '4.15' });
    expect(await device.received()).toEqual([]);
  });

  test('a format and an Accept of the caller are asked for as they are', async () => {
    const { stage, device } = await registered();
    stage.server.device('dev').observeComposite(PATHS, { contentFormat: 110, accept: null });
    expect(inFull(await device.one())).toBe('CON FETCH observe=0 110[/3/0/9 /3303/0/5700]');
  });

  test('two observations of one device have tokens of their own', async () => {
    const { stage, device } = await registered();
    stage.server.device('dev').observeComposite(PATHS);
    const one = await acceptComposite(device, { '/3/0/9': 1 });
    await stage.settle();
    stage.server.device('dev').observeComposite(['/3/0/9']);
    const other = await acceptComposite(device, { '/3/0/9': 1 });
    await stage.settle();
    expect(other).not.toEqual(one);
    expect(stage.server.statistics.observations).toBe(2);
  });

  test('a device that answers with an Empty ACK and nothing else, as Wakaama, is given up on', async () => {
    const { stage, device } = await registered();
    const observation = stage.server.device('dev').observeComposite(PATHS);
    const request = await device.one();
    device.send({ type: MessageType.ACK, code: Code.EMPTY, messageId: request.messageId });
    const outcome = expect(observation.established).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_TIMEOUT' });
    await stage.clock.advanceAsync(300_000);
    await outcome;
    expect(await device.received()).toEqual([]);
  });

  test('values in blocks are fetched with the list of paths', async () => {
    const { stage, device } = await registered();
    stage.server.device('dev').observeComposite(PATHS);
    const token = await acceptComposite(device, { '/3/0/9': 1 });
    await stage.settle();
    stage.taken();
    const payload = senml({ '/3/0/9': 94, '/3303/0/5700': 21 });
    expect(payload.length).toBeGreaterThan(32);
    const block = (num: number): { number: number; value: Uint8Array } => ({
      number: OptionNumber.BLOCK2,
      value: encodeBlock({ num, more: (num + 1) * 32 < payload.length, szx: 1 }),
    });
    device.notify(token, 1, payload.subarray(0, 32), { contentFormat: 112, options: [block(0)] });
    const [ack, rest] = await device.received();
    expect(ack && inFull(ack)).toBe('ACK empty');
    expect(rest && inFull(rest)).toBe('CON FETCH accept=112 112[/3/0/9 /3303/0/5700]');
    if (rest !== undefined) {
      device.answer(rest, Code.CONTENT, { contentFormat: 112, payload: payload.subarray(32), options: [block(1)] });
    }
    await stage.settle();
    expect(stage.taken()).toEqual(['notification / 94 21']);
  });

  test('what is no list of paths, or too long, is the caller’s misuse', async () => {
    const { stage } = await registered();
    const device = stage.server.device('dev');
    expect(() => device.observeComposite([])).toThrow(RangeError);
    expect(() => device.observeComposite(['/3/x'])).toThrow();
    expect(() => device.observeComposite(PATHS, { contentFormat: 11542 })).toThrow();
    expect(() => device.observeComposite(Array.from({ length: 257 }, (_, id) => `/3/0/${id}`))).toThrow(RangeError);
  });
});

describe('a notification of a composite observation', () => {
  async function observed(): Promise<{ stage: Stage; device: ScriptedDevice; token: Uint8Array }> {
    const { stage, device } = await registered({ observe: [{ paths: PATHS }] });
    const token = await acceptComposite(device, { '/3/0/9': 95 });
    await stage.settle();
    stage.taken();
    return { stage, device, token };
  }

  test('that does not decode is acknowledged and said, and the observation goes on', async () => {
    const { stage, device, token } = await observed();
    device.notify(token, 1, Uint8Array.of(0x81), { contentFormat: 112 });
    expect(inFull(await device.one())).toBe('ACK empty');
    expect(stage.taken()).toEqual([
      expect.stringMatching(/^observation failed \/3\/0\/9 \/3303\/0\/5700: the payload for \/ does not decode/),
    ]);
    device.notify(token, 2, senml({ '/3/0/9': 94 }), { contentFormat: 112 });
    expect(inFull(await device.one())).toBe('ACK empty');
    expect(stage.taken()).toEqual(['notification / 94']);
  });

  test('with an error ends it', async () => {
    const { stage, device, token } = await observed();
    device.notify(token, undefined, '', { code: Code.NOT_FOUND });
    await device.ignore();
    expect(stage.taken()).toEqual(['observation failed /3/0/9 /3303/0/5700: the device answered 4.04']);
    device.notify(token, 2, senml({ '/3/0/9': 94 }), { contentFormat: 112 });
    expect(inFull(await device.one())).toBe('RST empty');
  });

  test('without Observe is its last', async () => {
    const { stage, device, token } = await observed();
    device.notify(token, undefined, senml({ '/3/0/9': 94 }), { contentFormat: 112 });
    expect(inFull(await device.one())).toBe('ACK empty');
    expect(stage.taken()).toEqual([
      'notification / 94',
      'observation failed /3/0/9 /3303/0/5700: the device ended the observation of /3/0/9 /3303/0/5700',
    ]);
  });

  test('in the format that was asked for does not have to say so', async () => {
    const { stage, device, token } = await observed();
    device.send({
      type: MessageType.CON,
      code: Code.CONTENT,
      messageId: 4711,
      token,
      options: [{ number: OptionNumber.OBSERVE, value: Uint8Array.of(1) }],
      payload: senml({ '/3/0/9': 94 }),
    });
    expect(inFull(await device.one())).toBe('ACK empty');
    expect(stage.taken()).toEqual(['notification / 94']);
  });

  test('that comes twice counts once', async () => {
    const { stage, device, token } = await observed();
    const messageId = device.notify(token, 1, senml({ '/3/0/9': 94 }), { contentFormat: 112 });
    await device.ignore();
    device.notify(token, 1, senml({ '/3/0/9': 94 }), { contentFormat: 112, messageId });
    expect(inFull(await device.one())).toBe('ACK empty');
    expect(stage.taken()).toEqual(['notification / 94']);
  });
});

describe('a policy for several paths', () => {
  test('observes what is registered, and is made anew when the object list changes', async () => {
    const { stage, device } = await registered(
      { observe: [{ paths: ['/3/0/9', '/3303/*/5700', '/5/0/3'] }] },
      '</3/0>,</3303/0>',
    );
    const first = await acceptComposite(
      device,
      { '/3/0/9': 95 },
      'CON FETCH observe=0 accept=112 112[/3/0/9 /3303/0/5700]',
    );
    await stage.settle();
    expect(await device.update('', '</3/0>,</3303/0>,</3303/1>')).toBe('2.04');
    const cancel = await device.one();
    expect(inFull(cancel)).toBe('CON FETCH observe=1 accept=112 112[/3/0/9 /3303/0/5700]');
    expect(cancel.token).toEqual(first);
    device.answer(cancel, Code.CONTENT, { contentFormat: 112, payload: senml({ '/3/0/9': 95 }) });
    const second = await acceptComposite(
      device,
      { '/3/0/9': 95 },
      'CON FETCH observe=0 accept=112 112[/3/0/9 /3303/0/5700 /3303/1/5700]',
    );
    await stage.settle();
    device.notify(second, 1, senml({ '/3303/1/5700': 7 }), { contentFormat: 112 });
    expect(inFull(await device.one())).toBe('ACK empty');
    expect(stage.taken().at(-1)).toBe('notification / 7');
    expect(stage.server.statistics.observations).toBe(1);
  });

  test('for more instances than may be is said, and not asked', async () => {
    const links = Array.from({ length: 300 }, (_, id) => `</3303/${id}>`).join();
    const { stage, device } = await staged({ observe: [{ paths: ['/3303/*/5700'] }, { path: '/3303/7/5700' }] });
    await device.register('lwm2m=1.1&ep=dev&lt=86400', links);
    expect(inFull(await device.one())).toBe('CON GET 3303/7/5700 observe=0 accept=112');
    await stage.settle();
    expect(stage.taken().at(-1)).toMatch(
      /^observation failed \/3303\/0\/5700 .*: a composite observation has too many paths$/,
    );
  });
});
