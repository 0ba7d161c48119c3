import { MemoryFirmwareStore, MemoryObservationStore, MemoryOperationStore } from '@flownexus/lwm2m-server';
import { MemoryRegistrationStore } from '@flownexus/lwm2m-server/testing';
import { expect, test } from 'vitest';
import { createServer, ENDPOINT_NAME, SERVER } from '../ets/testbed.ts';
import { createUpdater, finish, scriptedBed } from './firmware-bed.ts';

test.each([
  ['READING', 'push'],
  ['OBSERVING', 'push'],
  ['DELIVERING', 'push'],
  ['DELIVERING', 'pull'],
  ['DOWNLOADING', 'pull'],
  ['CHECKING', 'push'],
  ['EXECUTING', 'push'],
  ['UPDATING', 'push'],
  ['VERIFYING', 'push'],
  ['RETRYING', 'pull'],
] as const)('a server that is started again in %s goes on (%s)', async (state, delivery) => {
  const stores = {
    operationStore: new MemoryOperationStore(),
    observationStore: new MemoryObservationStore(),
    registrationStore: new MemoryRegistrationStore(),
  };
  const options = { store: new MemoryFirmwareStore(), packageUri: () => 'coap://192.0.2.1/f' };
  const script = { deliveryMethod: delivery === 'push' ? 1 : 0, downloads: state === 'RETRYING' ? [4] : [] };
  const { bed, updater, device } = await scriptedBed(script, options, { server: stores });
  const reached = new Promise<void>((resolve) => {
    updater.on('changed', (update) => {
      if (update.state !== state) return;
      // Nothing that is to be done now is done by this one.
      void updater.stop();
      resolve();
    });
  });
  const begun = await updater.update(ENDPOINT_NAME, { packageId: 'app' });
  await bed.run(reached);
  await bed.run(bed.server.stop());
  await bed.pass(60);
  const server = createServer(bed, SERVER, stores);
  await bed.run(server.start());
  const states: string[] = [];
  const next = createUpdater({ server, clock: bed.clock }, options, states);
  const over = finish({ bed, updater: next, states }, begun);
  await next.start();
  expect(await over).toMatchObject({ id: begun.id, state: 'SUCCEEDED', attempts: state === 'RETRYING' ? 2 : 1 });
  expect(device.log.filter((line) => line === 'execute in State 2')).toHaveLength(1);
  expect(states.filter((line) => line.startsWith('error'))).toEqual([]);
});
