import type { Operation } from '../downlink/operation.ts';
import type { OperationFailure } from '../queue/operation-store.ts';
import { judgeInstalled, judgeStatus, decideDelivery, nextDelivery, outcomeOf, type Judgement } from './decide.ts';
import { learn, NOTHING_KNOWN } from './device-facts.ts';
import { firmwareObject } from './firmware-objects.ts';
import { instancePath, resetByUri, resetOperations, resourcePath, uriOperation } from './firmware-operations.ts';
import { failureOf, type DeliveryProblem, type FirmwareInput, type FirmwareStep } from './firmware-step.ts';
import {
  awaitDownload,
  awaitUpdate,
  begin,
  cancel,
  check,
  contactDeadline,
  defer,
  deliver,
  enter,
  execute,
  fail,
  observe,
  prepare,
  read,
  retry,
  succeed,
  verify,
  wait,
} from './firmware-transitions.ts';
import {
  isFinal,
  type DeviceFacts,
  type FirmwareFailure,
  type FirmwareState,
  type FirmwareUpdate,
} from './firmware-update.ts';

/** Zephyr needs them where a push has broken off: it takes the NUL byte for the rest of the package, and is reset only then. */
const MAX_RESETS = 3;

/**
 * The next value of an update, and what is to be done then: the figure of `FIRMWARE_STATES`, without any effect. What an input means nothing to stays as
 * it is: the update itself, and no command.
 *
 * @param now in milliseconds since 1970
 */
export function stepUpdate(update: FirmwareUpdate, input: FirmwareInput, now: number): FirmwareStep {
  if (isFinal(update)) return nothing(update);
  const step = stepActive(update, input, now);
  if (step.update === update) return step;
  return { ...step, update: { ...step.update, updatedAt: now } };
}

function stepActive(update: FirmwareUpdate, input: FirmwareInput, now: number): FirmwareStep {
  switch (input.kind) {
    case 'start':
      return update.state === 'QUEUED' ? begin({ ...update, attempts: 1 }, now) : nothing(update);
    case 'queued':
      return { update: { ...update, operationId: input.operationId }, commands: [] };
    case 'answered':
      return stepAnswered(update, input, now);
    case 'failed':
      return stepFailed(update, input.failure, now);
    case 'uri':
      return stepUri(update, input.uri, now);
    case 'progress':
      return stepProgress(update, input, now);
    case 'delivered':
      return isPushing(update) ? awaitDownload(allTaken(update), now, true) : nothing(update);
    case 'undelivered':
      return isPushing(update) ? stepUndelivered(update, input.problem, now) : nothing(update);
    case 'notified':
      return stepNotified(update, input);
    case 'heard':
      return stepHeard(update, input.registered);
    case 'due':
      return stepDue(update, now);
    case 'cancel':
      return cancel(update);
    case 'restarted':
      return stepRestarted(update, now);
  }
}

function stepAnswered(
  update: FirmwareUpdate,
  { records, objectVersion }: Extract<FirmwareInput, { kind: 'answered' }>,
  now: number,
): FirmwareStep {
  const [done, ...todo] = update.todo;
  if (done === undefined) return nothing(update);
  const facts = { ...(update.device ?? NOTHING_KNOWN), objectVersion };
  const device = done.kind === 'read' ? learn(update, facts, records) : written(update, facts, done);
  return goOn({ ...update, device }, todo, now);
}

/** What a device has that has taken a Write: its Resources may not all be read again. */
function written(update: FirmwareUpdate, facts: DeviceFacts, done: Operation): DeviceFacts {
  const { automaticUpgrade } = firmwareObject(update.objectId).resources;
  if (automaticUpgrade === undefined || done.kind !== 'write') return facts;
  if (done.path !== resourcePath(update, automaticUpgrade)) return facts;
  return { ...facts, automaticUpgrade: update.settings.automaticUpgrade };
}

/** Does what comes after the first of `todo`. */
function goOn(update: FirmwareUpdate, todo: FirmwareUpdate['todo'], now: number): FirmwareStep {
  if (todo.length > 0) return { update: { ...update, todo, operationId: undefined }, commands: [{ kind: 'operate' }] };
  const next = { ...update, todo, operationId: undefined };
  switch (update.state) {
    case 'READING':
      return decide(next, now);
    case 'RESETTING':
      return read({ ...next, state: 'READING' });
    case 'PREPARING':
      return observe(next, now);
    case 'OBSERVING':
      return deliver(next, now);
    case 'DELIVERING':
      // What was asked after a delivery that failed, or the Write of the URI.
      return next.failure === undefined ? awaitDownload(next, now, false) : judgeDelivery(next, next.failure, now);
    case 'DOWNLOADING':
    case 'CHECKING':
    case 'UPDATING':
    case 'DEFERRED':
      return follow(next, judgeStatus(next), now);
    case 'EXECUTING':
      return awaitUpdate({ ...next, executed: 'yes' }, now, false);
    case 'VERIFYING':
      return follow(next, judgeInstalled(next), now);
    case 'QUEUED':
    case 'RETRYING':
    case 'SUCCEEDED':
    case 'FAILED':
    case 'CANCELLED':
      return nothing(update);
  }
}

