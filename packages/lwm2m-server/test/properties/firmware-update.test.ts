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
  readonly kind: 'answer' | 'fail' | 'deliver' | 'uri' | 'notify' | 'heard' | 'due' | 'wait' | 'restart' | 'cancel';
  readonly state: number | undefined;
  readonly result: number | undefined;
  readonly flag: boolean;
  readonly problem: 'unsent' | 'refused' | 'unable' | 'unanswered' | 'no-package';
  readonly reason: 'rejected' | 'timeout' | 'payload' | 'cancelled' | 'outcome-unknown';
}

const often = fc.constantFrom('answer', 'answer', 'answer', 'answer', 'deliver', 'deliver', 'uri', 'due', 'notify');
const seldom = fc.constantFrom('fail', 'heard', 'wait', 'restart');
const move: fc.Arbitrary<Move> = fc.record({
  kind: fc.oneof(
    { weight: 6, arbitrary: often },
    { weight: 2, arbitrary: seldom },
    { weight: 0.05, arbitrary: fc.constant('cancel') },
  ) as fc.Arbitrary<Move['kind']>,
  state: fc.constantFrom(0, 0, 1, 2, 2, 2, 3, undefined, 7),
  result: fc.constantFrom(0, 0, 0, 0, 1, 4, 8, 11, 2, 7, 9, undefined, 77),
  flag: fc.boolean(),
  problem: fc.constantFrom('unsent', 'refused', 'unable', 'unanswered', 'no-package'),
  reason: fc.constantFrom('rejected', 'timeout', 'payload', 'cancelled', 'outcome-unknown'),
});

/** An update and a world that does what it is told; checks what must hold after each step. */
class World {
  update: FirmwareUpdate;
  now: number = START;
  executes = 0;
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

  move({ kind, state, result, flag, problem, reason }: Move): void {
    const [operation] = this.update.todo;
    const failure = { reason, message: 'failed', ...(flag && { responseCode: state === 3 ? '5.00' : '4.04' }) };
    if (kind === 'answer' && operation !== undefined) {
      this.take({ kind: 'answered', records: recordsOf(operation, state, result), objectVersion: '1.1' });
    } else if (kind === 'fail' && operation !== undefined) this.take({ kind: 'failed', failure });
    else if (kind === 'deliver' && flag) this.take({ kind: 'delivered' });
    else if (kind === 'deliver') {
      this.take({ kind: 'undelivered', problem: { kind: problem, message: 'failed', responseCode: undefined } });
    } else if (kind === 'uri') this.take({ kind: 'uri', uri: flag ? 'coap://192.0.2.1/f' : undefined });
    else if (kind === 'notify') this.take({ kind: 'notified', state, result });
    else if (kind === 'heard') this.take({ kind: 'heard', registered: flag });
    else if (kind === 'due') this.silence();
    else if (kind === 'restart') this.take({ kind: 'restarted' });
    else if (kind === 'cancel') this.take({ kind: 'cancel' });
    else this.now += 60_000;
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
    fc.property(fc.constantFrom('push', 'pull', 'auto'), fc.array(move, { maxLength: 80 }), (delivery, moves) => {
      const world = new World(delivery);
      for (const one of moves) world.move(one);
      for (let steps = 0; !isFinal(world.update); steps += 1) {
        expect(steps).toBeLessThan(100_000);
        world.silence();
      }
      executes += world.executes;
    }),
    { numRuns: 1_500 },
  );
  // The property means something.
  expect(executes).toBeGreaterThan(100);
});
