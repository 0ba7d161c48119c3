import { createHash } from 'node:crypto';
import { ContentFormat } from '@flownexus/lwm2m-core';
import { describe, expect, test } from 'vitest';
import {
  FirmwareFailure,
  FirmwareObject,
  FirmwareResult,
  ObjectTree,
  type FirmwareObjectOptions,
  type Lwm2mClient,
} from '../../src/index.ts';
import { registry, treeOf, valuesOf, world, type World } from '../scenarios/world.ts';

const IMAGE = new Uint8Array(5_000).fill(7);
const URI = 'coap://192.0.2.7/f/image';

interface Device extends World {
  readonly firmware: FirmwareObject;
  readonly failures: unknown[];
  /** State and Update Result. */
  readonly state: () => string;
  readonly push: (image: Uint8Array) => Promise<string>;
  readonly pull: (uri: string) => Promise<string>;
  readonly execute: (resource: string) => Promise<string>;
}

async function device(options: Partial<FirmwareObjectOptions> = {}, objects?: ObjectTree): Promise<Device> {
  const one = await world({ objects: objects ?? treeOf({ '/3/0/3': '1.0' }) });
  const failures: unknown[] = [];
  const { clock } = one.server;
  const firmware = new FirmwareObject(one.tree, { clock, onFailure: (error) => failures.push(error), ...options });
  await clock.settle();
  return {
    ...one,
    firmware,
    failures,
    state: () => `${firmware.state}/${firmware.result}`,
    push: async (image) => (await one.put('/5/0/0', image, ContentFormat.OPAQUE)).code,
    pull: async (uri) => (await one.put('/5/0/1', uri, ContentFormat.TEXT)).code,
    execute: async (resource) => (await one.post(`/5/0/${resource}`)).code,
  };
}

