import { describe, expect, test } from 'vitest';
import { Code, type CoapMessage } from '@flownexus/coap';
import type { CancelOptions, DeviceObservation, Lwm2mServerOptions, OperationResult } from '../../src/index.ts';
import { inWords, type ScriptedDevice, type Stage } from '../scripted-device.ts';
import { accept, staged } from './observing-device.ts';

/** An observation that a caller cancels: the device has been asked to end it, and has not answered. */
interface Cancelling {
  readonly stage: Stage;
  readonly device: ScriptedDevice;
  readonly observation: DeviceObservation;
  readonly token: Uint8Array;
  readonly request: CoapMessage;
  readonly cancelled: Promise<OperationResult | undefined>;
}

async function cancelling(
  options: Partial<Lwm2mServerOptions> = {},
  cancelOptions: CancelOptions = {},
): Promise<Cancelling> {
  const { stage, device } = await staged(options);
  await device.register('lwm2m=1.1&ep=dev&lt=600');
  const observation = stage.server.device('dev').observe('/3/0/9');
  const token = await accept(device, '1');
  await stage.settle();
  stage.taken();
  const cancelled = observation.cancel(cancelOptions);
  cancelled.catch(() => undefined); // each test looks at it in its own time
  const request = await device.one();
  expect(inWords(request)).toBe('CON GET 3/0/9 observe=1 accept=112');
  return { stage, device, observation, token, request, cancelled };
}

describe('while a cancellation waits for its answer', () => {
  test('notifications go to the handler before they are acknowledged, and to listeners', async () => {
    const gate = Promise.withResolvers<undefined>();
    const seen: unknown[] = [];
    const { stage, device, token, request, cancelled } = await cancelling({
      onNotify: async ({ records, initial }) => {
        if (initial) return;
        seen.push(records[0]?.value);
        await gate.promise;
      },
    });
    device.notify(token, 1, '77');
    expect(await device.received()).toEqual([]);
    expect(seen).toEqual([77]);
    gate.resolve(undefined);
    expect(inWords(await device.one())).toBe('ACK empty');
    expect(stage.taken()).toEqual(['notification /3/0/9 77']);
    device.answer(request, Code.CONTENT, { contentFormat: 0, payload: '78' });
    await stage.settle();
    await cancelled;
    device.notify(token, 2, '79');
    expect(inWords(await device.one())).toBe('RST empty');
    expect(seen).toEqual([77]);
  });

  test('one that the handler fails for is not acknowledged', async () => {
    const { device, token } = await cancelling({
      onNotify: ({ initial }) => (initial ? undefined : Promise.reject(new Error('no'))),
    });
    device.notify(token, 1, '77');
    expect(await device.received()).toEqual([]);
  });

  test('when no answer comes it rejects, and what comes then is answered with a Reset', async () => {
    const { stage, device, token, cancelled } = await cancelling();
    await stage.clock.advanceAsync(60_000);
    await device.ignore();
    device.notify(token, 1, '77');
    expect((await device.received()).map(inWords)).toEqual(['ACK empty']);
    await stage.clock.advanceAsync(60_000);
    await device.ignore();
    await expect(cancelled).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_TIMEOUT' });
    device.notify(token, 2, '78');
    expect(inWords(await device.one())).toBe('RST empty');
    expect(stage.taken()).toEqual(['notification /3/0/9 77']);
  });

  test.each(['De-register', 'Register', 'move'])('a %s ends it: nothing is left to cancel', async (what) => {
    const { stage, device, token, cancelled } = await cancelling();
    if (what === 'De-register') await device.deregister();
    else if (what === 'Register') await device.register();
    else {
      device.peer.rebind('192.0.2.77', 61_000);
      await device.update();
    }
    await cancelled;
    await device.ignore();
    await stage.clock.advanceAsync(50_000);
    expect(await device.received()).toEqual([]); // no retransmission
    stage.taken();
    device.notify(token, 1, '77');
    expect(inWords(await device.one())).toBe('RST empty');
    expect(stage.taken()).toEqual([]);
  });

  test('an error notification is as good as an answer', async () => {
    const { stage, device, token, cancelled } = await cancelling();
    device.notify(token, 3, '', { code: Code.NOT_FOUND });
    await stage.settle();
    await cancelled;
    expect(stage.taken()).toEqual([]);
  });

  test('the answer is what it resolves to, with its value', async () => {
    const { stage, device, request, cancelled } = await cancelling();
    device.answer(request, Code.CONTENT, { contentFormat: 0, payload: '78' });
    await stage.settle();
    expect(await cancelled).toMatchObject({
      responseCode: '2.05',
      contentFormat: 0,
      node: { kind: 'singleResource', id: 9, type: 'integer', value: 78 },
    });
  });

  test.each([
    ['a refusal', Code.NOT_FOUND, {}, '4.04'],
    ['a value that does not decode', Code.CONTENT, { contentFormat: 112, payload: 'no SenML' }, '2.05'],
  ] as const)('of %s the code is left', async (_, code, content, responseCode) => {
    const { stage, device, request, cancelled } = await cancelling();
    device.answer(request, code, content);
    await stage.settle();
    expect(await cancelled).toEqual({ responseCode });
  });

  test('it rejects when the time of the caller is over, and what comes then is answered with a Reset', async () => {
    const { stage, device, token, cancelled } = await cancelling({}, { timeoutMs: 1_000 });
    await stage.clock.advanceAsync(1_000);
    await expect(cancelled).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_TIMEOUT' });
    await device.ignore();
    device.notify(token, 1, '77');
    expect(inWords(await device.one())).toBe('RST empty');
  });

  test('a time that is none is refused', async () => {
    const { observation } = await cancelling();
    await expect(observation.cancel({ timeoutMs: -1 })).rejects.toThrow(RangeError);
  });

  test('another caller observes anew', async () => {
    const { stage, device, request, cancelled } = await cancelling();
    const second = stage.server.device('dev').observe('/3/0/9');
    device.answer(request, Code.CONTENT, { contentFormat: 0, payload: '1' });
    await stage.settle();
    await cancelled;
    const token = await accept(device, '2', 'CON GET 3/0/9 observe=0 accept=112');
    await stage.settle();
    expect((await second.established).records[0]?.value).toBe(2);
    device.notify(token, 1, '3');
    expect(inWords(await device.one())).toBe('ACK empty');
  });
});
