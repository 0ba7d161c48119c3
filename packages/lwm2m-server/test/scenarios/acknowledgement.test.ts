import { describe, expect, test } from 'vitest';
import { Code, MessageType } from '@flownexus/coap';
import type { Notification } from '../../src/index.ts';
import { inWords, type ScriptedDevice, type Stage } from '../scripted-device.ts';
import { accept, staged } from './observing-device.ts';

describe('a value is acknowledged when it is safe', () => {
  test('the ACK waits for the handler, duplicates do not run it again, the event follows the ACK', async () => {
    const gates = new Map<unknown, PromiseWithResolvers<undefined>>();
    const { stage, device } = await staged({
      observe: [{ path: '/3/0/9' }],
      onNotify: async ({ records, initial }) => {
        if (initial) return;
        const gate = Promise.withResolvers<undefined>();
        gates.set(records[0]?.value, gate);
        await gate.promise;
      },
    });
    await device.register();
    const token = await accept(device, '1');
    await stage.settle();
    stage.taken();
    const messageId = device.notify(token, 1, '2');
    await stage.settle();
    device.notify(token, 1, '2', { messageId });
    await stage.settle();
    expect(device.peer.takeAll()).toEqual([]);
    expect([...gates.keys()]).toEqual([2]);
    stage.server.on('notification', () => stage.log.push(`after ${stage.lastSent()}`));
    gates.get(2)?.resolve(undefined);
    const acknowledgement = await device.one();
    expect(inWords(acknowledgement)).toBe('ACK empty');
    expect(acknowledgement.messageId).toBe(messageId);
    expect(stage.taken()).toEqual(['notification /3/0/9 2', 'after ACK empty']);
  });

  test('the event follows the ACK where there is no handler, too', async () => {
    const { stage, device } = await staged({ observe: [{ path: '/3/0/9' }] });
    await device.register();
    const token = await accept(device, '1');
    await stage.settle();
    stage.taken();
    stage.server.on('notification', () => stage.log.push(`after ${stage.lastSent()}`));
    device.notify(token, 1, '2');
    await stage.settle();
    expect(stage.taken()).toEqual(['notification /3/0/9 2', 'after ACK empty']);
  });

  test('a handler that fails: nothing is sent, and the retransmission runs it again', async () => {
    let runs = 0;
    const { stage, device } = await staged({
      observe: [{ path: '/3/0/9' }],
      onNotify: ({ initial }) => {
        if (initial) return;
        runs += 1;
        return runs < 3 ? Promise.reject(new Error('no database')) : Promise.resolve();
      },
    });
    await device.register();
    const token = await accept(device, '1');
    await stage.settle();
    stage.taken();
    const messageId = device.notify(token, 1, '2');
    expect(await device.received()).toEqual([]);
    device.notify(token, 1, '2', { messageId });
    expect(await device.received()).toEqual([]);
    device.notify(token, 1, '2', { messageId });
    expect(inWords(await device.one())).toBe('ACK empty');
    expect(runs).toBe(3);
    const failure = 'error: onNotify failed for dev /3/0/9: Error: no database';
    expect(stage.taken()).toEqual([failure, failure, 'notification /3/0/9 2']);
  });

  test('a handler that throws at once is no different', async () => {
    let fail = true;
    const { stage, device } = await staged({
      observe: [{ path: '/3/0/9' }],
      onNotify: ({ initial }) => {
        if (!initial && fail) throw new Error('no');
      },
    });
    await device.register();
    const token = await accept(device, '1');
    await stage.settle();
    const messageId = device.notify(token, 1, '2');
    expect(await device.received()).toEqual([]);
    fail = false;
    device.notify(token, 1, '2', { messageId });
    expect(inWords(await device.one())).toBe('ACK empty');
  });

  test('the first answer goes to the handler; a failure there is reported and the observation stands', async () => {
    const seen: Notification[] = [];
    const { stage, device } = await staged({
      observe: [{ path: '/3/0/9' }],
      onNotify: (notification) => {
        seen.push(notification);
        return notification.initial ? Promise.reject(new Error('no')) : undefined;
      },
    });
    await device.register();
    const token = await accept(device, '1');
    await stage.settle();
    expect(seen).toMatchObject([{ initial: true, fresh: true, contentFormat: 0, receivedAt: stage.clock.wallTime() }]);
    expect(stage.taken()).toEqual([
      'registered dev',
      'error: onNotify failed for dev /3/0/9: Error: no',
      'initial /3/0/9 1',
    ]);
    device.notify(token, 1, '2');
    expect(inWords(await device.one())).toBe('ACK empty');
  });

  describe.each(['a separate response', 'a notification that overtook it'])('the first answer as %s', (how) => {
    /** A device that is asked to observe, and answers with a Confirmable message. */
    async function answered(
      onNotify: (notification: Notification) => Promise<void>,
    ): Promise<{ stage: Stage; device: ScriptedDevice; token: Uint8Array; messageId: number }> {
      const { stage, device } = await staged({ observe: [{ path: '/3/0/9' }], onNotify });
      await device.register();
      const { token, messageId: asked } = await device.one();
      if (how === 'a separate response') device.send({ type: MessageType.ACK, code: Code.EMPTY, messageId: asked });
      await stage.settle();
      stage.taken();
      return { stage, device, token, messageId: device.notify(token, 5, '42') };
    }

    test('is acknowledged when the handler has resolved', async () => {
      const gate = Promise.withResolvers<undefined>();
      const seen: Notification[] = [];
      const { stage, device, token, messageId } = await answered(async (notification) => {
        seen.push(notification);
        await gate.promise;
      });
      expect(await device.received()).toEqual([]);
      device.notify(token, 5, '42', { messageId });
      expect(await device.received()).toEqual([]);
      expect(seen).toMatchObject([{ initial: true, fresh: true, records: [{ value: 42 }] }]);
      expect(stage.taken()).toEqual([]);
      gate.resolve(undefined);
      const acknowledgement = await device.one();
      expect([inWords(acknowledgement), acknowledgement.messageId]).toEqual(['ACK empty', messageId]);
      expect(stage.taken()).toEqual(['initial /3/0/9 42']);
    });

    test('comes again as an ordinary notification when the handler failed', async () => {
      const initial: boolean[] = [];
      const { stage, device, token, messageId } = await answered((notification) => {
        initial.push(notification.initial);
        return notification.initial ? Promise.reject(new Error('no database')) : Promise.resolve();
      });
      expect(await device.received()).toEqual([]);
      expect(stage.taken()[0]).toBe('error: onNotify failed for dev /3/0/9: Error: no database');
      device.notify(token, 5, '42', { messageId });
      expect(inWords(await device.one())).toBe('ACK empty');
      expect(initial).toEqual([true, false]);
      expect(stage.taken()).toEqual(['notification /3/0/9 42']);
      expect(stage.server.statistics.observations).toBe(1);
    });

    test('that does not decode is acknowledged, and the observation stands', async () => {
      const { stage, device } = await staged({ observe: [{ path: '/3/0/9' }] });
      await device.register();
      const { token, messageId } = await device.one();
      if (how === 'a separate response') device.send({ type: MessageType.ACK, code: Code.EMPTY, messageId });
      device.notify(token, 5, 'not a number');
      expect((await device.received()).map(inWords)).toEqual(['ACK empty']);
      expect(stage.taken().at(-1)).toMatch(/^observation failed .* does not decode/);
      device.notify(token, 6, '7');
      expect(inWords(await device.one())).toBe('ACK empty');
      expect(stage.taken().at(-1)).toBe('notification /3/0/9 7');
    });
  });

  test('a last notification: its value is handled, then the observation ends', async () => {
    const gate = Promise.withResolvers<undefined>();
    const { stage, device } = await staged({
      observe: [{ path: '/3/0/9' }],
      onNotify: ({ initial }) => (initial ? undefined : gate.promise),
    });
    await device.register();
    const token = await accept(device, '1');
    await stage.settle();
    stage.taken();
    device.notify(token, undefined, '55');
    expect(await device.received()).toEqual([]);
    expect(stage.taken()).toEqual([]);
    gate.resolve(undefined);
    expect(inWords(await device.one())).toBe('ACK empty');
    expect(stage.taken()).toEqual([
      'notification /3/0/9 55',
      'observation failed /3/0/9: the device ended the observation of /3/0/9',
    ]);
  });

  test('a last notification that is Non-confirmable reaches the iterator before the end does', async () => {
    const gate = Promise.withResolvers<undefined>();
    const { stage, device } = await staged({ onNotify: ({ initial }) => (initial ? undefined : gate.promise) });
    await device.register();
    const observation = stage.server.device('dev').observe('/3/0/9');
    const token = await accept(device, '1');
    await stage.settle();
    device.notify(token, undefined, '55', { type: MessageType.NON });
    await stage.settle();
    gate.resolve(undefined);
    await stage.settle();
    const iterator = observation[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toMatchObject({ records: [{ value: 1 }] });
    expect((await iterator.next()).value).toMatchObject({ records: [{ value: 55 }] });
    await expect(iterator.next()).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_NOT_OBSERVED' });
  });

  test('stale notifications are delivered as such', async () => {
    const fresh: boolean[] = [];
    const { stage, device } = await staged({
      observe: [{ path: '/3/0/9' }],
      onNotify: (n) => void fresh.push(n.fresh),
    });
    await device.register();
    const token = await accept(device, '1');
    await stage.settle();
    device.notify(token, 7, '2', { type: MessageType.NON });
    device.notify(token, 6, '3', { type: MessageType.NON });
    await stage.settle();
    expect(fresh).toEqual([true, true, false]);
  });
});