describe('a package that is pushed', () => {
  test('is installed when the server says so (ETS 755, 770)', async () => {
    const { push, execute, state, server, tree, firmware } = await device({ inspect: () => ({ version: '2.0' }) });
    expect(await push(Uint8Array.of(0))).toBe('2.04');
    expect(state()).toBe('0/0');
    expect(await push(IMAGE)).toBe('2.04');
    expect(state()).toBe('2/0');
    expect(firmware.image).toEqual(IMAGE);
    expect([tree.content('/5/0/7'), tree.content('/3/0/3')]).toEqual(['2.0', '1.0']);
    expect(await execute('2')).toBe('2.04');
    expect(state()).toBe('3/0');
    expect(await push(IMAGE)).toBe('4.05');
    await server.clock.advanceAsync(6_000);
    expect(state()).toBe('0/1');
    expect(firmware.image).toBeUndefined();
    expect(tree.content('/3/0/3')).toBe('2.0');
  });

  test('is taken back by an empty one, a NUL byte, or an empty URI, and there is nothing to install (ETS 772)', async () => {
    const { push, pull, execute, state } = await device();
    expect(await execute('2')).toBe('4.05');
    for (const reset of [() => push(new Uint8Array(0)), () => push(Uint8Array.of(0)), () => pull('')]) {
      expect([await push(IMAGE), state()]).toEqual(['2.04', '2/0']);
      expect([await reset(), state()]).toEqual(['2.04', '0/0']);
      expect(await execute('2')).toBe('4.05');
    }
  });

  test('is refused while there is one', async () => {
    const { push, pull, state } = await device();
    await push(IMAGE);
    expect([await push(IMAGE), await pull(URI), state()]).toEqual(['4.05', '4.05', '2/0']);
  });

  test('makes the device Downloading from its first block on, and is lost when the next one does not come', async () => {
    const { put, state, server, tree, push } = await device({ blockTimeoutMs: 60_000 });
    const states: unknown[] = [];
    tree.onChange(({ resourceId }) => {
      if (resourceId === 3) states.push(tree.content('/5/0/3'));
    });
    let blocks = 0;
    server.network.rule = ({ from, bytes }) => (bytes.length > 500 && ++blocks > 2 && from.host ? 'drop' : 'deliver');
    const lost = put('/5/0/0', IMAGE, ContentFormat.OPAQUE).catch(() => 'no answer');
    await server.clock.advanceAsync(30_000);
    expect(state()).toBe('1/0');
    await server.clock.advanceAsync(31_000);
    expect([state(), states]).toEqual(['0/4', [1, 0]]);
    await lost;
    server.network.rule = undefined;
    expect([await push(IMAGE), state()]).toEqual(['2.04', '2/0']);
  });

  test('is not received to its end when it is reset, or when there is a package', async () => {
    const { push, state, server } = await device();
    await push(IMAGE);
    const before = server.network.log.length;
    expect(await push(IMAGE)).toBe('4.05');
    expect([state(), server.network.log.length - before]).toEqual(['2/0', 2]);
  });

  test('is refused by a device that only fetches', async () => {
    const { push, state, tree } = await device({ push: false, fetchers: { coap: () => Promise.resolve(IMAGE) } });
    expect([await push(IMAGE), state()]).toEqual(['4.05', '0/0']);
    expect(tree.content('/5/0/9')).toBe(0);
  });

  test.each<readonly [name: string, options: Partial<FirmwareObjectOptions>, state: string]>([
    ['too large', { maxSize: 4_999 }, '0/2'],
    ['of another digest', { sha256: new Uint8Array(32) }, '0/5'],
    ['of the digest', { sha256: createHash('sha256').update(IMAGE).digest() }, '2/0'],
    [
      'of another type',
      {
        inspect: () => {
          throw new FirmwareFailure(FirmwareResult.UNSUPPORTED_TYPE, 'no image of ours');
        },
      },
      '0/6',
    ],
    ['nothing that can be read', { inspect: () => Promise.reject(new Error('no header')) }, '0/5'],
  ])('may be %s', async (_, options, to) => {
    const { push, state } = await device(options);
    // Errors are told in the Update Result alone, but where that spares the transfer.
    expect(await push(IMAGE)).toBe(to === '0/2' ? '4.13' : '2.04');
    expect(state()).toBe(to);
  });

  test('is looked at while the State says Downloading', async () => {
    const inspected = Promise.withResolvers<undefined>();
    const { push, state, server } = await device({ inspect: () => inspected.promise });
    await push(IMAGE);
    expect(state()).toBe('1/0');
    inspected.resolve(undefined);
    await server.clock.settle();
    expect(state()).toBe('2/0');
  });

  test('that was taken back while it was looked at does not come back', async () => {
    const inspected = Promise.withResolvers<undefined>();
    const { push, state, server, firmware } = await device({ inspect: () => inspected.promise });
    await push(IMAGE);
    await push(Uint8Array.of(0));
    inspected.resolve(undefined);
    await server.clock.settle();
    expect([state(), firmware.image]).toEqual(['0/0', undefined]);
  });
});