/** READING is done: how it goes on. */
function decide(update: FirmwareUpdate, now: number): FirmwareStep {
  const { device = NOTHING_KNOWN, objectId } = update;
  const { states, installedState } = firmwareObject(objectId);
  if (device.state === undefined && device.readable === 'instance') {
    // What some devices answer has not all of the Object Instance.
    return read({ ...update, device: { ...device, readable: 'resources' } });
  }
  if (device.state === undefined)
    return fail(update, failureOf('no-firmware-object', { detail: instancePath(update) }));
  const before = update.before ?? { firmwareVersion: device.firmwareVersion, packageVersion: device.packageVersion };
  const known = { ...update, before };
  const position = states[device.state];
  if (position === undefined) return fail(known, failureOf('unknown-state', { detail: `${device.state}` }));
  if (position === 'idle') {
    const judgement = judgeInstalled(known);
    const { version } = update;
    const isThere = installedState === undefined || device.state === installedState;
    if (isThere && version !== undefined && device.firmwareVersion === version) return succeed(known, 'version');
    if (update.executed !== 'no' && judgement.kind === 'succeeded') return succeed(known, judgement.evidence);
  }
  if (position === 'updating')
    return retry(known, failureOf('unexpected-state', { detail: 'it is updating' }), 'READING', now);
  const isClean = position === 'idle' && device.state !== installedState && (device.result ?? 0) === 0;
  // Of a device that is in State 0 it is no more than its Update Result that is left.
  if (!isClean && known.resets < (position === 'idle' ? 1 : MAX_RESETS)) {
    const resetting = { ...known, resets: known.resets + 1 };
    return enter(resetting, 'RESETTING', resetOperations(known), contactDeadline(known, now));
  }
  if (position !== 'idle') return retry(known, failureOf('not-reset'), 'READING', now);
  const { delivery } = decideDelivery(known);
  if (delivery === undefined) return fail(known, known.failure ?? failureOf('no-delivery'));
  return prepare({ ...known, delivery }, now);
}

/** Does what was decided about a State and Update Result, or about what is installed. */
function follow(update: FirmwareUpdate, judgement: Judgement, now: number): FirmwareStep {
  switch (judgement.kind) {
    case 'wait':
      return wait({ ...update, ...judgement.seen }, now);
    case 'check':
      return check(update, now);
    case 'execute':
      return execute(update, now);
    case 'update':
      return awaitUpdate({ ...update, ...judgement.seen }, now, false);
    case 'defer':
      return defer(update, now);
    case 'verify':
      return verify(update, now);
    case 'read-again':
      return read({ ...update, device: { ...(update.device ?? NOTHING_KNOWN), readable: 'resources' } });
    case 'succeeded':
      return succeed(update, judgement.evidence);
    case 'retry':
      return retry(update, judgement.failure, judgement.resumeAt, now);
    case 'other-delivery':
      return useOther(update, judgement.failure, now);
    case 'failed':
      return fail(update, judgement.failure);
  }
}

/** Goes on with the other way of delivery, if there is one. */
function useOther(update: FirmwareUpdate, failure: FirmwareFailure, now: number): FirmwareStep {
  const { next, refusedDeliveries } = nextDelivery(update);
  const known = { ...update, refusedDeliveries, failure };
  return next === undefined ? fail(known, failure) : begin(known, now);
}

function stepFailed(update: FirmwareUpdate, failure: OperationFailure, now: number): FirmwareStep {
  const [failed, ...todo] = update.todo;
  if (failed === undefined) return nothing(update);
  const { reason, message, responseCode } = failure;
  const wasRefused = reason === 'rejected' || reason === 'payload' || reason === 'invalid';
  if (failed.kind === 'read') {
    if (!wasRefused) return retryCommand(update, failure, now);
    return unreadable(update, failed.path, failure, now);
  }
  switch (update.state) {
    case 'RESETTING':
      if (!wasRefused) return retryCommand(update, failure, now);
      // A Cancel that there is not, or not in this State: the other way.
      if (failed.kind === 'execute') return enter(update, 'RESETTING', [resetByUri(update)], update.deadlineAt);
      return goOn(update, todo, now);
    case 'PREPARING':
    case 'OBSERVING':
      // They help, and an update can do without.
      return wasRefused ? goOn(update, todo, now) : retryCommand(update, failure, now);
    case 'DELIVERING':
      return afterUndelivered(update, {
        kind: wasRefused ? 'refused' : 'unanswered',
        message,
        responseCode,
      });
    case 'EXECUTING':
      // It may be installing: its State says so.
      if (reason === 'outcome-unknown') return awaitUpdate(update, now, true);
      return retry(
        { ...update, executed: 'no' },
        failureOf(wasRefused ? 'refused' : 'no-answer', { detail: message, responseCode }),
        'CHECKING',
        now,
      );
    default:
      return retryCommand(update, failure, now);
  }
}

