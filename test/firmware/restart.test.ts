import { MemoryFirmwareStore, MemoryObservationStore, MemoryOperationStore } from '@flownexus/lwm2m-server';
import { openSqliteStores } from '@flownexus/lwm2m-server/sqlite';
import { MemoryRegistrationStore } from '@flownexus/lwm2m-server/testing';
import { expect, onTestFinished, test } from 'vitest';
import { createServer, ENDPOINT_NAME, SERVER, type Testbed } from '../ets/testbed.ts';
import { createUpdater, ended, scriptedBed } from './firmware-bed.ts';

/** Lets time pass until work is done; but first what stores have to do, which takes turns of the event loop and no time. */
async function patiently<T>({ clock }: Pick<Testbed, 'clock'>, work: Promise<T>): Promise<T> {
  let done = 0;
  const mark = (): void => {
    done = 1;
  };
  work.then(mark, mark);
  for (let turn = 0; done === 0 && turn < 10_000; turn += 1) {
    const restMs = (clock.nextDeadline ?? clock.now()) - clock.now();
    await clock.advanceAsync(turn % 10 === 9 ? Math.max(0, restMs) : 0);
  }
  return work;
}

/** What a server and an updater keep. */
function storesOf(kind: 'memory' | 'SQLite') {
  if (kind === 'SQLite') {
    const stores = openSqliteStores({ file: ':memory:' });
    onTestFinished(() => stores.close());
    const { operations, observations, registrations, firmware } = stores;
    return {
      store: firmware,
      ofServer: {
        operationStore: operations,
        observationStore: observations,
        registrationStore: registrations,
      },
    };
  }
  return {
    store: new MemoryFirmwareStore(),
    ofServer: {
      operationStore: new MemoryOperationStore(),
      observationStore: new MemoryObservationStore(),
      registrationStore: new MemoryRegistrationStore(),
    },
  };
}

test.each([
  ['READING', 'push', 'memory'],
  ['OBSERVING', 'push', 'memory'],
  ['DELIVERING', 'push', 'memory'],
  ['DELIVERING', 'pull', 'memory'],
  ['DOWNLOADING', 'pull', 'memory'],
  ['CHECKING', 'push', 'memory'],
  ['EXECUTING', 'push', 'memory'],
  ['UPDATING', 'push', 'memory'],
  ['VERIFYING', 'push', 'memory'],
  ['RETRYING', 'pull', 'memory'],
  ['DOWNLOADING', 'pull', 'SQLite'],
  ['EXECUTING', 'push', 'SQLite'],
] as const)('a server that is started again in %s goes on (%s, %s)', async (state, delivery, kind) => {
  const { store, ofServer } = storesOf(kind);
  const options = { store, packageUri: () => 'coap://192.0.2.1/f' };
  const script = { deliveryMethod: delivery === 'push' ? 1 : 0, downloads: state === 'RETRYING' ? [4] : [] };
  const { bed, updater, device } = await scriptedBed(script, options, { server: ofServer });
  const reached = new Promise<void>((resolve) => {
    updater.on('changed', (update) => {
      if (update.state !== state) return;
      // Nothing that is to be done now is done by this one.
      void updater.stop();
      resolve();
    });
  });
  const begun = await patiently(bed, updater.update(ENDPOINT_NAME, { packageId: 'app' }));
  await patiently(bed, reached);
  await patiently(bed, bed.server.stop());
  await bed.pass(60);
  const server = createServer(bed, SERVER, ofServer);
  await patiently(bed, server.start());
  const states: string[] = [];
  const next = createUpdater({ server, clock: bed.clock }, options, states);
  const over = ended(next, begun);
  await patiently(bed, next.start());
  expect(await patiently(bed, over)).toMatchObject({
    id: begun.id,
    state: 'SUCCEEDED',
    attempts: state === 'RETRYING' ? 2 : 1,
  });
  expect(device.log.filter((line) => line === 'execute in State 2')).toHaveLength(1);
  expect(states.filter((line) => line.startsWith('error'))).toEqual([]);
  await patiently(bed, next.stop());
  await patiently(bed, server.stop());
});
