import type { CoapNotification, Observer } from '@flownexus/coap';
import { ContentFormat, decodePayload, type ResourceValue } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import { encoded, registry, treeOf, valuesOf, world, type World } from './world.ts';

interface Heard {
  readonly second: number;
  readonly values: Record<string, ResourceValue>;
}

/** Notifications with the second in which they came, from when the world began. */
function listener({ server }: World, path: string): { readonly heard: Heard[]; readonly observer: Partial<Observer> } {
  const startedAt = server.clock.now();
  const heard: Heard[] = [];
  const onNotification = (notification: CoapNotification): void => {
    heard.push({
      second: Math.floor((server.clock.now() - startedAt) / 1_000),
      values: valuesOf(notification, path),
    });
  };
  return { heard, observer: { onNotification } };
}

function sensors(options: Parameters<typeof world>[0] = {}): Promise<World> {
  const objects = treeOf({
    '/1/0/1': 3_000_000,
    '/1/0/2': 0,
    '/1/0/3': 0,
    '/1/0/6': false,
    '/3/0/7': new Map([[0, 3800], [1, 5000]]), // prettier-ignore
    '/3303/0/5700': 20,
    '/3303/0/5701': 'Cel',
    '/16/0/0': new Map([[0, 'a']]),
  });
  return world({ objects, ...options });
}

const TEMPERATURE = '/3303/0/5700';

test('pmin holds changes back, the newest value goes out', async () => {
  const one = await sensors();
  const { heard, observer } = listener(one, TEMPERATURE);
  await one.attributes(TEMPERATURE, 'pmin=10');
  await one.observe(TEMPERATURE, observer);
  for (const value of [21, 22, 23]) {
    await one.server.clock.advanceAsync(2_000);
    one.tree.set(TEMPERATURE, value);
  }
  await one.server.clock.advanceAsync(30_000);
  expect(heard).toEqual([{ second: 10, values: { [TEMPERATURE]: 23 } }]);
  one.tree.set(TEMPERATURE, 24);
  await one.server.clock.advanceAsync(1_000);
  expect(heard).toHaveLength(2);
});

test('pmax forces a notification of what is unchanged', async () => {
  const one = await sensors();
  const { heard, observer } = listener(one, '/3303/0');
  await one.attributes('/3303', 'pmax=60');
  await one.observe('/3303/0', observer);
  await one.server.clock.advanceAsync(130_000);
  expect(heard.map(({ second }) => second)).toEqual([60, 120]);
  expect(heard[0]?.values).toEqual({ [TEMPERATURE]: 20, '/3303/0/5701': 'Cel' });
});

test('a pmax below pmin is ignored', async () => {
  const one = await sensors({ lwm2mVersion: '1.2' });
  const { heard, observer } = listener(one, TEMPERATURE);
  await one.attributes(TEMPERATURE, 'pmin=10', 'pmax=5');
  await one.observe(TEMPERATURE, observer);
  await one.server.clock.advanceAsync(60_000);
  expect(heard).toEqual([]);
});

test('the default periods of the Server Object count where no attribute says otherwise, from when they are written', async () => {
  const one = await sensors();
  const { heard, observer } = listener(one, TEMPERATURE);
  await one.observe(TEMPERATURE, observer);
  await one.server.clock.advanceAsync(100_000);
  expect((await one.put('/1/0/3', '20', ContentFormat.TEXT)).code).toBe('2.04');
  await one.server.clock.advanceAsync(25_000);
  await one.attributes(TEMPERATURE, 'pmax=100');
  await one.server.clock.advanceAsync(175_500);
  expect(heard.map(({ second }) => second)).toEqual([100, 120, 220]);
});

test('attributes that are written during an observation count at once', async () => {
  const one = await sensors();
  const { heard, observer } = listener(one, TEMPERATURE);
  await one.observe(TEMPERATURE, observer);
  await one.attributes('/3303/0', 'pmax=5');
  await one.server.clock.advanceAsync(11_000);
  expect(heard.map(({ second }) => second)).toEqual([5, 10]);
});

test('thresholds are those of the level that is observed, or above it', async () => {
  const one = await sensors();
  const resource = listener(one, TEMPERATURE);
  const instance = listener(one, '/3303/0');
  await one.attributes(TEMPERATURE, 'gt=25');
  await one.observe(TEMPERATURE, resource.observer);
  await one.observe('/3303/0', instance.observer);
  for (const value of [22, 24, 26, 27, 24]) {
    one.tree.set(TEMPERATURE, value);
    await one.server.clock.advanceAsync(1_000);
  }
  expect(resource.heard.map(({ values }) => values[TEMPERATURE])).toEqual([26, 24]);
  expect(instance.heard.map(({ values }) => values[TEMPERATURE])).toEqual([22, 24, 26, 27, 24]);
});

