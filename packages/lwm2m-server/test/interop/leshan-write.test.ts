import { expect, test } from 'vitest';
import { ContentFormat, contentFormatName, type ResourceNode } from '@flownexus/lwm2m-core';
import { describeDevices, NAME } from './device-stage.ts';
import { INSTANCES } from './device-values.ts';
import { leshans } from './leshan.ts';

for (const peer of leshans) {
  describeDevices(peer, 'Write, Create, Delete', (stage) => {
    const { values } = peer;

    test.each(peer.treeFormats.map((format) => [contentFormatName(format), format] as const))(
      'Resources and Resource Instances in %s',
      async (_, contentFormat) => {
        await stage.registered();
        const device = stage.server.device(NAME);
        for (const { type, single, multiple, value } of values) {
          const path = `/3442/0/${String(single)}`;
          await device.write(path, value, { contentFormat });
          expect(await stage.values(path)).toEqual({ [path]: value });
          const several = `/3442/0/${String(multiple)}`;
          const node: ResourceNode = {
            kind: 'multipleResource',
            id: multiple,
            type,
            instances: INSTANCES.map((id) => ({ kind: 'resourceInstance', id, type, value })),
          };
          await device.write(several, node, { contentFormat });
          expect(await stage.values(several)).toEqual(
            Object.fromEntries(INSTANCES.map((id) => [`${several}/${String(id)}`, value])),
          );
        }
      },
    );

    test.each(peer.valueFormats.map((format) => [contentFormatName(format), format] as const))(
      'a Resource in %s',
      async (_, contentFormat) => {
        await stage.registered();
        const device = stage.server.device(NAME);
        for (const { type, single, value } of values) {
          if (type === 'opaque') continue;
          const path = `/3442/0/${String(single)}`;
          await device.write(path, value, { contentFormat });
          expect(await stage.values(path)).toEqual({ [path]: value });
        }
      },
    );

    test('an opaque Resource as it is', async () => {
      await stage.registered();
      const value = Uint8Array.of(0, 255, 10);
      await stage.server.device(NAME).write('/3442/0/150', value, { contentFormat: ContentFormat.OPAQUE });
      expect(await stage.values('/3442/0/150')).toEqual({ '/3442/0/150': value });
    });

    test('the device has what was written in the format that we choose, in blocks as well', async () => {
      const [device] = await stage.registered();
      const long = 'written '.repeat(500);
      await stage.server.device(NAME).write(
        '/3442/0',
        new Map<number, string | number>([
          [110, long],
          [120, 7],
        ]),
        { mode: 'update' },
      );
      expect(JSON.parse(await device.run('state', '/3442/0'))).toMatchObject({ 110: long, 120: 7 });
      await stage.server.device(NAME).write('/3442/0/110', 'short');
      expect(JSON.parse(await device.run('state', '/3442/0'))).toMatchObject({ 110: 'short', 120: 7 });
    });

    test('an update leaves what it does not mention, a replacement does not', async () => {
      const [device] = await stage.registered();
      const ours = stage.server.device(NAME);
      await ours.write('/3442/0', new Map([[110, 'a']]), { mode: 'update' });
      await ours.write('/3442/0', new Map([[120, 2]]), { mode: 'update' });
      expect(JSON.parse(await device.run('state', '/3442/0'))).toMatchObject({ 110: 'a', 120: 2 });
      await ours.write('/3442/0', new Map([[130, 0.5]]));
      const state: unknown = JSON.parse(await device.run('state', '/3442/0'));
      expect(state).toMatchObject({ 130: 0.5 });
      expect(state).not.toHaveProperty('110');
      expect(state).not.toHaveProperty('120');
    });

    if (peer.lwm2mVersion !== '1.0') {
      test('one Resource Instance is written, and one added', async () => {
        const [device] = await stage.registered();
        const ours = stage.server.device(NAME);
        await device.run('set', '/3442/0/1110/3', 'as it was');
        await ours.write('/3442/0/1110/3', 'three');
        const added = { kind: 'resourceInstance', id: 7, type: 'string', value: 'seven' } as const;
        const node = { kind: 'multipleResource', id: 1110, type: 'string', instances: [added] } as const;
        await ours.write('/3442/0/1110', node, { mode: 'update' });
        expect(await stage.values('/3442/0/1110')).toEqual({ '/3442/0/1110/3': 'three', '/3442/0/1110/7': 'seven' });
      });
    }

    test('what is not there, or may not be written, is refused', async () => {
      await stage.registered();
      const device = stage.server.device(NAME);
      await expect(device.write('/3/0/0', 'x')).rejects.toMatchObject({ responseCode: '4.05' });
      await expect(device.write('/3303/9', new Map([[5750, 'x']]))).rejects.toMatchObject({ responseCode: '4.04' });
    });

    test('an instance is created, with our id and with one of the device, and deleted', async () => {
      const [foreign] = await stage.registered();
      const device = stage.server.device(NAME);
      const resources: ResourceNode[] = [{ kind: 'singleResource', id: 110, type: 'string', value: 'created' }];
      const updated = stage.updated();
      const { path } = await device.create('/3442', resources);
      expect(path).toMatchObject({ objectId: 3442, objectInstanceId: 1 });
      expect((await foreign.soon('an Update', updated)).instances.get(3442)).toEqual([0, 1]);
      expect(await stage.values('/3442/1/110')).toEqual({ '/3442/1/110': 'created' });

      const created = await device.create('/3442', { kind: 'objectInstance', id: 42, resources });
      expect(created.path).toMatchObject({ objectId: 3442, objectInstanceId: 42 });
      expect(await stage.values('/3442/42/110')).toEqual({ '/3442/42/110': 'created' });
      await expect(device.create('/3442', { kind: 'objectInstance', id: 42, resources })).rejects.toMatchObject({
        responseCode: '4.00',
      });

      await device.delete('/3442/1');
      await expect(device.read('/3442/1')).rejects.toMatchObject({ responseCode: '4.04' });
      await expect(device.delete('/3442/9')).rejects.toMatchObject({ responseCode: '4.04' });
    });
  });
}
