import { NOTHING_KNOWN, forgetStatus } from './device-facts.ts';
import { decideDelivery } from './decide.ts';
import {
  activateOperations,
  discardOperations,
  endObservations,
  executeOperation,
  observeOperations,
  prepareOperations,
  readEverything,
  readStatus,
  readVersions,
} from './firmware-operations.ts';
import { failureOf, type FirmwareStep } from './firmware-step.ts';
import type { FirmwareFailure, FirmwareState, FirmwareUpdate } from './firmware-update.ts';

/** A pause between attempts is doubled so often at most. */
const MAX_DOUBLINGS = 6;

/** Reads all, to decide anew. */
export function begin(update: FirmwareUpdate, now: number): FirmwareStep {
  const device = { ...NOTHING_KNOWN, readable: update.device?.readable ?? 'instance' };
  const fresh: FirmwareUpdate = { ...update, device, resets: 0, begun: false, progress: undefined };
  return read({ ...fresh, state: 'READING', deadlineAt: now + update.settings.contactMs });
}

/** Enters a state in which the device is asked what is in `todo`. */
export function enter(
  update: FirmwareUpdate,
  state: FirmwareState,
  todo: FirmwareUpdate['todo'],
  deadlineAt: number | undefined,
): FirmwareStep {
  return {
    update: { ...update, state, todo, operationId: undefined, deadlineAt, nextAt: undefined },
    commands: todo.length === 0 ? [] : [{ kind: 'operate' }],
  };
}

/** Reads in a state what that state reads. */
export function read(update: FirmwareUpdate): FirmwareStep {
  const device = update.device ?? NOTHING_KNOWN;
  const { state } = update;
  if (state === 'VERIFYING') return enter(update, state, readVersions(update, device.readable), update.deadlineAt);
  const asked = { ...update, device: forgetStatus(device) };
  const todo = state === 'READING' ? readEverything(update, device.readable) : readStatus(update, device.readable);
  return enter(asked, state, todo, update.deadlineAt);
}

export function prepare(update: FirmwareUpdate, now: number): FirmwareStep {
  const todo = prepareOperations(update);
  if (todo.length === 0) return observe(update, now);
  return enter(update, 'PREPARING', todo, contactDeadline(update, now));
}

export function observe(update: FirmwareUpdate, now: number): FirmwareStep {
  return enter({ ...update, observed: true }, 'OBSERVING', observeOperations(update), contactDeadline(update, now));
}

export function deliver(update: FirmwareUpdate, now: number): FirmwareStep {
  const staleResult = update.device?.result ?? 0;
  const { update: next } = enter(update, 'DELIVERING', [], contactDeadline(update, now));
  const fresh: FirmwareUpdate = { ...next, staleResult, executed: 'no', begun: false, failure: undefined };
  if (update.delivery === 'push') return { update: fresh, commands: [{ kind: 'push' }] };
  const { schemes } = decideDelivery(update);
  return { update: fresh, commands: [{ kind: 'findUri', schemes }] };
}

/** Waits for State 2. */
export function awaitDownload(update: FirmwareUpdate, now: number, readNow: boolean): FirmwareStep {
  const { downloadMs, pollMs } = update.settings;
  const waiting: FirmwareUpdate = {
    ...update,
    state: 'DOWNLOADING',
    todo: [],
    operationId: undefined,
    deadlineAt: now + downloadMs,
    nextAt: now + pollMs,
  };
  return readNow ? read(waiting) : { update: waiting, commands: [] };
}

export function check(update: FirmwareUpdate, now: number): FirmwareStep {
  return read({ ...update, state: 'CHECKING', deadlineAt: contactDeadline(update, now) });
}

export function execute(update: FirmwareUpdate, now: number): FirmwareStep {
  const staleResult = update.device?.result ?? 0;
  const begun = { ...update, executed: 'unknown', staleResult } as const;
  return enter(begun, 'EXECUTING', [executeOperation(update)], contactDeadline(update, now));
}

