import { TimerQueue } from '@flownexus/datagram';
import { VirtualClock } from '@flownexus/datagram/testing';
import { expect, test } from 'vitest';
import { ActiveUpdate } from '../../src/firmware/active-update.ts';
import { newUpdate } from '../../src/firmware/new-update.ts';
import { PackageBytes } from '../../src/firmware/package-bytes.ts';
import { Lwm2mServerError } from '../../src/errors.ts';
import { MemoryFirmwareStore, type FirmwareUpdate, type QueuedOperation, type QueueOptions } from '../../src/index.ts';

/** An update, in a durable queue that does what it is told. */
function active(changes: Partial<FirmwareUpdate>, finished: () => Promise<QueuedOperation>) {
  const clock = new VirtualClock();
  const added: (QueueOptions & { readonly kind: string })[] = [];
  const operations = {
    add: (_endpointName: string, { kind }: { readonly kind: string }, options: QueueOptions) => {
      added.push({ kind, ...options });
      return Promise.resolve({ id: `${added.length}` });
    },
    cancel: () => Promise.resolve(false),
    finished,
  };
  const given = { id: 'a', endpointName: 'dev', campaignId: undefined, size: 1, registration: undefined };
  const begun = newUpdate({ packageId: 'app' }, { ...given, now: clock.wallTime() });
  const update = new ActiveUpdate(
    { ...begun, attempts: 1, ...changes },
    {
      server: { operations, registration: () => undefined } as never,
      store: new MemoryFirmwareStore(),
      packages: new PackageBytes({ open: () => undefined }),
      packageUri: undefined,
      clock,
      timers: new TimerQueue({ clock, onError: String }),
      report: String,
      onChange: () => undefined,
    },
  );
  return { update, clock, added };
}

test('an Execute is sent soon after the State was read, and once for each time that it was read', async () => {
  const read = { kind: 'read', path: '/5/0' } as const;
  let answered = false;
  const state = (path: { objectId: number; objectInstanceId: number; resourceId: number }) =>
    ({ path, type: 'integer', value: 2, time: undefined }) as const;
  const records = [state({ objectId: 5, objectInstanceId: 0, resourceId: 3 })];
  const { update, clock, added } = active({ state: 'CHECKING', todo: [read] }, () => {
    if (answered) return new Promise(() => undefined);
    answered = true;
    return Promise.resolve({ state: 'CONFIRMED', result: { records } } as unknown as QueuedOperation);
  });
  update.resume();
  await clock.settle();
  expect(update.update.state).toBe('EXECUTING');
  expect(added.at(-1)).toMatchObject({ kind: 'execute', maxAttempts: 1, timeToLiveMs: 300_000 });
});

test.each(['QUEUED', 'EXECUTING'] as const)(
  '%s: a queue that says nothing of an operation is asked later',
  async (state) => {
    const full = new Lwm2mServerError('ERR_LWM2M_SERVER_LIMIT', 'too many callers wait');
    let asked = 0;
    const { update, clock, added } = active({ state }, () => {
      // What is asked again and again at once would never give the loop of events back.
      asked += 1;
      return asked > 50 ? new Promise(() => undefined) : Promise.reject(full);
    });
    update.resume();
    await clock.settle();
    expect(update.update).toMatchObject({ state: 'RETRYING', failure: { reason: 'no-answer' } });
    expect(added).toHaveLength(1);
  },
);
