import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Deduplication } from '../../src/engine/deduplication.ts';
import { type CoapLimits, DEFAULT_LIMITS } from '../../src/limits.ts';
import { Bench } from '../engine/fixtures.ts';

/** What the table has to do, in the plainest way. */
class Model {
  entries: Entry[] = [];
  nowMs = 0;
  limits = 0;
  readonly #lifetimes: number[] = [];
  readonly #maxEntries: number;
  readonly #maxEntriesPerPeer: number;

  constructor(maxEntries: number, maxEntriesPerPeer: number) {
    this.#maxEntries = maxEntries;
    this.#maxEntriesPerPeer = maxEntriesPerPeer;
  }

  find(peer: string, messageId: number): Entry | undefined {
    return this.entries.find((entry) => entry.peer === peer && entry.messageId === messageId);
  }

  add(entry: Entry): void {
    const ofPeer = this.entries.filter(({ peer }) => peer === entry.peer);
    if (ofPeer.length >= this.#maxEntriesPerPeer) this.#drop(ofPeer[0]);
    if (this.entries.length >= this.#maxEntries) this.#drop(this.#oldest());
    if (!this.#lifetimes.includes(entry.lifetimeMs)) this.#lifetimes.push(entry.lifetimeMs);
    this.entries.push(entry);
  }

  forget(wanted: (entry: Entry) => boolean): void {
    this.entries = this.entries.filter((entry) => !wanted(entry));
  }

  advance(ms: number): void {
    this.nowMs += ms;
    this.forget(({ addedAtMs, lifetimeMs }) => addedAtMs + lifetimeMs <= this.nowMs);
  }

  /** Of those that came in one millisecond: one with the lifetime that was known first. */
  #oldest(): Entry | undefined {
    const rank = ({ lifetimeMs }: Entry): number => this.#lifetimes.indexOf(lifetimeMs);
    return this.entries.toSorted((a, b) => a.addedAtMs - b.addedAtMs || rank(a) - rank(b))[0];
  }

  #drop(dropped: Entry | undefined): void {
    this.limits += 1;
    this.forget((entry) => entry === dropped);
  }
}

interface Entry {
  readonly peer: string;
  readonly messageId: number;
  readonly lifetimeMs: number;
  readonly addedAtMs: number;
  readonly handle: number;
  reply: Uint8Array | undefined;
}

const PEERS = ['a', 'b', 'c'];
const MESSAGE_IDS = 24;

const peer = fc.constantFrom(...PEERS);
const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('message'),
      peer,
      messageId: fc.nat(MESSAGE_IDS - 1),
      lifetimeMs: fc.constantFrom(4000, 7000),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('answer'),
      which: fc.nat(40),
      reply: fc.uint8Array({ minLength: 1, maxLength: 40 }),
      times: fc.constantFrom(1, 1, 100, 400),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('forget'), which: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forgetPeer'), peer }) },
  // Whole seconds, as the sweep works in: what has expired has left.
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('advance'), ms: fc.constantFrom(1000, 3000, 8000) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function run(steps: readonly Step[], bounds: Partial<CoapLimits>, check: (pair: Pair) => void): void {
  const bench = new Bench();
  const { clock, timers, random, onLimit } = bench;
  const limits = { ...DEFAULT_LIMITS, ...bounds };
  const known = new Deduplication({ clock, timers, random, onLimit, limits });
  const model = new Model(limits.deduplicationEntries, limits.deduplicationPerPeer);
  const states = new Map(PEERS.map((key) => [key, bench.state(key)]));
  const handed: Entry[] = [];
  const pair = { bench, known, model };
  for (const now of steps) {
    if ('messageId' in now) {
      const state = states.get(now.peer)!;
      const found = known.find(state, now.messageId);
      const expected = model.find(now.peer, now.messageId);
      if (found === undefined) {
        // Bytes may have been in the way, which the model doesn't know.
        if (expected !== undefined) model.forget((entry) => entry === expected);
        const handle = known.add(state, now.messageId, now.lifetimeMs);
        const { peer: of, messageId, lifetimeMs } = now;
        const entry = { peer: of, messageId, lifetimeMs, addedAtMs: clock.now(), handle, reply: undefined };
        model.add(entry);
        handed.push(entry);
      } else {
        expect(found).toBe(expected?.handle);
        expect(known.replyOf(found)).toEqual(expected?.reply);
      }
    } else if ('reply' in now) {
      const entry = handed.at(-1 - now.which);
      if (entry === undefined) continue;
      const reply = Uint8Array.from(
        { length: now.reply.length * now.times },
        (_, at) => now.reply[at % now.reply.length]!,
      );
      known.answered(entry.handle, reply);
      entry.reply = reply;
    } else if ('which' in now) {
      const entry = handed.at(-1 - now.which);
      if (entry === undefined) continue;
      known.forget(entry.handle);
      model.forget((other) => other === entry);
    } else if ('peer' in now) {
      known.forgetPeer(states.get(now.peer)!);
      model.forget((entry) => entry.peer === now.peer);
    } else {
      clock.advance(now.ms);
      model.advance(now.ms);
    }
    check(pair);
  }
  // Each one, found or not.
  for (const [key, state] of states) {
    for (let messageId = 0; messageId < MESSAGE_IDS; messageId += 1) {
      const found = known.find(state, messageId);
      const expected = model.find(key, messageId);
      if (found !== undefined) expect([found, known.replyOf(found)]).toEqual([expected?.handle, expected?.reply]);
      else if (bounds.deduplicationBytes === undefined) expect(expected).toBeUndefined();
    }
    known.forgetPeer(state);
  }
  expect([known.size, known.bytes]).toEqual([0, 0]);
}

interface Pair {
  readonly bench: Bench;
  readonly known: Deduplication;
  readonly model: Model;
}

const sequences = fc.array(step, { maxLength: 150 });

test('remembers what a plain list would remember', () => {
  fc.assert(
    fc.property(sequences, (steps) => {
      run(steps, {}, ({ known, model }) => expect(known.size).toBe(model.entries.length));
    }),
    { numRuns: 300 },
  );
});

test('forgets at its bounds what a plain list would forget', () => {
  fc.assert(
    fc.property(sequences, fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 20 }), (steps, all, ofPeer) => {
      run(steps, { deduplicationEntries: all, deduplicationPerPeer: ofPeer }, ({ bench, known, model }) =>
        expect([known.size, bench.limits]).toEqual([model.entries.length, model.limits]),
      );
    }),
    { numRuns: 500 },
  );
});

test('never gives a wrong reply, nor holds more bytes than it may', () => {
  const deduplicationBytes = 3 * 8192;
  fc.assert(
    fc.property(sequences, (steps) => {
      run(steps, { deduplicationBytes }, ({ known }) => expect(known.bytes).toBeLessThanOrEqual(deduplicationBytes));
    }),
    { numRuns: 300 },
  );
});