/** A Read was refused, or its answer does not decode. */
function unreadable(update: FirmwareUpdate, path: string, failure: OperationFailure, now: number): FirmwareStep {
  const device = update.device ?? NOTHING_KNOWN;
  const { message, responseCode } = failure;
  if (isPassing(responseCode)) return retryCommand(update, failure, now);
  if (path === instancePath(update)) return read({ ...update, device: { ...device, readable: 'resources' } });
  if (path === resourcePath(update, firmwareObject(update.objectId).resources.state)) {
    if (problemKind(responseCode) === 'unable') {
      return retry(update, failureOf('device-error', { detail: message, responseCode }), resumeOf(update), now);
    }
    return fail(update, failureOf('no-firmware-object', { detail: message, responseCode }));
  }
  return goOn(update, update.todo.slice(1), now);
}

/** A command got no answer, or was taken out of the queue. */
function retryCommand(
  update: FirmwareUpdate,
  { reason, message, responseCode }: OperationFailure,
  now: number,
): FirmwareStep {
  const wasTaken = reason === 'cancelled' || reason === 'replaced';
  const name = wasTaken ? 'interfered' : reason === 'rejected' ? 'device-error' : 'no-answer';
  return retry(update, failureOf(name, { detail: message, responseCode }), resumeOf(update), now);
}

/** Whether the package is still good for something after a failure in this state. */
function resumeOf({ state }: FirmwareUpdate): FirmwareUpdate['resumeAt'] {
  const isDelivered: readonly FirmwareState[] = ['CHECKING', 'EXECUTING', 'UPDATING', 'DEFERRED', 'VERIFYING'];
  return isDelivered.includes(state) ? 'CHECKING' : 'READING';
}

function stepUri(update: FirmwareUpdate, uri: string | undefined, now: number): FirmwareStep {
  if (update.state !== 'DELIVERING' || update.delivery !== 'pull' || update.todo.length > 0) return nothing(update);
  if (uri !== undefined) return enter(update, 'DELIVERING', [uriOperation(update, uri)], contactDeadline(update, now));
  const { next, refusedDeliveries } = nextDelivery(update);
  if (next === undefined) return fail(update, failureOf('no-delivery', { detail: 'no address for it' }));
  // The device was told nothing yet: nothing has failed, and what was read of it still holds.
  return deliver({ ...update, delivery: next, refusedDeliveries }, now);
}

function stepProgress(
  update: FirmwareUpdate,
  { transferred, total }: Extract<FirmwareInput, { kind: 'progress' }>,
  now: number,
): FirmwareStep {
  if (!isPushing(update)) return nothing(update);
  return {
    update: { ...update, progress: { transferred, total }, deadlineAt: contactDeadline(update, now) },
    commands: [],
  };
}

function stepUndelivered(update: FirmwareUpdate, problem: DeliveryProblem, now: number): FirmwareStep {
  if (problem.kind === 'no-package') return fail(update, failureOf('no-package', { detail: problem.message }));
  // Once more when the device is heard, or after a while.
  if (problem.kind === 'unsent') return { update: { ...update, nextAt: now + update.settings.pollMs }, commands: [] };
  return afterUndelivered(update, problem);
}

/** The Update Result says more than the response code (E.6: errors are reported there). */
function afterUndelivered(update: FirmwareUpdate, problem: DeliveryProblem): FirmwareStep {
  const { message, responseCode } = problem;
  const kind = problem.kind === 'refused' ? problemKind(responseCode) : problem.kind;
  const reason = responseCode === '4.13' ? 'not-enough-flash' : REASON_OF_PROBLEM[kind];
  return read({ ...update, failure: failureOf(reason, { detail: message, responseCode }) });
}

const REASON_OF_PROBLEM = {
  unsent: 'no-answer',
  refused: 'refused',
  unable: 'device-error',
  unanswered: 'no-answer',
  'no-package': 'no-package',
} as const;

/** RFC 7252 §5.9: whether it is the request or the device that the device complains about. */
function problemKind(responseCode: string | undefined): 'refused' | 'unable' {
  return responseCode?.startsWith('5.') === true || isPassing(responseCode) ? 'unable' : 'refused';
}

