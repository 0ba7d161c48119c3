import { describe, expect, test } from 'vitest';
import { Code, type CoapMessage } from '@flownexus/coap';
import { inWords, Stage, type ScriptedDevice } from '../scripted-device.ts';
import { accept, staged } from './observing-device.ts';

describe('device.observe', () => {
  async function observed(): Promise<{ stage: Stage; device: ScriptedDevice }> {
    const { stage, device } = await staged({});
    await device.register();
    return { stage, device };
  }

  test('delivers the first answer and what follows; leaving the loop cancels at the device', async () => {
    const { stage, device } = await observed();
    const observation = stage.server.device('dev').observe('/3/0/9');
    const token = await accept(device, '1', 'CON GET 3/0/9 observe=0 accept=112');
    await stage.settle();
    expect((await observation.established).records[0]?.value).toBe(1);
    device.notify(token, 1, '2');
    await device.received();
    const values: unknown[] = [];
    for await (const { records, initial } of observation) {
      values.push([records[0]?.value, initial]);
      if (values.length === 2) break;
    }
    expect(values).toEqual([
      [1, true],
      [2, false],
    ]);
    const cancel: CoapMessage = await device.one();
    expect(inWords(cancel)).toBe('CON GET 3/0/9 observe=1 accept=112');
    expect(cancel.token).toEqual(token);
    device.answer(cancel, Code.CONTENT, { contentFormat: 0, payload: '3' });
    await stage.settle();
    expect(stage.server.statistics.observations).toBe(0);
    expect(stage.taken()).toEqual(['registered dev', 'initial /3/0/9 1', 'notification /3/0/9 2']);
  });

  test('cancel resolves when the device has answered', async () => {
    const { stage, device } = await observed();
    const observation = stage.server.device('dev').observe('/3/0/9', { accept: null });
    await accept(device, '1', 'CON GET 3/0/9 observe=0');
    await stage.settle();
    let cancelled = false;
    const done = observation.cancel().then(() => (cancelled = true));
    const request = await device.one();
    expect(inWords(request)).toBe('CON GET 3/0/9 observe=1');
    expect(cancelled).toBe(false);
    device.answer(request, Code.CONTENT, { contentFormat: 0, payload: '1' });
    await stage.settle();
    await done;
    expect(await observation[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
  });

  test('a server that stops while the device is asked to end it has nothing to report', async () => {
    const { stage, device } = await observed();
    const observation = stage.server.device('dev').observe('/3/0/9', { accept: null });
    await accept(device, '1', 'CON GET 3/0/9 observe=0');
    await stage.settle();
    stage.taken();
    const cancelled = observation.cancel();
    await device.one();
    await stage.server.stop();
    await cancelled;
    expect(stage.taken()).toEqual([]);
  });

  test('shares the observation of a policy: the present value is read, and cancelling leaves the policy', async () => {
    const { stage, device } = await staged({ observe: [{ path: '/3/0/9' }] });
    await device.register();
    const token = await accept(device, '1');
    await stage.settle();
    stage.taken();
    const observation = stage.server.device('dev').observe('/3/0/9');
    const read = await device.one();
    expect(inWords(read)).toBe('CON GET 3/0/9 accept=112');
    device.answer(read, Code.CONTENT, { contentFormat: 0, payload: '5' });
    await stage.settle();
    expect(await observation.established).toMatchObject({ initial: true, records: [{ value: 5 }] });
    device.notify(token, 1, '6');
    await device.received();
    const iterator = observation[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toMatchObject({ records: [{ value: 5 }] });
    expect((await iterator.next()).value).toMatchObject({ records: [{ value: 6 }] });
    await observation.cancel();
    expect(await device.received()).toEqual([]);
    device.notify(token, 2, '7');
    expect(inWords(await device.one())).toBe('ACK empty');
    expect(stage.taken()).toEqual(['notification /3/0/9 6', 'notification /3/0/9 7']);
  });

  test('a refusal rejects and ends the iteration', async () => {
    const { stage, device } = await observed();
    const observation = stage.server.device('dev').observe('/3/0/99');
    device.answer(await device.one(), Code.NOT_FOUND, { payload: 'no such resource' });
    await stage.settle();
    await expect(observation.established).rejects.toMatchObject({
      responseCode: '4.04',
      diagnostic: 'no such resource',
    });
    await expect(observation[Symbol.asyncIterator]().next()).rejects.toMatchObject({ responseCode: '4.04' });
    expect(stage.server.statistics.observations).toBe(0);
    expect(stage.taken()).toEqual(['registered dev']);
  });

  test('the end of the registration ends it', async () => {
    const { stage, device } = await observed();
    const observation = stage.server.device('dev').observe('/3/0/9');
    await accept(device, '1');
    await stage.settle();
    const iterator = observation[Symbol.asyncIterator]();
    await iterator.next();
    const next = iterator.next();
    const outcome = expect(next).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_REGISTRATION_ENDED' });
    await device.register();
    await outcome;
  });

  test('while it is being established the end of the registration ends it too', async () => {
    const { stage, device } = await observed();
    const observation = stage.server.device('dev').observe('/3/0/9');
    const request = await device.one();
    const outcome = expect(observation.established).rejects.toMatchObject({
      code: 'ERR_LWM2M_SERVER_REGISTRATION_ENDED',
    });
    await device.deregister();
    await outcome;
    await stage.clock.advanceAsync(60_000);
    expect(await device.received()).toEqual([]); // no retransmission
    device.answer(request, Code.CONTENT, { observe: 0, contentFormat: 0, payload: '1' });
    await stage.settle();
    device.notify(request.token, 1, '2');
    expect((await device.received()).map(inWords)).toEqual(['RST empty']);
  });

  test('an answer that comes together with the De-register establishes nothing', async () => {
    const { stage, device } = await observed();
    const observation = stage.server.device('dev').observe('/3/0/9');
    const outcome = expect(observation.established).rejects.toMatchObject({
      code: 'ERR_LWM2M_SERVER_REGISTRATION_ENDED',
    });
    const request = await device.one();
    device.answer(request, Code.CONTENT, { observe: 0, contentFormat: 0, payload: '1' });
    device.request(Code.DELETE, { path: device.location });
    stage.clock.advance(0); // both datagrams, and no promise in between
    await outcome;
    await device.ignore();
    device.notify(request.token, 1, '2');
    expect(inWords(await device.one())).toBe('RST empty');
  });

  test('an aborted signal ends it', async () => {
    const { stage, device } = await observed();
    const controller = new AbortController();
    const observation = stage.server.device('dev').observe('/3/0/9', { signal: controller.signal });
    await device.one();
    controller.abort();
    await expect(observation.established).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_ABORTED' });
    await stage.settle();
    expect(stage.server.statistics.observations).toBe(0);
    const second = stage.server.device('dev').observe('/3/0/9', { signal: controller.signal });
    await expect(second.established).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_ABORTED' });
    expect(await device.received()).toEqual([]);
    expect(stage.server.statistics.observations).toBe(0);
  });

  test('stopping the server ends it', async () => {
    const { stage, device } = await observed();
    const observation = stage.server.device('dev').observe('/3/0/9');
    await accept(device, '1');
    await stage.settle();
    await stage.server.stop();
    const iterator = observation[Symbol.asyncIterator]();
    await iterator.next();
    await expect(iterator.next()).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_STATE' });
  });

  test('survives a move of the device while it is being established', async () => {
    const { stage, device } = await observed();
    const observation = stage.server.device('dev').observe('/3/0/9');
    await device.one(); // not answered
    device.peer.rebind('192.0.2.77', 61_000);
    await device.update();
    const request = await device.one();
    await device.update();
    device.answer(request, Code.CONTENT, { observe: 0, contentFormat: 0, payload: '2' });
    expect(await device.received()).toEqual([]);
    expect((await observation.established).records[0]?.value).toBe(2);
    device.notify(request.token, 1, '3');
    expect(inWords(await device.one())).toBe('ACK empty');
  });

  test('nobody of that name, and paths that are none', async () => {
    const stage = await Stage.start();
    const observation = stage.server.device('nobody').observe('/3/0/9');
    await expect(observation.established).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_NOT_REGISTERED' });
    expect(() => stage.server.device('nobody').observe('/')).toThrow(RangeError);
  });

  test('a policy with a path that is none is refused by the constructor', () => {
    expect(() => new Stage({ observe: [{ path: '/*/0' }] })).toThrow(TypeError);
  });
});
