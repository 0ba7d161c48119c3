import { expect, test } from 'vitest';
import { ContentFormat, contentFormatName, type ResourceValue } from '@flownexus/lwm2m-core';
import type { ForeignDevice } from './device-program.ts';
import { describeDevices, NAME } from './device-stage.ts';
import { INSTANCES, valuesOf, type TestValue } from './device-values.ts';
import { leshans } from './leshan.ts';

for (const peer of leshans) {
  describeDevices(peer, 'Read', (stage) => {
    const { values } = peer;

    test.each(peer.treeFormats.map((format) => [contentFormatName(format), format] as const))(
      'an Object, an instance, a Resource and a Resource Instance in %s',
      async (_, format) => {
        const [device] = await stage.registered();
        await fill(device, values);
        const expected = expectedValues(values);
        expect(await stage.values('/3442/0', format)).toMatchObject(expected);
        expect(await stage.values('/3442', format)).toMatchObject(expected);
        for (const { single, multiple, value } of values) {
          expect(await stage.values(`/3442/0/${String(single)}`, format)).toEqual({
            [`/3442/0/${String(single)}`]: value,
          });
          const path = `/3442/0/${String(multiple)}`;
          expect(await stage.values(path, format)).toEqual(
            Object.fromEntries(INSTANCES.map((id) => [`${path}/${String(id)}`, value])),
          );
        }
      },
    );

    test.each(peer.valueFormats.map((format) => [contentFormatName(format), format] as const))(
      'a Resource and a Resource Instance in %s',
      async (_, format) => {
        const [device] = await stage.registered();
        await fill(device, values);
        for (const { type, single, multiple, value } of values) {
          const path = `/3442/0/${String(single)}`;
          if (type === 'opaque') continue;
          expect(await stage.values(path, format)).toEqual({ [path]: value });
          if (peer.lwm2mVersion === '1.0') continue;
          const instance = `/3442/0/${String(multiple)}/7`;
          expect(await stage.values(instance, format)).toEqual({ [instance]: value });
        }
      },
    );

    test('an opaque Resource as it is', async () => {
      const [device] = await stage.registered();
      await fill(device, values);
      expect(await stage.values('/3442/0/150', ContentFormat.OPAQUE)).toEqual({
        '/3442/0/150': Uint8Array.of(0, 255, 16, 32),
      });
    });

    test('in the format that we choose', async () => {
      const [device] = await stage.registered();
      await fill(device, values);
      expect(await stage.values('/3442/0')).toMatchObject(expectedValues(values));
      for (const { single, value } of values) {
        const path = `/3442/0/${String(single)}`;
        expect(await stage.values(path)).toEqual({ [path]: value });
      }
      expect(await stage.values('/3/0/0')).toEqual({ '/3/0/0': 'FlowNexus tests' });
    });

    test('what is not there or may not be read is refused', async () => {
      await stage.registered();
      const device = stage.server.device(NAME);
      await expect(device.read('/3442/0/999')).rejects.toMatchObject({ responseCode: '4.04' });
      await expect(device.read('/3442/9')).rejects.toMatchObject({ responseCode: '4.04' });
      await expect(device.read('/9999')).rejects.toMatchObject({ responseCode: '4.04' });
      await expect(device.read('/3442/0/0')).rejects.toMatchObject({ responseCode: '4.05' });
    });

    test('an answer in another format than asked for is taken as it is', async () => {
      await stage.registered();
      const answer = await stage.server.device(NAME).read('/3442/0', { accept: 65_000 });
      expect(answer.contentFormat).toBe(ContentFormat.TLV);
      expect(valuesOf(answer.records)).toMatchObject({ '/3442/0/110': '' });
    });

    test('in blocks', async () => {
      const [device] = await stage.registered({ block: '64' });
      await fill(device, values);
      expect(await stage.values('/3442/0')).toMatchObject(expectedValues(values));
    });
  });
}

function expectedValues(values: readonly TestValue[]): Record<string, ResourceValue> {
  return Object.fromEntries(
    values.flatMap(({ single, multiple, value }) => [
      [`/3442/0/${String(single)}`, value],
      ...INSTANCES.map((id) => [`/3442/0/${String(multiple)}/${String(id)}`, value] as const),
    ]),
  );
}

/** Gives the device's Test Object all values. */
async function fill(device: ForeignDevice, values: readonly TestValue[]): Promise<void> {
  for (const { single, multiple, text } of values) {
    await device.run('set', `/3442/0/${String(single)}`, text);
    for (const id of INSTANCES) await device.run('set', `/3442/0/${String(multiple)}/${String(id)}`, text);
  }
}
