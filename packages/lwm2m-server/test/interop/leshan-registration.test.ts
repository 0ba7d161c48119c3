import { expect, test } from 'vitest';
import { describeDevices, NAME } from './device-stage.ts';
import { leshans } from './leshan.ts';

for (const peer of leshans) {
  describeDevices(peer, 'registration', (stage) => {
    test('registers, updates and de-registers', async () => {
      const [device, registration] = await stage.registered();
      expect(registration).toMatchObject({
        endpointName: NAME,
        lifetime: 300,
        lwm2mVersion: peer.lwm2mVersion,
        bindingMode: 'U',
        queueMode: false,
      });
      expect(registration.instances.get(1)).toEqual([0]);
      expect(registration.instances.get(3)).toEqual([0]);
      expect(registration.instances.get(3303)).toEqual([0, 1]);
      expect(registration.instances.get(3442)).toEqual([0]);

      const updated = stage.updated();
      await device.run('update');
      await device.event('updated');
      expect(await updated).toMatchObject({ registrationId: registration.registrationId, lifetime: 300 });

      const deregistered = stage.deregistered();
      await device.run('stop');
      await device.event('deregistered');
      expect(await deregistered).toBe('deregistered');
      expect(stage.server.registration(NAME)).toBeUndefined();
    });

    test('the object list carries the formats that it has, of LwM2M 1.1', async () => {
      const [, registration] = await stage.registered();
      expect(registration.contentFormats).toEqual(
        peer.lwm2mVersion === '1.0' ? [] : expect.arrayContaining([110, 112]),
      );
    });

    test('an Update tells of new and of gone instances and Objects', async () => {
      const [device, registration] = await stage.registered();
      const next = async (...words: readonly string[]): Promise<ReadonlyMap<number, readonly number[]>> => {
        const updated = stage.updated();
        await device.run(...words);
        const { registrationId, instances } = await device.soon('an Update', updated);
        expect(registrationId).toBe(registration.registrationId);
        return instances;
      };
      expect((await next('add', '/3303/7')).get(3303)).toEqual([0, 1, 7]);
      expect((await next('remove', '/3303/0')).get(3303)).toEqual([1, 7]);
      expect((await next('enable', '/3304/0')).get(3304)).toEqual([0]);
      expect((await next('disable', '3304')).has(3304)).toBe(false);
    });

    test('queue mode is said in the binding of its version', async () => {
      const [, registration] = await stage.registered({ queue: 'true' });
      expect(registration).toMatchObject({ bindingMode: 'U', queueMode: true });
    });

    test('a short lifetime is refreshed in time', async () => {
      const [device, registration] = await stage.registered({ lifetime: '3' });
      expect(registration.lifetime).toBe(3);
      await device.event('updated');
      await device.event('updated');
      expect(stage.server.registration(NAME)?.registrationId).toBe(registration.registrationId);
    });

    test('a device that starts anew replaces its registration', async () => {
      const [first, before] = await stage.registered();
      await first.run('destroy');
      const ended = stage.deregistered();
      const [, after] = await stage.registered();
      expect(await ended).toBe('replaced');
      expect(after.registrationId).not.toBe(before.registrationId);
      expect(after.address).not.toEqual(before.address);
    });

    test('a device whose registration we have forgotten registers again', async () => {
      const [device, before] = await stage.registered();
      await stage.reopen();
      const registration = stage.registration();
      await device.run('update');
      expect(await device.event('not updated')).toContain('NOT_FOUND');
      const after = await device.soon('it to register again', registration);
      expect(after.registrationId).not.toBe(before.registrationId);
      expect((await stage.values('/3/0/0'))['/3/0/0']).toBe('FlowNexus tests');
    });

    test('a device that comes back at another port stays registered', async () => {
      const [device, before] = await stage.registered();
      await device.run('sleep');
      await device.run('wake');
      const updated = stage.updated();
      await device.run('update');
      const after = await device.soon('an Update', updated);
      expect(after.registrationId).toBe(before.registrationId);
      expect(after.address).not.toEqual(before.address);
      expect((await stage.values('/3/0/0'))['/3/0/0']).toBe('FlowNexus tests');
    });

    test('a device that is silent for too long expires, and registers anew when it is back', async () => {
      await stage.open({ gracePeriodMs: 0 });
      const [device, before] = await stage.registered({ lifetime: '2' });
      await device.run('sleep');
      expect(await device.soon('the end of its lifetime', stage.deregistered())).toBe('expired');
      await device.run('wake');
      const registration = stage.registration();
      await device.run('update');
      const after = await device.soon('it to register again', registration);
      expect(after.registrationId).not.toBe(before.registrationId);
    });

    test('a refused Register tells the reason', async () => {
      await stage.open({
        onRegister: () => {
          throw new Error('not today');
        },
      });
      const device = await stage.start();
      expect(await device.event('not registered')).toContain('503');
      expect(stage.errors.splice(0)).not.toEqual([]);
    });
  });
}
