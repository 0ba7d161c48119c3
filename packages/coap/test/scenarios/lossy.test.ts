import { describe, expect, test } from 'vitest';
import { Code, type CoapNotification, type CoapRequest, type ObserveRelation } from '../../src/index.ts';
import { inTime, Line, type Conditions } from './line.ts';
import { body, bytes, text } from './world.ts';

const SEEDS = Array.from({ length: 10 }, (_, index) => index + 1);

// Delays of 0 to 5 s, more than the 2 s of ACK_TIMEOUT: everything overtakes everything, and much is retransmitted.
const CONDITIONS: readonly Conditions[] = [0, 0.1, 0.3].flatMap((loss) =>
  [0, 5000].flatMap((jitterMs) => [0, 0.2].map((duplication) => ({ loss, jitterMs, duplication }))),
);

/** Conversations of one kind over one line. */
interface Outcome {
  readonly tried: number;
  readonly succeeded: number;
}

interface RequestsRow {
  readonly name: string;
  readonly count: number;
  readonly request: (id: number) => CoapRequest;
  /** What the server answers to request `id`. */
  readonly answer: (id: number) => Uint8Array;
  readonly handlerMs?: number;
}

const path = (id: number): { readonly path: readonly string[] } => ({ path: ['r', `${id}`] });

const REQUESTS: readonly RequestsRow[] = [
  {
    name: 'Confirmable requests',
    count: 12,
    request: (id) => ({ method: Code.POST, ...path(id), payload: bytes(`ask ${id}`) }),
    answer: (id) => bytes(`answer ${id}`),
  },
  {
    name: 'Non-confirmable requests',
    count: 6,
    request: (id) => ({ method: Code.POST, ...path(id), payload: bytes(`ask ${id}`), confirmable: false }),
    answer: (id) => bytes(`answer ${id}`),
  },
  {
    name: 'separate responses',
    count: 6,
    request: (id) => ({ method: Code.POST, ...path(id), payload: bytes(`ask ${id}`) }),
    answer: (id) => bytes(`late ${id}`),
    handlerMs: 6000,
  },
  {
    name: 'Block1 uploads',
    count: 3,
    request: (id) => ({ method: Code.PUT, ...path(id), payload: body(300, id) }),
    answer: () => new Uint8Array(0),
  },
  {
    name: 'Block2 downloads',
    count: 3,
    request: (id) => ({ method: Code.POST, ...path(id) }),
    answer: (id) => body(300, id),
  },
  {
    name: 'blocks both ways, with separate responses',
    count: 3,
    request: (id) => ({ method: Code.POST, ...path(id), payload: body(200, id) }),
    answer: (id) => body(260, id),
    handlerMs: 3000,
  },
];

/** Every request gets its own answer or none in time, and is handled once at most and whole. */
async function runRequests(row: RequestsRow, seed: number, conditions: Conditions): Promise<Outcome> {
  const handled = new Map<number, number>();
  const line = await Line.open(seed, conditions, (open) => async (request) => {
    const id = Number(request.path[1]);
    handled.set(id, (handled.get(id) ?? 0) + 1);
    expect(request.payload).toEqual(row.request(id).payload ?? new Uint8Array(0));
    if (row.handlerMs !== undefined) await open.pause(row.handlerMs);
    return { code: Code.CHANGED, payload: row.answer(id) };
  });
  const ids = Array.from({ length: row.count }, (_, id) => id);
  const responses = await line.clock.runUntil(
    Promise.all(ids.map((id) => inTime(line.client.request(line.peer, row.request(id))))),
  );
  let succeeded = 0;
  for (const [id, response] of responses.entries()) {
    if (response === undefined) continue;
    succeeded += 1;
    expect([response.code, response.payload]).toEqual([Code.CHANGED, row.answer(id)]);
    expect(handled.get(id)).toBe(1);
  }
  // RFC 7252 §4.5
  expect(Math.max(0, ...handled.values())).toBeLessThanOrEqual(1);
  expect(line.server.statistics.handlerErrors).toBe(0);
  await line.end();
  return { tried: row.count, succeeded };
}

/** Every value that counts as acknowledged was delivered once; none twice; the fresh ones in their order. */
async function runNotifications(confirmable: boolean, seed: number, conditions: Conditions): Promise<Outcome> {
  let relation: ObserveRelation | undefined;
  const line = await Line.open(seed, conditions, () => (request) => {
    relation = request.acceptObservation();
    return { code: Code.CONTENT, payload: bytes('0') };
  });
  const seen: CoapNotification[] = [];
  const observing = line.client.observe(
    line.peer,
    { method: Code.GET, path: ['value'] },
    {
      onNotification: async (notification) => {
        await line.pause(50);
        seen.push(notification);
      },
    },
  );
  const observation = await line.clock.runUntil(inTime(observing));
  if (observation === undefined || relation === undefined) {
    relation?.end();
    await line.end();
    return { tried: 1, succeeded: 0 };
  }
  const values = [1, 2, 3, 4, 5, 6];
  const acknowledged: string[] = [];
  for (const value of values) {
    const sending = relation.notify({ code: Code.CONTENT, payload: bytes(`${value}`) }, { confirmable });
    void sending.then(
      () => acknowledged.push(`${value}`),
      () => undefined,
    );
    await line.clock.advanceAsync(1000);
  }
  await line.clock.advanceAsync(500_000);
  const payloads = seen.map(({ payload }) => text(payload));
  expect(new Set(payloads).size).toBe(payloads.length);
  if (confirmable) expect(payloads).toEqual(expect.arrayContaining(acknowledged));
  const fresh = seen.filter((notification) => notification.fresh).map(({ payload }) => Number(text(payload)));
  expect(fresh).toEqual(fresh.toSorted((a, b) => a - b));
  // Nobody has the impression that an older value is the present one.
  expect(fresh.at(-1) ?? 0).toBe(Math.max(0, ...payloads.map(Number)));
  observation.forget();
  relation.end();
  await line.end();
  return { tried: values.length, succeeded: confirmable ? acknowledged.length : payloads.length };
}

/**
 * What must succeed at a loss: all without one, and otherwise what there is to expect when one try is good for 81 or 49 %,
 * less some bad luck of the seeds.
 */
const EXPECTED: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [0.1, 0.75],
  [0.3, 0.4],
]);

async function sum(conditions: Conditions, run: (seed: number) => Promise<Outcome>): Promise<void> {
  let tried = 0;
  let succeeded = 0;
  for (const seed of SEEDS) {
    const outcome = await run(seed);
    tried += outcome.tried;
    succeeded += outcome.succeeded;
  }
  expect(succeeded / tried).toBeGreaterThanOrEqual(EXPECTED.get(conditions.loss) ?? 1);
}

describe.each(CONDITIONS)('loss $loss, delays of 0 to $jitterMs ms, duplication $duplication', (conditions) => {
  test.each(REQUESTS)('$name', (row) => sum(conditions, (seed) => runRequests(row, seed, conditions)));

  test.each([{ confirmable: true }, { confirmable: false }])('notifications, confirmable $confirmable', (row) =>
    sum(conditions, (seed) => runNotifications(row.confirmable, seed, conditions)),
  );
});
