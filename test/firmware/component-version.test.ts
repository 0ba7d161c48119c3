import { FirmwareObject } from '@flownexus/lwm2m-client';
import { ADVANCED_FIRMWARE_UPDATE_OBJECT } from '@flownexus/lwm2m-server';
import { expect, test } from 'vitest';
import { registry } from '../ets/testbed.ts';
import { firmwareBed, updated } from './firmware-bed.ts';

registry.add(ADVANCED_FIRMWARE_UPDATE_OBJECT);

test('a component that was updated tells its own version, and not that of the device', async () => {
  const firmware = await firmwareBed(
    {},
    {
      prepare: (tree, clock) => {
        tree.set('/33629/0/14', 'modem');
        tree.set('/33629/0/15', '1.0');
        new FirmwareObject(tree, { clock, instance: '/33629/0', inspect: () => ({ version: '2.0' }) });
      },
    },
  );
  const update = await updated(firmware, { version: '2.0' });
  expect(update).toMatchObject({ state: 'SUCCEEDED', objectId: 33_629, evidence: 'version' });
  const { tree } = firmware.bed;
  expect([tree.content('/33629/0/15'), tree.content('/3/0/3')]).toEqual(['2.0', '1.0']);
});