test('a step is counted from the value that was notified last', async () => {
  const one = await sensors();
  const { heard, observer } = listener(one, TEMPERATURE);
  await one.attributes(TEMPERATURE, 'st=2');
  await one.observe(TEMPERATURE, observer);
  for (const value of [21, 21.9, 22, 23, 24.5]) {
    one.tree.set(TEMPERATURE, value);
    await one.server.clock.advanceAsync(1_000);
  }
  expect(heard.map(({ values }) => values[TEMPERATURE])).toEqual([22, 24.5]);
});

test('an edge notifies a Boolean in one direction', async () => {
  const one = await sensors({ lwm2mVersion: '1.2' });
  const { heard, observer } = listener(one, '/1/0/6');
  await one.attributes('/1/0/6', 'edge=1');
  await one.observe('/1/0/6', observer);
  for (const value of [true, false, true]) {
    one.tree.set('/1/0/6', value);
    await one.server.clock.advanceAsync(1_000);
  }
  expect(heard.map(({ values }) => values['/1/0/6'])).toEqual([true, true]);
});

test('a Resource Instance is observed by itself', async () => {
  const one = await sensors();
  const { heard, observer } = listener(one, '/3/0/7/1');
  await one.attributes('/3/0/7/1', 'gt=5500');
  await one.observe('/3/0/7/1', observer);
  one.tree.set('/3/0/7/0', 9000);
  one.tree.set('/3/0/7/1', 5100);
  await one.server.clock.advanceAsync(1_000);
  expect(heard).toEqual([]);
  one.tree.set('/3/0/7/1', 6000);
  await one.server.clock.advanceAsync(1_000);
  expect(heard.map(({ values }) => values)).toEqual([{ '/3/0/7/1': 6000 }]);
});

test('LwM2M 1.2 observes with attributes, which override those that are attached', async () => {
  const one = await sensors({ lwm2mVersion: '1.2' });
  const { heard, observer } = listener(one, TEMPERATURE);
  await one.attributes(TEMPERATURE, 'pmax=60', 'gt=25');
  const observation = await one.observe(TEMPERATURE, observer, ['pmin=5', 'pmax=10']);
  expect(observation.active).toBe(true);
  await one.server.clock.advanceAsync(21_000);
  one.tree.set(TEMPERATURE, 26);
  await one.server.clock.advanceAsync(5_000);
  expect(heard.map(({ second, values }) => [second, values[TEMPERATURE]])).toEqual([
    [10, 20],
    [20, 20],
    [25, 26],
  ]);
  expect((await one.server.clock.runUntil(observation.cancel())).code).toBe(0x45);
  expect(one.client.observations).toBe(0);
});

test.each([
  ['1.1', ['pmin=5']],
  ['1.2', ['pmin=x']],
  ['1.2', ['epmin=5', 'epmax=4']],
  ['1.2', ['edge=1']],
  ['1.2', ['what=1']],
] as const)('LwM2M %s refuses an Observe with %j', async (lwm2mVersion, query) => {
  const one = await sensors({ lwm2mVersion });
  const { response, active } = await one.observe(TEMPERATURE, {}, query);
  expect([response.code, active, one.client.observations]).toEqual([0x80, false, 0]);
});

test('a Read has no query', async () => {
  const { get } = await sensors({ lwm2mVersion: '1.2' });
  expect((await get(TEMPERATURE, undefined, ['pmin=5'])).code).toBe('4.00');
});

test('con decides whether notifications are Confirmable, then the Server Object, then the option', async () => {
  const one = await sensors({ confirmableNotifications: false, lwm2mVersion: '1.2' });
  await one.observe(TEMPERATURE);
  const types: number[] = [];
  one.server.network.rule = ({ bytes, from }) => {
    // The type is in the first byte (RFC 7252 §3); 2.05 with an Observe is a notification.
    if (from.host === '10.0.0.2' && bytes[1] === 0x45) types.push(((bytes[0] ?? 0) >> 4) & 3);
    return 'deliver';
  };
  const notify = async (value: number): Promise<void> => {
    one.tree.set(TEMPERATURE, value);
    await one.server.clock.advanceAsync(1_000);
  };
  await notify(21);
  await one.attributes(TEMPERATURE, 'con=1');
  await notify(22);
  await one.attributes(TEMPERATURE, 'con=0');
  one.tree.set('/1/0/26', 1);
  await notify(23);
  await one.attributes(TEMPERATURE, 'con');
  await notify(24);
  expect(types).toEqual([1, 0, 1, 0]);
});

