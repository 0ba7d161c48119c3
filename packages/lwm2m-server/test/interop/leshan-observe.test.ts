import { expect, test } from 'vitest';
import { contentFormatName, formatPath, type ResourceValue } from '@flownexus/lwm2m-core';
import type { DeviceObservation } from '../../src/index.ts';
import { describeDevices, NAME } from './device-stage.ts';
import { valuesOf } from './device-values.ts';
import { Heard } from './heard.ts';
import { leshans } from './leshan.ts';

const SENSOR = '/3303/0/5700';

for (const peer of leshans) {
  describeDevices(peer, 'Observe', (stage) => {
    test('what a policy observes is reported from the Register on, each change in its order', async () => {
      await stage.open({ observe: [{ path: '/3303/*/5700' }] });
      const heard = new Heard(stage.server);
      const [device] = await stage.registered();
      await heard.count(2);
      for (const [value, count] of [
        ['1.5', 4],
        ['2.5', 6],
      ] as const) {
        await device.run('set', '/3303/0/5700', value);
        await device.run('set', '/3303/1/5700', value);
        await heard.count(count);
      }
      for (const path of ['/3303/0/5700', '/3303/1/5700']) {
        const ofPath = heard.all.filter((notification) => formatPath(notification.path) === path);
        expect(ofPath.map(({ records }) => records[0]?.value)).toEqual([0, 1.5, 2.5]);
        expect(ofPath.map(({ initial, fresh }) => [initial, fresh])).toEqual([
          [true, true],
          [false, true],
          [false, true],
        ]);
      }
    });

    test.each(peer.treeFormats.map((format) => [contentFormatName(format), format] as const))(
      'an Object, an instance, a Resource and a multiple Resource in %s',
      async (_, accept) => {
        const [device] = await stage.registered();
        await device.run('set', '/3442/0/1110/3', 'a');
        for (const path of ['/3442', '/3442/0', '/3442/0/110', '/3442/0/1110']) {
          const text = `of ${path}`;
          const observation = stage.server.device(NAME).observe(path, { accept });
          const values = observed(observation);
          expect(await device.soon('the first value', values.next())).not.toMatchObject({ text });
          expect((await observation.established).contentFormat).toBe(accept);
          const changed = path.endsWith('1110') ? '/3442/0/1110/3' : '/3442/0/110';
          await device.run('set', changed, text);
          expect(await device.soon('a notification', values.next())).toMatchObject({ [changed]: text });
          await observation.cancel();
        }
      },
    );

    test('a cancelled observation is cancelled on the device', async () => {
      const [device] = await stage.registered();
      const heard = new Heard(stage.server);
      const observation = stage.server.device(NAME).observe(SENSOR);
      await observation.established;
      await observation.cancel();
      await device.run('set', SENSOR, '3');
      // The answer to a later request would come after the notification.
      expect(await stage.values(SENSOR)).toEqual({ [SENSOR]: 3 });
      expect(heard.all).toHaveLength(1);
    });

    test('an observation that is cancelled passively ends with the next notification', async () => {
      const [device] = await stage.registered();
      const heard = new Heard(stage.server);
      const observation = stage.server.device(NAME).observe(SENSOR);
      await observation.established;
      await observation.cancel({ passive: true });
      const before = stage.server.statistics.coap;
      await device.run('set', SENSOR, '3');
      await expect.poll(() => stage.server.statistics.coap.resetsSent - before.resetsSent).toBe(1);
      // An answer that comes after the Reset: the device has taken that, too.
      expect(await stage.values(SENSOR)).toEqual({ [SENSOR]: 3 });
      await device.run('set', SENSOR, '4');
      expect(await stage.values(SENSOR)).toEqual({ [SENSOR]: 4 });
      expect(stage.server.statistics.coap.resetsSent - before.resetsSent).toBe(1);
      expect(heard.all).toHaveLength(1);
    });

    // One that is Non-confirmable is lost then.
    test.skipIf(!peer.confirmableNotifications)(
      'a notification that the application can not take is not acknowledged, and comes again',
      async () => {
        const taken: unknown[] = [];
        let isBroken = true;
        await stage.open({
          onNotify({ records, initial }) {
            if (initial) return;
            if (isBroken) throw new Error('not now');
            taken.push(records[0]?.value);
          },
        });
        const [device] = await stage.registered();
        const heard = new Heard(stage.server);
        await stage.server.device(NAME).observe(SENSOR).established;
        await device.run('set', SENSOR, '9');
        await expect.poll(() => stage.errors.length).toBeGreaterThan(0);
        isBroken = false;
        await heard.count(2);
        expect(taken).toEqual([9]);
        stage.errors.splice(0);
      },
    );

    test('notifications in blocks', async () => {
      const [device] = await stage.registered({ block: '64' });
      const observation = stage.server.device(NAME).observe('/3442/0');
      const values = observed(observation);
      await device.soon('the first value', values.next());
      const long = 'long '.repeat(100);
      await device.run('set', '/3442/0/110', long);
      expect(await device.soon('a notification', values.next())).toMatchObject({ '/3442/0/110': long });
    });

    test('an Object that comes with an Update is observed, and one that goes no more', async () => {
      await stage.open({ observe: [{ path: '/3304/*/5700' }] });
      const heard = new Heard(stage.server);
      const [device] = await stage.registered();
      await device.run('enable', '/3304/0');
      await heard.count(1);
      await device.run('set', '/3304/0/5700', '55');
      await heard.count(2);
      expect(heard.all.map(({ records }) => records[0]?.value)).toEqual([0, 55]);
      const updated = stage.updated();
      await device.run('disable', '3304');
      await device.soon('an Update', updated);
      expect(stage.server.statistics.observations).toBe(0);
    });

    test('a device that starts anew is observed again', async () => {
      await stage.open({ observe: [{ path: SENSOR }] });
      const heard = new Heard(stage.server);
      const [first] = await stage.registered();
      await heard.count(1);
      await first.run('destroy');
      const [second] = await stage.registered();
      await heard.count(2);
      await second.run('set', SENSOR, '7');
      await heard.count(3);
      expect(heard.all.map(({ initial, records }) => [initial, records[0]?.value])).toEqual([
        [true, 0],
        [true, 0],
        [false, 7],
      ]);
    });

    test('what is not there is not observed', async () => {
      await stage.registered();
      const observation = stage.server.device(NAME).observe('/3303/9/5700');
      await expect(observation.established).rejects.toMatchObject({ responseCode: '4.04' });
    });
  });
}

/** The values that an observation reports, one notification after another. */
function observed(observation: DeviceObservation): { next(): Promise<Record<string, ResourceValue>> } {
  const notifications = observation[Symbol.asyncIterator]();
  return {
    async next() {
      const result = await notifications.next();
      if (result.done === true) throw new Error('the observation has ended');
      return valuesOf(result.value.records);
    },
  };
}
