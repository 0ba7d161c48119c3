import { describe, expect, test } from 'vitest';
import { Code, MessageType } from '@flownexus/coap';
import {
  MemoryObservationStore,
  type Lwm2mServerOptions,
  type Notification,
  type ReportedValues,
} from '../../src/index.ts';
import { inWords, type ScriptedDevice, type Stage } from '../scripted-device.ts';
import { accept, acceptComposite, inFull, senml, staged } from './observing-device.ts';

interface Conversation {
  readonly stage: Stage;
  readonly device: ScriptedDevice;
  readonly token: Uint8Array;
  readonly notifications: Notification[];
}

async function observed(options: Partial<Lwm2mServerOptions> = {}): Promise<Conversation> {
  const { stage, device } = await staged({ observe: [{ path: '/3/0/9' }], ...options });
  await device.register();
  const token = await accept(device, '1');
  await stage.settle();
  stage.taken();
  const notifications: Notification[] = [];
  stage.server.on('notification', (notification) => notifications.push(notification));
  return { stage, device, token, notifications };
}

describe('the order of notifications', () => {
  test('an older one is history, and delivered as such', async () => {
    const { device, token, notifications } = await observed();
    for (const [observe, value] of [
      [5, '5'],
      [4, '4'],
      [6, '6'],
    ] as const) {
      device.notify(token, observe, value);
      expect(inWords(await device.one())).toBe('ACK empty');
    }
    expect(notifications.map(({ fresh, records }) => [records[0]?.value, fresh])).toEqual([
      [5, true],
      [4, false],
      [6, true],
    ]);
  });

  test('numbers that repeat, as Leshan has them, lose nothing', async () => {
    const { device, token, notifications } = await observed();
    for (const [index, observe] of [1, 1, 3, 3, 3].entries()) {
      device.notify(token, observe, String(index), { type: index % 2 === 0 ? MessageType.CON : MessageType.NON });
    }
    await device.ignore();
    expect(notifications.map(({ fresh, records }) => [records[0]?.value, fresh])).toEqual([
      [0, true],
      [1, true],
      [2, true],
      [3, true],
      [4, true],
    ]);
  });

  test('a number that wraps around, and any after 128 seconds, is new (RFC 7641 §3.4)', async () => {
    const { stage, device, token, notifications } = await observed();
    device.notify(token, 2 ** 24 - 1, '1');
    device.notify(token, 2, '2');
    await device.ignore();
    await stage.clock.advanceAsync(128_001);
    device.notify(token, 1, '3');
    await device.ignore();
    // The first one is older than the 0 of the answer.
    expect(notifications.map(({ fresh }) => fresh)).toEqual([false, true, true]);
  });

  test('values of one notification have the times of the device', async () => {
    const { stage, device, token, notifications } = await observed();
    const payload = '[{"bn":"/3/0/9","t":-30,"v":1},{"t":-10,"v":2},{"v":3}]';
    device.notify(token, 1, payload, { contentFormat: 110 });
    await device.ignore();
    const now = stage.clock.wallTime() / 1000;
    expect(notifications[0]?.records.map(({ value, time }) => [value, time])).toEqual([
      [1, now - 30],
      [2, now - 10],
      [3, undefined],
    ]);
    expect(notifications[0]?.node).toMatchObject({ value: 3 });
  });
});

describe('cancelled passively', () => {
  test('the device is not asked, and its next notification is answered with a Reset (ETS 302)', async () => {
    const { stage, device } = await staged({});
    await device.register();
    const observation = stage.server.device('dev').observe('/3/0/9');
    const token = await accept(device, '1');
    await stage.settle();
    await observation.cancel({ passive: true });
    expect(await device.received()).toEqual([]);
    expect(stage.server.statistics.observations).toBe(0);
    device.notify(token, 1, '2');
    expect(inWords(await device.one())).toBe('RST empty');
  });

  test('an observation that somebody else wants goes on', async () => {
    const { stage, device, token } = await observed();
    const observation = stage.server.device('dev').observe('/3/0/9');
    device.answer(await device.one(), Code.CONTENT, { contentFormat: 0, payload: '1' });
    await stage.settle();
    await observation.cancel({ passive: true });
    device.notify(token, 1, '2');
    expect(inWords(await device.one())).toBe('ACK empty');
  });
});