test('a composite notifies all of its paths when one changes', async () => {
  const one = await sensors();
  const { heard, observer } = listener(one, '/');
  const paths = ['/3303/0/5700', '/3/0/7/1', '/1/0/6'];
  const observation = await one.observeComposite(paths, observer);
  one.tree.set('/3/0/7/1', 5001);
  one.tree.set('/3/0/7/0', 1);
  one.tree.set('/3303/0/5701', 'K');
  await one.server.clock.advanceAsync(1_000);
  expect(heard.map(({ values }) => values)).toEqual([{ '/1/0/6': false, '/3/0/7/1': 5001, [TEMPERATURE]: 20 }]);
  await one.server.clock.runUntil(observation.cancel());
  expect(one.client.observations).toBe(0);
});

test('a composite has the longest pmin and the shortest pmax of its paths, or those of its own', async () => {
  const one = await sensors({ lwm2mVersion: '1.2' });
  const { heard, observer } = listener(one, '/');
  await one.attributes('/3', 'pmin=10', 'pmax=40');
  await one.attributes('/3303', 'pmin=20', 'pmax=50');
  await one.observeComposite(['/3303/0/5700', '/3/0/7/1'], observer);
  one.tree.set(TEMPERATURE, 21);
  await one.server.clock.advanceAsync(61_000);
  expect(heard.map(({ second }) => second)).toEqual([20, 60]);
  const own = listener(one, '/');
  await one.observeComposite(['/3303/0/5700', '/3/0/7/1'], own.observer, ['pmax=15', 'pmin=0']);
  await one.server.clock.advanceAsync(16_000);
  expect(own.heard.map(({ second }) => second)).toEqual([15]);
  expect(one.client.observations).toBe(1);
});

test('a composite has what comes, and has not what goes (ETS 308, 309)', async () => {
  const one = await sensors();
  const { heard, observer } = listener(one, '/');
  await one.observeComposite(['/16/0', '/16/1'], observer);
  await one.post('/16', encoded('/16', ContentFormat.TLV, { '/16/1/0/0': 'b' }), ContentFormat.TLV);
  await one.server.clock.advanceAsync(1_000);
  await one.delete('/16/1');
  await one.server.clock.advanceAsync(1_000);
  expect(heard.at(-1)?.values).toEqual({ '/16/0/0/0': 'a' });
  expect(heard.some(({ values }) => values['/16/1/0/0'] === 'b')).toBe(true);
});

test('an observation of what is deleted ends with 4.04', async () => {
  const one = await sensors();
  const ends: unknown[] = [];
  await one.observe('/16/0/0', { onEnd: (end) => ends.push(end) });
  await one.delete('/16/0');
  await one.server.clock.advanceAsync(1_000);
  expect(ends).toEqual([expect.objectContaining({ reason: 'response' })]);
  expect(one.client.observations).toBe(0);
});

test('what was reported meanwhile goes out together, with its times', async () => {
  const one = await sensors();
  const series: unknown[] = [];
  await one.attributes('/3303', 'pmin=10');
  await one.observe('/3303/0', {
    onNotification: ({ payload, contentFormat = -1 }) => {
      const { records } = decodePayload(payload, contentFormat, '/3303/0', registry);
      series.push(records.map(({ path, value, time }) => [path.resourceId, value, time]));
    },
  });
  for (const [index, value] of [20, 21, 21].entries()) one.client.report(TEMPERATURE, value, 1_767_225_600 + index);
  expect(one.tree.content(TEMPERATURE)).toBe(21);
  await one.server.clock.advanceAsync(15_000);
  expect(series).toEqual([
    [
      [5701, 'Cel', undefined],
      [5700, 20, 1_767_225_600],
      [5700, 21, 1_767_225_601],
      [5700, 21, 1_767_225_602],
    ],
  ]);
  one.client.report(TEMPERATURE, 22);
  await one.server.clock.advanceAsync(15_000);
  expect(series.at(-1)).toContainEqual([5700, 22, one.server.clock.wallTime() / 1_000 - 15]);
});

test('a report in a format without times is the present value', async () => {
  const one = await sensors({ contentFormats: [ContentFormat.TLV] });
  const { heard, observer } = listener(one, TEMPERATURE);
  await one.observe(TEMPERATURE, observer);
  one.client.report(TEMPERATURE, 20, 1);
  await one.server.clock.advanceAsync(1_000);
  expect(heard.map(({ values }) => values)).toEqual([{ [TEMPERATURE]: 20 }]);
});

test('nothing of an observation is left when the client is closed', async () => {
  const one = await sensors();
  await one.attributes('/3303', 'pmin=10', 'pmax=60');
  await one.observe(TEMPERATURE);
  one.tree.set(TEMPERATURE, 21);
  await one.server.clock.runUntil(one.client.stop());
  await one.server.coap.close();
  expect(one.server.clock.pendingTimers).toBe(0);
});
