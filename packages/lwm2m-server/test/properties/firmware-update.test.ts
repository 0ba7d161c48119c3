import { parsePath, type ResourceRecord } from '@flownexus/lwm2m-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FirmwareInput } from '../../src/firmware/firmware-step.ts';
import { formatFirmwareUpdate, parseFirmwareUpdate, type FirmwareUpdate, type Operation } from '../../src/index.ts';
import { isFinal } from '../../src/firmware/firmware-update.ts';
import { newUpdate } from '../../src/firmware/new-update.ts';
import { stepUpdate } from '../../src/firmware/step-update.ts';

const START = Date.UTC(2026, 0, 1);

/** What the world does next; what does not fit the state of the update is left out. */
interface Move {
  /** `go`: what the update waits for. */
  readonly kind: 'go' | 'fail' | 'deliver' | 'uri' | 'notify' | 'heard' | 'due' | 'wait' | 'restart' | 'cancel';
  readonly state: number | undefined;
  readonly result: number | undefined;
  readonly flag: boolean;
  /** 9: the device says something else than what is so. */
  readonly honesty: number;
  readonly problem: 'unsent' | 'refused' | 'unable' | 'unanswered' | 'no-package';
  readonly reason: 'rejected' | 'timeout' | 'payload' | 'cancelled' | 'outcome-unknown';
}

const seldom = fc.constantFrom<Move['kind'][]>(
  'fail',
  'fail',
  'deliver',
  'uri',
  'notify',
  'heard',
  'due',
  'wait',
  'restart',
);
const move: fc.Arbitrary<Move> = fc.record({
  kind: fc.oneof(
    { weight: 240, arbitrary: fc.constant<Move['kind']>('go') },
    { weight: 30, arbitrary: seldom },
    { weight: 1, arbitrary: fc.constant<Move['kind']>('cancel') },
  ),
  state: fc.constantFrom(0, 0, 1, 2, 2, 2, 3, undefined, 7),
  result: fc.constantFrom(0, 0, 0, 0, 1, 4, 8, 11, 2, 7, 9, undefined, 77),
  flag: fc.boolean(),
  honesty: fc.nat(9),
  problem: fc.constantFrom('unsent', 'refused', 'unable', 'unanswered', 'no-package'),
  reason: fc.constantFrom('rejected', 'timeout', 'payload', 'cancelled', 'outcome-unknown'),
});

/** An update and a world that does what it is told; checks what must hold after each step. */
class World {
  update: FirmwareUpdate;
  now: number = START;
  executes = 0;
  /** Where the device really is. */
  #state = 0;
  #result = 0;
  /** Whether a delivery was made, and what State was read since. */
  #delivered = false;
  #stateRead: number | undefined;

  constructor(delivery: 'push' | 'pull' | 'auto') {
    const given = { id: 'a', endpointName: 'dev', campaignId: undefined, size: 9, registration: undefined, now: START };
    this.update = newUpdate({ packageId: 'app', delivery }, given);
    this.take({ kind: 'start' });
  }

  take(input: FirmwareInput): void {
    const previous = this.update;
    this.#observe(previous, input);
    const { update, commands } = stepUpdate(previous, input, this.now);
    expect(parseFirmwareUpdate(formatFirmwareUpdate(update))).toEqual(update);
    expect(update.attempts).toBeLessThanOrEqual(update.settings.maxAttempts);
    if (isFinal(previous)) expect(update).toBe(previous);
    if (isFinal(update)) expect(update.todo).toEqual([]);
    this.update = update;
    for (const command of commands) {
      if (command.kind === 'push' || command.kind === 'findUri') this.#delivered = false;
      if (command.kind === 'operate') this.#operate(update.todo[0]);
    }
  }

