import fc from 'fast-check';
import { test } from 'vitest';
import type { OperationState } from '../../src/queue/operation-store.ts';
import { QueueModel } from './queue-model.ts';

const NAMES = ['a', 'b'] as const;
const name = fc.constantFrom(...NAMES);
const states = fc.subarray<OperationState | 'get'>(['QUEUED', 'SENDING', 'CONFIRMED', 'FAILED', 'get']);

type Step = readonly [text: string, run: (model: QueueModel) => void | Promise<void>];

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .record({
        endpointName: name,
        kind: fc.constantFrom('read' as const, 'execute' as const),
        options: fc.record(
          {
            key: fc.constantFrom('k', 'l'),
            timeToLiveMs: fc.constantFrom(1_000, 100_000, 300_000),
            maxAttempts: fc.constantFrom(1, 2, 3),
            repeatable: fc.boolean(),
          },
          { requiredKeys: [] },
        ),
      })
      .map(({ endpointName, kind, options }): Step => [
        `add ${endpointName} ${kind} ${JSON.stringify(options)}`,
        (model) => model.add(endpointName, kind, options),
      ]),
  },
  { weight: 2, arbitrary: fc.nat(30).map((index): Step => [`cancel ${index}`, (model) => model.cancel(index)]) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.nat(1), fc.constantFrom('2.04', '4.04', '5.03', '4.29'))
      .map(([index, code]): Step => [`answer ${index} ${code}`, (model) => model.answer(index, code)]),
  },
  { weight: 4, arbitrary: name.map((each): Step => [`update ${each}`, (model) => model.stage.update(each)]) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(name, fc.constantFrom('p', 'q'), fc.boolean())
      .map(([each, peerKey, queueMode]): Step => [
        `register ${each} ${peerKey} ${queueMode}`,
        (model) => void model.stage.register(each, { queueMode }, peerKey),
      ]),
  },
  { weight: 1, arbitrary: name.map((each): Step => [`deregister ${each}`, (model) => model.stage.deregister(each)]) },
  {
    weight: 5,
    arbitrary: fc
      .constantFrom(100, 5_000, 20_000, 93_000, 200_000)
      .map((ms): Step => [`advance ${ms}`, (model) => model.advance(ms)]),
  },
  {
    weight: 2,
    arbitrary: states.map((failing): Step => [
      `store fails ${failing.join(' ')}`,
      (model) => {
        model.store.failing = failing.length === 0 ? undefined : (what) => failing.includes(what);
      },
    ]),
  },
  {
    weight: 2,
    arbitrary: fc.constant<Step>([
      'store is slow',
      (model) => {
        model.store.held ??= [];
      },
    ]),
  },
  { weight: 5, arbitrary: fc.constant<Step>(['store goes on', (model) => model.store.release()]) },
  { weight: 1, arbitrary: fc.constant<Step>(['crash', (model) => model.crash()]) },
);

test('whatever happens, the order is kept, nothing is lost, and nothing is sent more often than it may be', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80, size: 'max' }), async (steps) => {
      const model = new QueueModel();
      await model.start();
      for (const [, run] of steps) {
        await run(model);
        await model.settle();
      }
      await model.finish(NAMES);
    }),
    { numRuns: 150 },
  );
}, 120_000);
