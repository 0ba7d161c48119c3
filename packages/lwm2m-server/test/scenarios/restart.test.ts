import { Code, type CoapMessage } from '@flownexus/coap';
import { describe, expect, test } from 'vitest';
import { memoryHost, sqliteHost } from '../restarting-stores.ts';
import { RestartingServer, type Scheme } from '../restarting-server.ts';
import { inWords, type ScriptedDevice } from '../scripted-device.ts';
import { accept } from './observing-device.ts';

const HOUR = 3_600_000;
const worlds = (['coap', 'coaps'] as const).flatMap((scheme) =>
  (['memory', 'SQLite'] as const).flatMap((store) =>
    (['stopped', 'crashed'] as const).map((how) => ({ scheme, store, how })),
  ),
);

interface World {
  readonly scheme: Scheme;
  readonly store: 'memory' | 'SQLite';
  readonly how: 'stopped' | 'crashed';
}

interface Conversation {
  readonly restarting: RestartingServer;
  readonly device: ScriptedDevice;
  readonly token: Uint8Array;
  readonly down: () => Promise<void>;
}

/** A device in queue mode that has registered, is observed, and has notified once. */
async function underWay({ scheme, store, how }: World): Promise<Conversation> {
  const restarting = await RestartingServer.start(store === 'memory' ? memoryHost() : sqliteHost(), scheme, {
    observe: [{ path: '/3303/0/5700' }],
  });
  const device = await restarting.device();
  expect(await device.register('lwm2m=1.1&ep=dev&lt=86400&b=U&Q')).toBe('2.01');
  const token = await accept(device, '20.5', 'CON GET 3303/0/5700 observe=0 accept=112');
  device.notify(token, 1, '21');
  expect(inWords(await device.one())).toBe('ACK empty');
  expect(restarting.taken()).toEqual(['registered dev', 'initial /3303/0/5700 20.5', 'notification /3303/0/5700 21']);
  const down = (): Promise<void> => (how === 'stopped' ? restarting.stop() : restarting.crash());
  return { restarting, device, token, down };
}

const wordsOf = (messages: readonly CoapMessage[]): string[] => messages.map(inWords);