  move({ kind, state, result, flag, honesty, problem, reason }: Move): void {
    const [operation] = this.update.todo;
    const failure = { reason, message: 'failed', ...(flag && { responseCode: state === 3 ? '5.00' : '4.04' }) };
    const problemOf = { kind: problem, message: 'failed', responseCode: undefined } as const;
    if (kind === 'go' && operation !== undefined) {
      this.#perform(operation, flag);
      const said = honesty < 9 ? ([this.#state, this.#result] as const) : ([state, result] as const);
      this.take({ kind: 'answered', records: recordsOf(operation, ...said), objectVersion: '1.1' });
    } else if (kind === 'go' && this.update.state === 'DELIVERING') {
      this.#state = honesty === 0 ? 0 : 2;
      this.take({ kind: 'uri', uri: 'coap://192.0.2.1/f' });
      this.take({ kind: 'delivered' });
    } else if (kind === 'go' || kind === 'due') this.silence();
    else if (kind === 'fail') this.take({ kind: 'failed', failure });
    else if (kind === 'deliver') this.take({ kind: 'undelivered', problem: problemOf });
    else if (kind === 'uri') this.take({ kind: 'uri', uri: undefined });
    else if (kind === 'notify') this.take({ kind: 'notified', state, result });
    else if (kind === 'heard') this.take({ kind: 'heard', registered: flag });
    else if (kind === 'restart') this.take({ kind: 'restarted' });
    else if (kind === 'cancel') this.take({ kind: 'cancel' });
    else this.now += 60_000;
  }

  /** What the device does with an operation; it installs a package or goes back to the one it has. */
  #perform({ kind, ...operation }: Operation, isGood: boolean): void {
    const path = 'path' in operation ? operation.path : '';
    if (kind === 'read' && this.#state === 3) [this.#state, this.#result] = isGood ? [0, 1] : [2, 8];
    if (kind === 'write') [this.#state, this.#result] = [this.update.state === 'DELIVERING' ? 2 : 0, 0];
    if (kind === 'execute') [this.#state, this.#result] = [path === '/5/0/2' ? 3 : 0, 0];
  }

  /** Nothing happens until the update wants something to. */
  silence(): void {
    const { nextAt = Infinity, deadlineAt = Infinity } = this.update;
    const atMs = Math.min(nextAt, deadlineAt);
    if (atMs !== Infinity) this.now = Math.max(this.now, atMs);
    this.take({ kind: 'due' });
  }

  #observe({ todo: [operation], state }: FirmwareUpdate, input: FirmwareInput): void {
    const wasWritten = input.kind === 'answered' && operation?.kind === 'write' && state === 'DELIVERING';
    if (input.kind === 'delivered' || wasWritten) {
      this.#delivered = true;
      this.#stateRead = undefined;
    }
    if (input.kind !== 'answered' || operation?.kind !== 'read') return;
    for (const { path, value } of input.records) if (path.resourceId === 3) this.#stateRead = Number(value);
  }

  #operate(operation: Operation | undefined): void {
    if (operation?.kind !== 'execute' || operation.path !== '/5/0/2') return;
    this.executes += 1;
    expect([this.#delivered, this.#stateRead]).toEqual([true, 2]);
  }
}

/** What a device answers to a Read: its State and Update Result, where they are asked for. */
function recordsOf(operation: Operation, state: number | undefined, result: number | undefined): ResourceRecord[] {
  if (operation.kind !== 'read') return [];
  const records: ResourceRecord[] = [];
  const add = (path: string, value: number | undefined): void => {
    if (value === undefined || !path.startsWith(operation.path)) return;
    records.push({ path: parsePath(path), type: 'integer', value, time: undefined });
  };
  add('/5/0/3', state);
  add('/5/0/5', result);
  return records;
}

test('no Execute without State 2 read since the delivery, and an update that nobody answers ends', () => {
  let executes = 0;
  fc.assert(
    fc.property(
      fc.constantFrom('push', 'pull', 'auto'),
      fc.array(move, { minLength: 20, maxLength: 120 }),
      (delivery, moves) => {
        const world = new World(delivery);
        for (const one of moves) world.move(one);
        for (let steps = 0; !isFinal(world.update); steps += 1) {
          expect(steps).toBeLessThan(100_000);
          world.silence();
        }
        executes += world.executes;
      },
    ),
    { numRuns: 300 },
  );
  // The property means something.
  expect(executes).toBeGreaterThan(100);
});