/** Waits for what becomes of the installation. */
export function awaitUpdate(update: FirmwareUpdate, now: number, readNow: boolean): FirmwareStep {
  const { updateMs, pollMs } = update.settings;
  const deadlineAt = update.state === 'UPDATING' ? update.deadlineAt : now + updateMs;
  const waiting: FirmwareUpdate = {
    ...update,
    state: 'UPDATING',
    todo: [],
    operationId: undefined,
    deadlineAt,
    nextAt: now + pollMs,
  };
  return readNow ? read(waiting) : { update: waiting, commands: [] };
}

export function defer(update: FirmwareUpdate, now: number): FirmwareStep {
  const { maxDeferrals, maximumDeferPeriod, updateMs, pollMs } = update.settings;
  if (update.state === 'DEFERRED') return wait(update, now);
  const deferrals = update.deferrals + 1;
  if (deferrals > maxDeferrals) return fail({ ...update, deferrals }, failureOf('deferred', { result: 11 }));
  const deadlineAt = now + (maximumDeferPeriod ?? 0) * 1_000 + updateMs;
  const deferred = { ...update, deferrals, state: 'DEFERRED', todo: [], operationId: undefined, deadlineAt } as const;
  return { update: { ...deferred, nextAt: now + pollMs }, commands: [] };
}

export function verify(update: FirmwareUpdate, now: number): FirmwareStep {
  return read({ ...update, state: 'VERIFYING', deadlineAt: contactDeadline(update, now) });
}

export function wait(update: FirmwareUpdate, now: number): FirmwareStep {
  const idle = { ...update, todo: [], operationId: undefined, nextAt: now + update.settings.pollMs };
  return { update: idle, commands: [] };
}

export function retry(
  update: FirmwareUpdate,
  failure: FirmwareFailure,
  resumeAt: FirmwareUpdate['resumeAt'],
  now: number,
): FirmwareStep {
  const { maxAttempts, retryMs } = update.settings;
  if (update.attempts >= maxAttempts) return fail(update, failure);
  const pauseMs = retryMs * 2 ** Math.min(update.attempts - 1, MAX_DOUBLINGS);
  const { update: next } = enter(update, 'RETRYING', [], undefined);
  // What is reported now is of this attempt.
  const staleResult = update.device?.result ?? 0;
  const waiting = { ...next, failure, resumeAt, staleResult, nextAt: now + pauseMs };
  return { update: waiting, commands: [{ kind: 'abandon' }] };
}

export function fail(update: FirmwareUpdate, failure: FirmwareFailure): FirmwareStep {
  return end({ ...update, failure }, 'FAILED');
}

export function succeed(update: FirmwareUpdate, evidence: NonNullable<FirmwareUpdate['evidence']>): FirmwareStep {
  const { update: ended, commands } = end({ ...update, evidence, failure: undefined }, 'SUCCEEDED');
  return {
    update: ended,
    commands: [...commands, { kind: 'tidy', operations: evidence === 'downloaded' ? [] : activateOperations(update) }],
  };
}

function end(update: FirmwareUpdate, state: 'SUCCEEDED' | 'FAILED' | 'CANCELLED'): FirmwareStep {
  const { update: next } = enter(update, state, [], undefined);
  const operations = update.observed ? endObservations(update) : [];
  return { update: next, commands: [{ kind: 'abandon' }, { kind: 'tidy', operations }] };
}

/** Where the device may have a part of the package, it is asked to throw that away. */
export function cancel(update: FirmwareUpdate): FirmwareStep {
  const { update: next, commands } = end(update, 'CANCELLED');
  const mayHavePackage = HOLDING.includes(update.state) || (update.state === 'RETRYING' && update.observed);
  if (!mayHavePackage) return { update: next, commands };
  return { update: next, commands: [{ kind: 'tidy', operations: discardOperations(update) }, ...commands] };
}

const HOLDING: readonly FirmwareState[] = ['DELIVERING', 'DOWNLOADING', 'CHECKING', 'EXECUTING', 'DEFERRED'];

/** When a device has been silent for too long. */
export function contactDeadline({ settings }: FirmwareUpdate, now: number): number {
  return now + settings.contactMs;
}
