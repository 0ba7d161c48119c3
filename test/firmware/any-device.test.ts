import { seededRandom } from '@flownexus/datagram/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEVICE, ENDPOINT_NAME } from '../ets/testbed.ts';
import { scriptedBed } from './firmware-bed.ts';

const download = fc.constantFrom(0, 0, 0, 1, 2, 4, 7, 9, 11, 42);
const installation = fc.constantFrom(1, 1, 1, 0, 2, 8, 11, 42);
const script = fc.record(
  {
    deliveryMethod: fc.constantFrom(0, 1, 2, 9),
    protocols: fc.uniqueArray(fc.nat(6), { maxLength: 3 }),
    downloadMs: fc.constantFrom(0, 10_000, 7_200_000),
    downloads: fc.array(download, { maxLength: 4 }),
    installations: fc.array(installation, { maxLength: 4 }),
    keepsResult: fc.boolean(),
    newVersion: fc.constantFrom('1.0', '2.0', '3.0'),
    isNew: fc.boolean(),
    automatic: fc.boolean(),
    reboot: fc.constant(() => undefined),
  },
  { requiredKeys: [] },
);

/** What happens to the device meanwhile, at a second. */
const mishap = fc.record({
  second: fc.integer({ min: 1, max: 400 }),
  kind: fc.constantFrom('reboot', 'silence', 'state', 'noise'),
  state: fc.constantFrom(0, 1, 2, 3, 5),
  result: fc.constantFrom(0, 1, 4, 8, 11),
});

test('whatever a device does, its update ends or waits, and it is executed in State 2 alone', async () => {
  const outcomes = new Set<string>();
  await fc.assert(
    fc.asyncProperty(script, fc.array(mishap, { maxLength: 4 }), async (behaviour, mishaps) => {
      const { bed, updater, device, states } = await scriptedBed(
        behaviour,
        { packageUri: ({ scheme }) => `${scheme}://192.0.2.1/f` },
        { client: { lifetime: 300 } },
      );
      const { id } = await updater.update(ENDPOINT_NAME, { packageId: 'app', version: '2.0', downloadMs: 14_400_000 });
      const noise = seededRandom(7);
      for (const { second, kind, state, result } of mishaps.toSorted((a, b) => a.second - b.second)) {
        await bed.pass(Math.max(0, second - bed.clock.now() / 1_000));
        if (kind === 'reboot') void bed.client.reboot();
        else if (kind === 'state') device.enter(state, result);
        else {
          const share = kind === 'noise' ? 0.3 : 1;
          bed.network.rule = ({ from }) => (from.host === DEVICE.host && noise.unit() < share ? 'drop' : 'deliver');
          await bed.pass(120);
          bed.network.rule = undefined;
        }
      }
      // Three attempts of half a day, at most.
      await bed.pass(2 * 86_400);
      const update = await updater.get(id);
      expect(['SUCCEEDED', 'FAILED']).toContain(update?.state);
      expect(states.filter((line) => line.startsWith('error'))).toEqual([]);
      outcomes.add(update?.failure?.reason ?? update?.state ?? '');
      // A State that was made up by a mishap may be another when the Execute arrives.
      const isHonest = mishaps.every(({ kind }) => kind !== 'state');
      if (isHonest) {
        expect(device.log.filter((line) => line.startsWith('execute') && line !== 'execute in State 2')).toEqual([]);
      }
      await bed.client.close();
      await updater.stop();
    }),
    { numRuns: 40 },
  );
  expect(outcomes).toContain('SUCCEEDED');
  // It has one, and what it answers between a restart and its Register says nothing else.
  expect(outcomes).not.toContain('no-firmware-object');
  expect(outcomes.size).toBeGreaterThan(3);
});
