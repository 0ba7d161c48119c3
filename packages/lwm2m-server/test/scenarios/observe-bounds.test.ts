import { describe, expect, test } from 'vitest';
import { Code } from '@flownexus/coap';
import type { DeviceObservation } from '../../src/index.ts';
import { inWords, type ScriptedDevice, type Stage } from '../scripted-device.ts';
import { accept, staged } from './observing-device.ts';

/** When `established` was settled, on the stage's clock, and how. */
function outcomeOf(stage: Stage, { established }: DeviceObservation): { at?: number; as?: unknown } {
  const outcome: { at?: number; as?: unknown } = {};
  const settled = (as: unknown): void => {
    Object.assign(outcome, { at: stage.clock.now(), as });
  };
  established.then(({ records }) => settled(records[0]?.value), settled);
  return outcome;
}

const TIMEOUT = { code: 'ERR_LWM2M_SERVER_TIMEOUT' };

describe('the bounds of observe() are the caller’s own', () => {
  async function registered(options = {}): Promise<{ stage: Stage; device: ScriptedDevice; start: number }> {
    const { stage, device } = await staged(options);
    await device.register('lwm2m=1.1&ep=dev&lt=86400');
    return { stage, device, start: stage.clock.now() };
  }

  test('a time limit rejects one caller, not another', async () => {
    const { stage, device, start } = await registered();
    const first = stage.server.device('dev').observe('/3/0/9', { timeoutMs: 1000 });
    const impatient = outcomeOf(stage, first);
    const patient = outcomeOf(stage, stage.server.device('dev').observe('/3/0/9'));
    const request = await device.one();
    await stage.clock.advanceAsync(1500);
    expect(impatient).toMatchObject({ at: start + 1000, as: TIMEOUT });
    expect(patient).toEqual({});
    await expect(first[Symbol.asyncIterator]().next()).rejects.toMatchObject(TIMEOUT);
    device.answer(request, Code.CONTENT, { observe: 0, contentFormat: 0, payload: '5' });
    await stage.settle();
    expect(patient.as).toBe(5);
  });

  test('one that joins a policy is not bound to its patience, nor the policy to its', async () => {
    const { stage, device, start } = await registered({ observe: [{ path: '/3/0/9' }] });
    const request = await device.one();
    const caller = outcomeOf(stage, stage.server.device('dev').observe('/3/0/9', { timeoutMs: 1000 }));
    await stage.clock.advanceAsync(1500);
    expect(caller).toMatchObject({ at: start + 1000, as: TIMEOUT });
    device.answer(request, Code.CONTENT, { observe: 0, contentFormat: 0, payload: '5' });
    await stage.settle();
    expect(stage.taken()).toEqual(['registered dev', 'initial /3/0/9 5']);
  });

  test('one that reads the present value of an observation is bounded too', async () => {
    const { stage, device } = await registered({ observe: [{ path: '/3/0/9' }] });
    const token = await accept(device, '1');
    await stage.settle();
    const start = stage.clock.now();
    const caller = outcomeOf(stage, stage.server.device('dev').observe('/3/0/9', { timeoutMs: 1000 }));
    expect(inWords(await device.one())).toBe('CON GET 3/0/9 accept=112');
    await stage.clock.advanceAsync(60_000);
    expect(caller).toMatchObject({ at: start + 1000, as: TIMEOUT });
    expect(await device.received()).toEqual([]); // nobody retransmits for a caller that is gone
    device.notify(token, 1, '2');
    expect(inWords(await device.one())).toBe('ACK empty');
  });

  test('when the last one leaves, the establishment is given up', async () => {
    const { stage, device } = await registered();
    outcomeOf(stage, stage.server.device('dev').observe('/3/0/9', { timeoutMs: 1000 }));
    const controller = new AbortController();
    outcomeOf(stage, stage.server.device('dev').observe('/3/0/9', { signal: controller.signal }));
    const request = await device.one();
    await stage.clock.advanceAsync(1000);
    expect(stage.server.statistics.observations).toBe(1);
    controller.abort();
    await stage.settle();
    expect(stage.server.statistics.observations).toBe(0);
    await device.ignore();
    await stage.clock.advanceAsync(60_000);
    expect(await device.received()).toEqual([]);
    device.notify(request.token, 1, '2');
    expect(inWords(await device.one())).toBe('RST empty');
  });

  test('it limits the wait for the first answer, not the observation', async () => {
    const { stage, device } = await registered();
    const observation = stage.server.device('dev').observe('/3/0/9', { timeoutMs: 1000 });
    const token = await accept(device, '1');
    await stage.clock.advanceAsync(5000);
    device.notify(token, 1, '2');
    expect(inWords(await device.one())).toBe('ACK empty');
    const iterator = observation[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toMatchObject({ initial: true });
    expect((await iterator.next()).value).toMatchObject({ records: [{ value: 2 }] });
  });

  test.each([NaN, -1, Infinity])('a timeoutMs of %s is refused at once', async (timeoutMs) => {
    const { stage } = await registered();
    expect(() => stage.server.device('dev').observe('/3/0/9', { timeoutMs })).toThrow(RangeError);
    expect(stage.server.statistics.observations).toBe(0);
  });
});