/** What a device answers that has just started, and does not know the server before it has registered; RFC 8516: 4.29 asks for a later request. */
function isPassing(responseCode: string | undefined): boolean {
  return responseCode === '4.01' || responseCode === '4.29';
}

/** The delivery failed, and State and Update Result have been read since. */
function judgeDelivery(update: FirmwareUpdate, failure: FirmwareFailure, now: number): FirmwareStep {
  const result = update.device?.result ?? 0;
  const reported = result === update.staleResult ? undefined : outcomeOf(update, result);
  if (reported !== undefined) return follow(update, reported, now);
  // 4.13: as Update Result 2 (RFC 7959 §2.9.3); 4.08: the device lost blocks of it.
  if (failure.reason === 'not-enough-flash') return fail(update, failure);
  if (failure.reason === 'refused' && failure.responseCode !== '4.08') return useOther(update, failure, now);
  return retry(update, failure, 'READING', now);
}

/** A notification is a hint only: what counts is what is read. */
function stepNotified(
  update: FirmwareUpdate,
  { state, result }: Extract<FirmwareInput, { kind: 'notified' }>,
): FirmwareStep {
  if (!isWaiting(update)) return nothing(update);
  const { states } = firmwareObject(update.objectId);
  const position = state === undefined ? undefined : states[state];
  if (update.state === 'DOWNLOADING' && position === 'downloading') {
    return update.begun ? nothing(update) : { update: { ...update, begun: true, staleResult: 0 }, commands: [] };
  }
  // Reset as the update begins: nothing new.
  if (state === undefined && (result ?? 0) === 0) return nothing(update);
  return readOnce(update);
}

function stepHeard(update: FirmwareUpdate, registered: boolean): FirmwareStep {
  if (isPushing(update)) return { update, commands: [{ kind: 'push' }] };
  if (!isWaiting(update)) return nothing(update);
  return readOnce(registered && update.state === 'DOWNLOADING' ? { ...update, begun: true } : update);
}

/** Reads State and Update Result, unless that is under way. */
function readOnce(update: FirmwareUpdate): FirmwareStep {
  return update.todo.length > 0 ? { update, commands: [] } : read(update);
}

function stepDue(update: FirmwareUpdate, now: number): FirmwareStep {
  if (update.deadlineAt !== undefined && update.deadlineAt <= now) return stepLate(update, now);
  if (update.nextAt === undefined || update.nextAt > now) return nothing(update);
  const due = { ...update, nextAt: undefined };
  if (isPushing(update)) return { update: due, commands: [{ kind: 'push' }] };
  if (isWaiting(update)) return readOnce(due);
  if (update.state !== 'RETRYING') return { update: due, commands: [] };
  const again = { ...due, attempts: update.attempts + 1 };
  return update.resumeAt === 'CHECKING' ? check(again, now) : begin(again, now);
}

/** A state has taken too long. */
function stepLate(update: FirmwareUpdate, now: number): FirmwareStep {
  switch (update.state) {
    case 'DOWNLOADING':
      return retry(update, failureOf('download-timeout'), 'READING', now);
    case 'UPDATING':
      return retry(update, failureOf('update-timeout'), 'CHECKING', now);
    case 'DEFERRED':
      return check(update, now);
    default:
      return fail(update, update.failure ?? failureOf('no-contact'));
  }
}

/** Nothing is known of what was under way: it is begun anew where that does no harm, and else the device is asked. */
function stepRestarted(update: FirmwareUpdate, now: number): FirmwareStep {
  switch (update.state) {
    case 'QUEUED':
    case 'RETRYING':
    case 'SUCCEEDED':
    case 'FAILED':
    case 'CANCELLED':
      return nothing(update);
    case 'READING':
    case 'RESETTING':
    case 'PREPARING':
    case 'OBSERVING':
    case 'DELIVERING':
      return begin(update, now);
    case 'EXECUTING':
      // Its Execute may wait in the queue still: a Read with the same key takes its place, and the State tells the rest.
      return check(update, now);
    case 'DOWNLOADING':
    case 'CHECKING':
    case 'UPDATING':
    case 'DEFERRED':
    case 'VERIFYING':
      return read(update);
  }
}

function allTaken(update: FirmwareUpdate): FirmwareUpdate {
  return { ...update, progress: { transferred: update.packageSize, total: update.packageSize } };
}

function isPushing({ state, delivery, todo }: FirmwareUpdate): boolean {
  return state === 'DELIVERING' && delivery === 'push' && todo.length === 0;
}

function isWaiting({ state }: FirmwareUpdate): boolean {
  return state === 'DOWNLOADING' || state === 'UPDATING' || state === 'DEFERRED';
}

function nothing(update: FirmwareUpdate): FirmwareStep {
  return { update, commands: [] };
}