describe('a package at a URI', () => {
  test('is fetched', async () => {
    const asked: unknown[] = [];
    const { pull, state, firmware } = await device({
      maxSize: 10_000,
      fetchers: { coap: (uri, { maxSize }) => Promise.resolve((asked.push([uri, maxSize]), IMAGE)) },
    });
    expect(await pull(URI)).toBe('2.04');
    expect([state(), firmware.image, asked]).toEqual(['2/0', IMAGE, [[URI, 10_000]]]);
  });

  test.each([
    ['of a scheme that it does not fetch', 'coaps://192.0.2.7/f', '0/9'],
    ['that is none', 'image', '0/7'],
  ])('is not fetched from one %s', async (_, uri, to) => {
    const { pull, state, failures } = await device({ fetchers: { coap: () => Promise.resolve(IMAGE) } });
    expect([await pull(uri), state()]).toEqual(['2.04', to]);
    expect(failures).toHaveLength(1);
  });

  test('may be lost, and fetched again', async () => {
    const answers = [() => Promise.reject(new Error('no route')), () => Promise.resolve(IMAGE)];
    const { pull, state } = await device({ fetchers: { coap: async () => (await answers.shift()?.()) ?? IMAGE } });
    expect([await pull(URI), state()]).toEqual(['2.04', '0/4']);
    expect([await pull(URI), state()]).toEqual(['2.04', '2/0']);
  });

  test('is given up when the server resets or cancels, and what comes then is nothing', async () => {
    for (const end of ['reset', 'cancel']) {
      const fetched = Promise.withResolvers<Uint8Array>();
      let signal: AbortSignal | undefined;
      const { pull, execute, state, server } = await device({
        fetchers: { coap: (_uri, transfer) => ((signal = transfer.signal), fetched.promise) },
      });
      await pull(URI);
      expect([state(), signal?.aborted]).toEqual(['1/0', false]);
      if (end === 'reset') expect([await pull(''), state()]).toEqual(['2.04', '0/0']);
      else expect([await execute('10'), state()]).toEqual(['2.04', '0/10']);
      expect(signal?.aborted).toBe(true);
      const before = state();
      fetched.resolve(IMAGE);
      await server.clock.settle();
      expect(state()).toBe(before);
    }
  });
});

describe('an update', () => {
  test.each([2, 3, 4, 5, 6, 7, 9, 10] as const)('fails with the result %i when it is to, once', async (result) => {
    const { firmware, push, state } = await device();
    firmware.failNext(result);
    expect([await push(IMAGE), state()]).toEqual(['2.04', `0/${result}`]);
    expect([await push(IMAGE), state()]).toEqual(['2.04', '2/0']);
  });

  test('fails to be installed, with the package still there (ETS 779)', async () => {
    const { firmware, push, execute, state, server, tree } = await device({ inspect: () => ({ version: '2.0' }) });
    await push(IMAGE);
    firmware.failNext(8);
    await execute('2');
    await server.clock.advanceAsync(6_000);
    expect([state(), tree.content('/3/0/3')]).toEqual(['2/8', '1.0']);
    await execute('2');
    await server.clock.advanceAsync(6_000);
    expect([state(), tree.content('/3/0/3')]).toEqual(['0/1', '2.0']);
  });

  test('is put off when it is to be, and begins by itself', async () => {
    const { firmware, push, execute, state, server } = await device({ deferralMs: 30_000 });
    await push(IMAGE);
    firmware.failNext(11);
    expect([await execute('2'), state()]).toEqual(['2.04', '2/11']);
    await server.clock.advanceAsync(31_000);
    expect(state()).toBe('3/0');
  });

  test('is put off no longer than the server says, and not at all when it says so', async () => {
    const { firmware, push, put, execute, state, server } = await device();
    await push(IMAGE);
    await put('/5/0/13', '10', ContentFormat.TEXT);
    firmware.failNext(11);
    await execute('2');
    await server.clock.advanceAsync(11_000);
    expect(state()).toBe('3/0');

    const other = await device();
    await other.push(IMAGE);
    await other.put('/5/0/13', '0', ContentFormat.TEXT);
    other.firmware.failNext(11);
    expect([await other.execute('2'), other.state()]).toEqual(['2.04', '3/0']);
  });

  test('is cancelled before it begins, and not after', async () => {
    const { push, execute, state } = await device();
    expect(await execute('10')).toBe('4.05');
    await push(IMAGE);
    expect([await execute('10'), state()]).toEqual(['2.04', '0/10']);
    await push(IMAGE);
    await execute('2');
    expect([await execute('10'), state()]).toEqual(['4.05', '3/0']);
  });

  test('happens by itself when the server wants that (1.2)', async () => {
    const { push, put, state } = await device();
    expect((await put('/5/0/14', '1', ContentFormat.TEXT)).code).toBe('2.04');
    await push(IMAGE);
    expect(state()).toBe('3/0');
  });

  test('has the time of the last change of the State (1.1)', async () => {
    const { push, tree, server } = await device();
    await server.clock.advanceAsync(30_000);
    await push(IMAGE);
    const changed = tree.content('/5/0/12');
    expect(changed).toBe(Math.floor(server.clock.wallTime() / 1_000));
  });

  test('is gone when the device is started anew while it downloads, and taken up when it installs', async () => {
    const { pull, push, execute, state, firmware, server } = await device({
      fetchers: { coap: () => new Promise(() => undefined) },
    });
    await pull(URI);
    firmware.restarted();
    expect(state()).toBe('0/0');
    await push(IMAGE);
    firmware.restarted();
    expect(state()).toBe('2/0');
    await execute('2');
    await server.clock.advanceAsync(4_000);
    firmware.restarted();
    await server.clock.advanceAsync(4_000);
    expect(state()).toBe('3/0');
    await server.clock.advanceAsync(2_000);
    expect(state()).toBe('0/1');
  });
});

