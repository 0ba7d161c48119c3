import { describe, expect, test } from 'vitest';
import { Code, MessageType } from '@flownexus/coap';
import { inWords } from '../scripted-device.ts';
import { accept, staged } from './observing-device.ts';

describe('observation policies', () => {
  test('are established after the Register, one after another, for what is registered', async () => {
    const { stage, device } = await staged({
      observe: [{ path: '/3303/*/5700' }, { path: '/5/0/3' }, { path: '/3/0/9' }],
    });
    await device.register();
    const tokens: Uint8Array[] = [];
    const asked: string[] = [];
    for (const value of ['20.5', '21.5', '95']) {
      const request = await device.one();
      asked.push(inWords(request));
      tokens.push(request.token);
      device.answer(request, Code.CONTENT, { observe: 0, contentFormat: 0, payload: value });
    }
    await stage.settle();
    expect(asked).toEqual([
      'CON GET 3303/0/5700 observe=0 accept=112',
      'CON GET 3303/1/5700 observe=0 accept=112',
      'CON GET 3/0/9 observe=0 accept=112',
    ]);
    expect(stage.taken()).toEqual([
      'registered dev',
      'initial /3303/0/5700 20.5',
      'initial /3303/1/5700 21.5',
      'initial /3/0/9 95',
    ]);
    device.notify(tokens[1] ?? new Uint8Array(), 1, '22');
    expect(inWords(await device.one())).toBe('ACK empty');
    expect(stage.taken()).toEqual(['notification /3303/1/5700 22']);
    expect(stage.server.statistics).toMatchObject({ observations: 3, notifications: 4 });
  });

  test('a refusal is an event, and not tried again before the next Register', async () => {
    const { stage, device } = await staged({ observe: [{ path: '/3/0/9' }] });
    await device.register();
    device.answer(await device.one(), Code.METHOD_NOT_ALLOWED);
    await stage.settle();
    expect(stage.taken()).toEqual(['registered dev', 'observation failed /3/0/9: the device answered 4.05']);
    expect(await device.update()).toBe('2.04');
    expect(await device.received()).toEqual([]);
    await device.register();
    expect(inWords(await device.one())).toBe('CON GET 3/0/9 observe=0 accept=112');
  });

  test('an answer without Observe is a failure', async () => {
    const { stage, device } = await staged({ observe: [{ path: '/3/0/9' }] });
    await device.register();
    device.answer(await device.one(), Code.CONTENT, { contentFormat: 0, payload: '1' });
    await stage.settle();
    expect(stage.taken().at(-1)).toBe('observation failed /3/0/9: the device does not observe /3/0/9');
  });

  test('4.06 to an Observe is answered by one without Accept', async () => {
    const { stage, device } = await staged({ observe: [{ path: '/3/0/9' }] });
    await device.register();
    device.answer(await device.one(), Code.NOT_ACCEPTABLE);
    await accept(device, '3', 'CON GET 3/0/9 observe=0');
    await stage.settle();
    expect(stage.taken()).toEqual(['registered dev', 'initial /3/0/9 3']);
  });

  test('a sleeping device is asked again after its next Update, and without end; three silences are said once', async () => {
    const { stage, device } = await staged({ observe: [{ path: '/3/0/9' }, { path: '/1/0/1' }] });
    await device.register('lwm2m=1.1&ep=dev&lt=86400');
    await stage.clock.advanceAsync(100_000);
    await device.ignore();
    await stage.clock.advanceAsync(1000_000);
    expect(await device.received()).toEqual([]);
    expect(await device.update()).toBe('2.04');
    // The one that was not answered lets the others go first.
    await accept(device, '60', 'CON GET 1/0/1 observe=0 accept=112');
    const asked: string[] = [];
    const said: string[] = [];
    for (let silence = 2; silence <= 7; silence += 1) {
      asked.push(inWords(await device.one()));
      await stage.clock.advanceAsync(100_000);
      await device.ignore();
      said.push(...stage.taken().filter((line) => line.startsWith('observation')));
      expect(said, `after ${silence} silences`).toHaveLength(silence < 3 ? 0 : 1);
      expect(await device.received()).toEqual([]); // one try each
      expect(await device.update()).toBe('2.04');
    }
    expect(new Set(asked)).toEqual(new Set(['CON GET 3/0/9 observe=0 accept=112']));
    expect(said[0]).toMatch(/^observation failed \/3\/0\/9: dev: /);
    const token = await accept(device, '3', 'CON GET 3/0/9 observe=0 accept=112');
    await stage.settle();
    expect(stage.taken().at(-1)).toBe('initial /3/0/9 3');
    device.notify(token, 1, '4');
    expect(inWords(await device.one())).toBe('ACK empty');
  });

  test('a new streak of silences is said anew', async () => {
    const { stage, device } = await staged({ observe: [{ path: '/3/0/9' }] });
    await device.register('lwm2m=1.1&ep=dev&lt=86400');
    const silences = async (count: number): Promise<number> => {
      for (let silence = 0; silence < count; silence += 1) {
        await stage.clock.advanceAsync(100_000);
        await device.ignore();
        await device.update();
      }
      return stage.taken().filter((line) => line.startsWith('observation')).length;
    };
    expect(await silences(4)).toBe(1);
    await accept(device, '1');
    await stage.settle();
    device.peer.rebind('192.0.2.77', 61_000);
    await device.update();
    expect(await silences(2)).toBe(0);
    expect(await silences(1)).toBe(1);
  });

  test('one that is never answered does not keep the others from their turn', async () => {
    const { stage, device } = await staged({ observe: [{ path: '/3/0/9' }, { path: '/1/0/1' }] });
    await device.register('lwm2m=1.1&ep=dev&lt=86400');
    await stage.clock.advanceAsync(100_000);
    await device.ignore();
    await device.update();
    await accept(device, '60', 'CON GET 1/0/1 observe=0 accept=112');
    expect(inWords(await device.one())).toBe('CON GET 3/0/9 observe=0 accept=112');
  });

  test('a success that is no 2.05 establishes nothing, Observe or not', async () => {
    const { stage, device } = await staged({ observe: [{ path: '/3/0/9' }] });
    await device.register();
    const request = await device.one();
    device.answer(request, Code.CHANGED, { observe: 0 });
    await stage.settle();
    expect(stage.taken().at(-1)).toBe('observation failed /3/0/9: expected 2.05, the device answered 2.04');
    device.notify(request.token, 1, '2');
    expect(inWords(await device.one())).toBe('RST empty');
  });

  test('an Update with another instance extends them; one that lacks it drops them', async () => {
    const { stage, device } = await staged({ observe: [{ path: '/3303/*/5700' }] });
    await device.register(undefined, '</3/0>,</3303/0>');
    const first = await device.one();
    device.answer(first, Code.CONTENT, { observe: 0, contentFormat: 0, payload: '1' });
    await stage.settle();
    await device.update('', '</3/0>,</3303/0>,</3303/7>');
    const second = await device.one();
    expect(inWords(second)).toBe('CON GET 3303/7/5700 observe=0 accept=112');
    device.answer(second, Code.CONTENT, { observe: 0, contentFormat: 0, payload: '2' });
    await stage.settle();
    await device.update('', '</3/0>,</3303/7>');
    device.notify(first.token, 1, '5', { type: MessageType.NON });
    device.notify(second.token, 1, '6', { type: MessageType.NON });
    await stage.settle();
    expect(stage.taken().filter((line) => line.startsWith('notification'))).toEqual(['notification /3303/7/5700 6']);
  });

  test('a Register drops all observations: an old token is answered with a Reset', async () => {
    const { stage, device } = await staged({ observe: [{ path: '/3/0/9' }] });
    await device.register();
    const old = await accept(device, '1');
    await stage.settle();
    await device.register();
    const next = await accept(device, '2');
    await stage.settle();
    device.notify(old, 5, '9');
    expect(inWords(await device.one())).toBe('RST empty');
    device.notify(next, 1, '3');
    expect(inWords(await device.one())).toBe('ACK empty');
    expect(stage.taken()).toEqual([
      'registered dev',
      'initial /3/0/9 1',
      'replaced dev',
      'registered dev',
      'initial /3/0/9 2',
      'notification /3/0/9 3',
    ]);
  });

  test.each(['De-register', 'expiry'])('%s forgets them', async (how) => {
    const { stage, device } = await staged({ observe: [{ path: '/3/0/9' }] });
    await device.register();
    const token = await accept(device, '1');
    await stage.settle();
    if (how === 'expiry') await stage.clock.advanceAsync(153_000);
    else await device.deregister();
    device.notify(token, 5, '9');
    expect(inWords(await device.one())).toBe('RST empty');
    expect(stage.server.statistics.observations).toBe(0);
  });

  test('an Update from another address establishes them there', async () => {
    const { stage, device } = await staged({ observe: [{ path: '/3/0/9' }] });
    await device.register();
    const old = await accept(device, '1');
    await stage.settle();
    device.peer.rebind('192.0.2.77', 61_000);
    await device.update();
    const token = await accept(device, '2', 'CON GET 3/0/9 observe=0 accept=112');
    await stage.settle();
    device.notify(token, 1, '3');
    expect(inWords(await device.one())).toBe('ACK empty');
    device.notify(old, 2, '4');
    expect(inWords(await device.one())).toBe('RST empty');
  });

  test('a move while one is being established asks at the new address, once', async () => {
    const { stage, device } = await staged({ observe: [{ path: '/3/0/9' }] });
    await device.register();
    await device.one(); // not answered
    device.peer.rebind('192.0.2.77', 61_000);
    await device.update();
    const request = await device.one();
    await device.update();
    device.answer(request, Code.CONTENT, { observe: 0, contentFormat: 0, payload: '2' });
    expect(await device.received()).toEqual([]);
    expect(stage.taken().at(-1)).toBe('initial /3/0/9 2');
  });

  test('an error notification ends one, and is an event', async () => {
    const { stage, device } = await staged({ observe: [{ path: '/3/0/9' }] });
    await device.register();
    const token = await accept(device, '1');
    await stage.settle();
    device.notify(token, undefined, '', { code: Code.NOT_FOUND });
    await stage.settle();
    expect(stage.taken().at(-1)).toBe('observation failed /3/0/9: the device answered 4.04');
  });

  test('a notification that does not decode is acknowledged, counted and an event; the observation goes on', async () => {
    const { stage, device } = await staged({ observe: [{ path: '/3/0/9' }] });
    await device.register();
    const token = await accept(device, '1');
    await stage.settle();
    stage.taken();
    device.notify(token, 1, Uint8Array.of(0xff), { contentFormat: 112 });
    expect(inWords(await device.one())).toBe('ACK empty');
    expect(stage.taken()).toEqual([
      expect.stringMatching(/^observation failed \/3\/0\/9: the payload for \/3\/0\/9 does not decode/),
    ]);
    device.notify(token, 2, '5');
    expect(inWords(await device.one())).toBe('ACK empty');
    expect(stage.taken()).toEqual(['notification /3/0/9 5']);
    expect(stage.server.statistics).toMatchObject({ undecodable: 1, notifications: 2 });
  });
});
