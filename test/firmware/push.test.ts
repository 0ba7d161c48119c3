import { expect, test } from 'vitest';
import { firmwareBed, PACKAGE, packagesOf, updated } from './firmware-bed.ts';

test('a package is pushed, executed and verified', async () => {
  const firmware = await firmwareBed();
  const update = await updated(firmware);
  expect(firmware.states).toEqual([
    'QUEUED',
    'READING',
    'OBSERVING',
    'DELIVERING',
    'DOWNLOADING',
    'CHECKING',
    'EXECUTING',
    'UPDATING',
    'VERIFYING',
    'SUCCEEDED',
  ]);
  expect(update).toMatchObject({ delivery: 'push', evidence: 'result', attempts: 1, failure: undefined });
  expect(update).toMatchObject({ packageId: 'app', packageSize: PACKAGE.length, version: undefined });
  await firmware.bed.clock.settle();
  expect(update.progress).toEqual({ transferred: PACKAGE.length, total: PACKAGE.length });
  const { device } = update;
  expect(device).toMatchObject({ readable: 'instance', state: 0, result: 1, firmwareVersion: '1.0' });
  const status = 'GET /5/0 accept=112 → 2.05 cf=112';
  const version = 'GET /3/0/3 accept=112 → 2.05 cf=112';
  expect(firmware.bed.exchanges().filter((line) => !line.startsWith('notified'))).toEqual([
    status,
    version,
    'GET /5/0/3 observe=0 accept=112 → 2.05 observing cf=112',
    'GET /5/0/5 observe=0 accept=112 → 2.05 observing cf=112',
    ...Array<string>(5).fill('PUT /5/0/0 cf=42 → 2.31'),
    'PUT /5/0/0 cf=42 → 2.04',
    // DOWNLOADING, then CHECKING.
    status,
    status,
    'POST /5/0/2 → 2.04',
    // State 3; State 0; Update Result 1.
    status,
    status,
    status,
    version,
    'GET /5/0/3 observe=1 accept=112 → 2.05 cf=112',
    'GET /5/0/5 observe=1 accept=112 → 2.05 cf=112',
  ]);
});

test('a package that was opened for an update is disposed of', async () => {
  const opened = { now: 0, ever: 0 };
  const packages = packagesOf({ app: PACKAGE });
  const firmware = await firmwareBed({
    packages: {
      open: async (packageId) => {
        const source = await packages.open(packageId);
        if (source === undefined) return undefined;
        opened.now += 1;
        opened.ever += 1;
        const close = (): Promise<void> => Promise.resolve(void (opened.now -= 1));
        return { ...source, [Symbol.asyncDispose]: close };
      },
    },
  });
  expect(await updated(firmware)).toMatchObject({ state: 'SUCCEEDED' });
  // For its size, and for the push.
  expect(opened).toEqual({ now: 0, ever: 2 });
});