describe.each(worlds)('a server that has $how, over $scheme, with stores in $store,', (world) => {
  test('knows its endpoint, hears its notifications, and sends what is queued, as if nothing had been', async () => {
    const { restarting, device, token, down } = await underWay(world);
    const before = restarting.server.registration('dev');
    await restarting.clock.advanceAsync(200_000); // it sleeps
    const queued = await restarting.until(restarting.server.operations.add('dev', { kind: 'read', path: '/3/0/0' }));
    expect(queued.state).toBe('QUEUED');
    expect(await device.received()).toEqual([]);
    await down();
    // What it says meanwhile is lost, and said again.
    const messageId = device.notify(token, 2, '22');
    await restarting.clock.advanceAsync(HOUR);
    await restarting.start();
    await restarting.settle();
    expect(wordsOf(await device.received())).toEqual([]);
    expect(restarting.server.registration('dev')).toEqual(before);

    device.notify(token, 2, '22', { messageId });
    const [ack, read] = await device.received();
    expect([inWords(ack!), ack!.messageId]).toEqual(['ACK empty', messageId]);
    expect(restarting.taken()).toEqual(['notification /3303/0/5700 22']);
    // It is awake: what waits for it goes out.
    expect(inWords(read!)).toBe('CON GET 3/0/0 accept=112');
    device.answer(read!, Code.CONTENT, { contentFormat: 0, payload: 'Acme' });
    const finished = await restarting.until(restarting.server.operations.finished(queued.id));
    expect(finished).toMatchObject({ state: 'CONFIRMED', attempts: 1, result: { responseCode: '2.05' } });

    expect(await device.update()).toBe('2.04');
    await restarting.settle();
    expect(wordsOf(await device.received())).toEqual([]); // it is not asked again for what it has
    expect(restarting.server.registration('dev')).toMatchObject({
      registrationId: before!.registrationId,
      registeredAt: before!.registeredAt,
    });
    expect(restarting.handshakes).toBe(0);
    expect(restarting.taken().filter((line) => line.startsWith('error'))).toEqual([]);
    await restarting.stop();
  });

  test('knows what a second restart has to know', async () => {
    const { restarting, device, token, down } = await underWay(world);
    await down();
    await restarting.start();
    device.notify(token, 2, '22');
    expect(inWords(await device.one())).toBe('ACK empty');
    expect(await device.update('lt=7200')).toBe('2.04');
    await down();
    await restarting.clock.advanceAsync(HOUR);
    await restarting.start();
    expect(restarting.server.registration('dev')).toMatchObject({ lifetime: 7200 });
    device.notify(token, 3, '23');
    expect(inWords(await device.one())).toBe('ACK empty');
    expect(restarting.taken()).toEqual(['notification /3303/0/5700 23']);
    expect(await device.deregister()).toBe('2.02');
    await down();
    await restarting.start();
    expect(restarting.server.registration('dev')).toBeUndefined();
    device.notify(token, 4, '24');
    expect(inWords(await device.one())).toBe('RST empty');
    expect(restarting.handshakes).toBe(0);
    await restarting.stop();
  });

  test('finds a lifetime over that has passed meanwhile, and keeps what is queued', async () => {
    const { restarting, device, token, down } = await underWay(world);
    expect(await device.update('lt=600')).toBe('2.04');
    await restarting.clock.advanceAsync(200_000);
    const queued = await restarting.until(restarting.server.operations.add('dev', { kind: 'read', path: '/3/0/0' }));
    await down();
    await restarting.clock.advanceAsync(HOUR);
    await restarting.start();
    await restarting.settle();
    expect(restarting.taken()).toEqual(['expired dev']);
    expect(restarting.server.registration('dev')).toBeUndefined();
    expect(await device.update()).toBe('4.04');
    device.notify(token, 2, '22');
    expect(inWords(await device.one())).toBe('RST empty');
    expect(await restarting.server.operations.get(queued.id)).toMatchObject({ state: 'QUEUED' });

    expect(await device.register('lwm2m=1.1&ep=dev&lt=600&b=U&Q')).toBe('2.01');
    const asked: string[] = [];
    for (let count = 0; count < 2; count += 1) {
      const request = await device.one();
      asked.push(inWords(request));
      const observe = inWords(request).includes('observe') ? { observe: 0 } : {};
      device.answer(request, Code.CONTENT, { ...observe, contentFormat: 0, payload: '1' });
    }
    expect(asked.sort()).toEqual(['CON GET 3/0/0 accept=112', 'CON GET 3303/0/5700 observe=0 accept=112']);
    await restarting.stop();
  });

  test('lets a lifetime go on that ends afterwards, by the time of day', async () => {
    const { restarting, device, down } = await underWay(world);
    expect(await device.update('lt=600')).toBe('2.04');
    restarting.taken();
    await restarting.clock.advanceAsync(300_000);
    await down();
    await restarting.clock.advanceAsync(200_000);
    await restarting.start();
    await restarting.clock.advanceAsync(192_999);
    expect(restarting.taken()).toEqual([]);
    await restarting.clock.advanceAsync(1);
    await restarting.settle();
    expect(restarting.taken()).toEqual(['expired dev']);
    await restarting.stop();
  });

  test('sends a Read again that was under way, and does not perform an Execute twice', async () => {
    const { restarting, device, down } = await underWay(world);
    const { operations } = restarting.server;
    const execute = await restarting.until(operations.add('dev', { kind: 'execute', path: '/3/0/4' }));
    const read = await restarting.until(operations.add('dev', { kind: 'read', path: '/3/0/0' }));
    expect(wordsOf(await device.received())).toEqual(['CON POST 3/0/4']);
    await down();
    await restarting.start();
    const restarted = restarting.server.operations;
    // It is still awake.
    const request = await device.one();
    expect(inWords(request)).toBe('CON GET 3/0/0 accept=112');
    expect(await restarted.get(execute.id)).toMatchObject({
      state: 'FAILED',
      attempts: 1,
      failure: { reason: 'outcome-unknown' },
    });
    device.answer(request, Code.CONTENT, { contentFormat: 0, payload: 'Acme' });
    expect(await restarting.until(restarted.finished(read.id))).toMatchObject({ state: 'CONFIRMED' });
    await restarting.stop();
  });
});