describe('a restart after the update', () => {
  async function rebooting(options: Partial<FirmwareObjectOptions> = {}) {
    const made: { client?: Lwm2mClient } = {};
    const one = await device({
      inspect: () => ({ version: '2.0' }),
      reboot: async () => made.client?.reboot(),
      ...options,
    });
    made.client = one.client;
    const notified: unknown[] = [];
    await one.observe('/5/0/3', { onNotification: ({ payload }) => void notified.push(payload.at(-1)) });
    await one.push(IMAGE);
    await one.execute('2');
    await one.server.clock.advanceAsync(20_000);
    return { ...one, notified };
  }

  test('is a Register, and observers hear nothing of it', async () => {
    const { state, tree, notified, server, client } = await rebooting();
    expect([state(), tree.content('/3/0/3')]).toEqual(['0/1', '2.0']);
    expect(server.requests.filter((request) => request.startsWith('POST /rd?'))).toHaveLength(2);
    expect(client.observations).toBe(0);
    expect(notified.at(-1)).toBe(3);
  });

  test('leaves nothing of the result on a device that does not keep it', async () => {
    const { state, tree } = await rebooting({ keepsResult: false });
    expect([state(), tree.content('/3/0/3')]).toEqual(['0/0', '2.0']);
  });

  test('that does not come about is told', async () => {
    const { failures, state } = await rebooting({ reboot: () => Promise.reject(new Error('no power')) });
    expect([state(), String(failures[0])]).toEqual(['0/1', 'Error: no power']);
  });
});

describe('the object', () => {
  const versioned = (version: string) => {
    const tree = new ObjectTree(registry.forVersions(new Map([[5, version]])));
    tree.set('/3/0/3', '1.0');
    return tree;
  };

  test.each([
    ['1.0', [0, 1, 2, 3, 5, 8, 9]],
    ['1.1', [0, 1, 2, 3, 5, 8, 9, 10, 11]],
    ['1.2', [0, 1, 2, 3, 5, 8, 9, 10, 11, 14]],
  ])('has the Resources of its version %s', async (version, ids) => {
    const fetch = () => Promise.resolve(IMAGE);
    const { tree, get } = await device({ fetchers: { coap: fetch, https: fetch } }, versioned(version));
    expect(tree.resourceIds(5, 0).filter((id) => id !== 12)).toEqual(ids);
    expect(valuesOf((await get('/5/0', ContentFormat.SENML_CBOR)).response, '/5/0')).toMatchObject({
      '/5/0/3': 0,
      '/5/0/5': 0,
      '/5/0/8/0': 0,
      '/5/0/8/1': 3,
      '/5/0/9': 2,
    });
  });

  test('can be another Object of the same Resources, and is gone when it is closed', async () => {
    const { tree, firmware, execute, push } = await device();
    expect(() => new FirmwareObject(tree, { instance: '/5/0/3' })).toThrow(TypeError);
    expect(() => new FirmwareObject(tree, { instance: '/12345/0' })).toThrow(TypeError);
    expect(() => {
      firmware.failNext(1);
    }).toThrow(RangeError);
    await push(IMAGE);
    firmware.close();
    expect(await execute('2')).toBe('4.04');
  });
});