describe('filterValues', () => {
  test('looks at notifications before anybody does', async () => {
    const asked: ReportedValues[] = [];
    const handled: unknown[] = [];
    const { device, token, notifications, stage } = await observed({
      filterValues: (values) => {
        asked.push(values);
        return values.records.map((record) => ({ ...record, value: Number(record.value) * 2 }));
      },
      onNotify: ({ records }) => void handled.push(records[0]?.value),
    });
    device.notify(token, 1, '7');
    await device.ignore();
    expect(asked.at(-1)).toMatchObject({
      registration: stage.server.registration('dev'),
      source: 'notification',
      payloadLength: 1,
      records: [{ value: 7 }],
    });
    expect(handled).toEqual([2, 14]);
    expect(notifications).toMatchObject([{ records: [{ value: 14 }], node: { value: 14 } }]);
  });

  test('leaves values out of a composite', async () => {
    const { stage, device } = await staged({
      observe: [{ paths: ['/3/0/9', '/1/0/1'] }],
      filterValues: ({ records }) => records.filter(({ path }) => path.objectId === 3),
    });
    await device.register();
    const token = await acceptComposite(device, { '/3/0/9': 1, '/1/0/1': 60 });
    await stage.settle();
    device.notify(token, 1, senml({ '/1/0/1': 61 }), { contentFormat: 112 });
    expect(inFull(await device.one())).toBe('ACK empty');
    device.notify(token, 2, senml({ '/1/0/1': 61, '/3/0/9': 2 }), { contentFormat: 112 });
    expect(inFull(await device.one())).toBe('ACK empty');
    expect(stage.taken()).toEqual(['registered dev', 'initial / 1', 'notification / 2']);
  });

  test('of a first answer that leaves nothing: it establishes, its caller learns that, and nobody else', async () => {
    const { stage, device } = await staged({
      filterValues: ({ records }) => records.filter(({ value }) => Number(value) < 100),
      onNotify: ({ records }) => {
        if (Number(records[0]?.value) >= 100) throw new Error('not called');
      },
    });
    await device.register();
    const observation = stage.server.device('dev').observe('/3/0/9');
    const token = await accept(device, '9999');
    await stage.settle();
    expect(await observation.established).toMatchObject({ initial: true, records: [], node: { kind: 'root' } });
    device.notify(token, 1, '5');
    await device.ignore();
    expect(stage.taken()).toEqual(['registered dev', 'notification /3/0/9 5']);
    const next = await observation[Symbol.asyncIterator]().next();
    expect(next.value).toMatchObject({ records: [{ value: 5 }] });
  });

  test('that throws keeps a notification from being acknowledged, so that it comes again', async () => {
    let failing = false;
    const { stage, device, token } = await observed({
      filterValues: ({ records }) => {
        if (failing) throw new Error('no');
        return records;
      },
    });
    failing = true;
    const messageId = device.notify(token, 1, '7');
    expect(await device.received()).toEqual([]);
    expect(stage.taken()).toEqual(['error: filterValues failed for dev /3/0/9: Error: no']);
    failing = false;
    device.notify(token, 1, '7', { messageId });
    expect(inWords(await device.one())).toBe('ACK empty');
    expect(stage.taken()).toEqual(['notification /3/0/9 7']);
  });

  test('that throws at the first answer fails its caller with that error', async () => {
    const { stage, device } = await staged({
      filterValues: () => {
        throw new Error('no');
      },
    });
    await device.register();
    const observation = stage.server.device('dev').observe('/3/0/9');
    await accept(device, '1');
    await stage.settle();
    await expect(observation.established).rejects.toThrow('no');
    expect(stage.server.statistics.observations).toBe(0);
  });
});

describe('a token is known before what comes with it is acknowledged', () => {
  test('a notification waits for the store', async () => {
    const store = new MemoryObservationStore();
    const gates: (() => void)[] = [];
    const { stage, device } = await staged({
      observe: [{ path: '/3/0/9' }],
      observationStore: {
        load: () => store.load(),
        save: (observation) =>
          new Promise((resolve) => {
            gates.push(() => {
              store.save(observation);
              resolve();
            });
          }),
        remove: (...args) => store.remove(...args),
        endRegistration: (name) => store.endRegistration(name),
      },
    });
    await device.register();
    const token = await accept(device, '1');
    await stage.settle();
    const messageId = device.notify(token, 1, '2');
    expect(await device.received()).toEqual([]);
    for (const open of gates.splice(0)) open();
    const ack = await device.one();
    expect([inWords(ack), ack.messageId]).toEqual(['ACK empty', messageId]);
    expect([...store.load()]).toMatchObject([{ established: { token } }]);
    expect(stage.taken()).toEqual(['registered dev', 'initial /3/0/9 1', 'notification /3/0/9 2']);
  });

  test('a store that fails is reported, and the observation goes on', async () => {
    const store = new MemoryObservationStore();
    const { stage, device } = await staged({
      observe: [{ path: '/3/0/9' }],
      observationStore: {
        load: () => store.load(),
        save: () => {
          throw new Error('disk full');
        },
        remove: (...args) => store.remove(...args),
        endRegistration: (name) => store.endRegistration(name),
      },
    });
    await device.register();
    const token = await accept(device, '1');
    await stage.settle();
    device.notify(token, 1, '2');
    expect(inWords(await device.one())).toBe('ACK empty');
    expect(stage.taken()).toEqual([
      'registered dev',
      'error: the observations of dev could not be stored: Error: disk full',
      'initial /3/0/9 1',
      'notification /3/0/9 2',
    ]);
  });
});
