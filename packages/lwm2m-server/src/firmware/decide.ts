import { NOTHING_KNOWN } from './device-facts.ts';
import { firmwareObject, meaningOf, URI_SCHEMES, type DevicePosition } from './firmware-objects.ts';
import { failureOf } from './firmware-step.ts';
import type { FirmwareDelivery, FirmwareFailure, FirmwareUpdate } from './firmware-update.ts';

/** How an update goes on after something was read. */
export type Judgement =
  | { readonly kind: 'wait'; readonly seen?: Partial<FirmwareUpdate> }
  /** The package is there: State and Update Result are read once more before it is executed. */
  | { readonly kind: 'check' }
  | { readonly kind: 'execute' }
  /** It is installing. */
  | { readonly kind: 'update'; readonly seen?: Partial<FirmwareUpdate> }
  | { readonly kind: 'defer' }
  /** It is over: what is installed tells how. */
  | { readonly kind: 'verify' }
  /** The Resources one by one. */
  | { readonly kind: 'read-again' }
  | { readonly kind: 'succeeded'; readonly evidence: NonNullable<FirmwareUpdate['evidence']> }
  | {
      readonly kind: 'retry';
      readonly failure: FirmwareFailure;
      readonly resumeAt: FirmwareUpdate['resumeAt'];
    }
  | { readonly kind: 'other-delivery'; readonly failure: FirmwareFailure }
  | { readonly kind: 'failed'; readonly failure: FirmwareFailure };

/** 5/0/9: the ways of delivery that a device has, the preferred one first. A device that does not say is expected to take a Write. */
const DELIVERIES: Readonly<Record<number, readonly FirmwareDelivery[]>> = {
  0: ['pull'],
  1: ['push'],
  // A device that fetches goes on where it stopped.
  2: ['pull', 'push'],
};
const UNSAID: readonly FirmwareDelivery[] = ['push', 'pull'];

/** The ways that are left for an update, and the schemes that its device can fetch from: none but these may be written (E.6, Package URI). */
export function decideDelivery({ device, settings, refusedDeliveries }: FirmwareUpdate): {
  readonly delivery: FirmwareDelivery | undefined;
  readonly schemes: readonly string[];
} {
  const { protocols = [0], deliveryMethod = -1 } = device ?? NOTHING_KNOWN;
  const schemes = URI_SCHEMES.filter(([protocol]) => protocols.includes(protocol)).map(([, scheme]) => scheme);
  const delivery = (DELIVERIES[deliveryMethod] ?? UNSAID).find(
    (way) =>
      !refusedDeliveries.includes(way) &&
      (settings.delivery === 'auto' || settings.delivery === way) &&
      (way === 'push' || schemes.length > 0),
  );
  return { delivery, schemes };
}

/** The way that is left when the present one did not work. */
export function nextDelivery(update: FirmwareUpdate): {
  readonly next: FirmwareDelivery | undefined;
  readonly refusedDeliveries: readonly FirmwareDelivery[];
} {
  const { delivery, refusedDeliveries } = update;
  const refused = delivery === undefined ? refusedDeliveries : [...refusedDeliveries, delivery];
  return { next: decideDelivery({ ...update, refusedDeliveries: refused }).delivery, refusedDeliveries: refused };
}

type Phase = 'DOWNLOADING' | 'CHECKING' | 'UPDATING';

/** An Update Result of an earlier time is excused once: a device that has begun sets it back (E.6). */
const NOT_BEGUN: Judgement = { kind: 'wait', seen: { staleResult: 0 } };

/** What a State means after the delivery, where the Update Result says nothing. */
const JUDGEMENTS: Readonly<Record<Phase, Readonly<Record<DevicePosition, (update: FirmwareUpdate) => Judgement>>>> = {
  DOWNLOADING: {
    idle: ({ begun }) => (begun ? lost() : NOT_BEGUN),
    downloading: () => ({ kind: 'wait', seen: { begun: true, staleResult: 0 } }),
    // 5/0/14: it goes on by itself.
    downloaded: ({ device }) => (device?.automaticUpgrade === true ? { kind: 'update' } : { kind: 'check' }),
    updating: () => ({ kind: 'update', seen: { staleResult: 0 } }),
  },
  CHECKING: {
    // After an Execute that nothing is known of it may be over already.
    idle: ({ executed }) => (executed === 'no' ? lost() : { kind: 'verify' }),
    downloading: () => unexpected('it is downloading'),
    downloaded: (update) => {
      if (!update.settings.install) return { kind: 'succeeded', evidence: 'downloaded' };
      return conflictOf(update) ?? { kind: 'execute' };
    },
    updating: () => ({ kind: 'update', seen: { staleResult: 0 } }),
  },
  UPDATING: {
    idle: () => ({ kind: 'verify' }),
    downloading: () => unexpected('it is downloading'),
    downloaded: ({ executed }) => (executed === 'unknown' ? notExecuted() : NOT_BEGUN),
    updating: () => ({ kind: 'update', seen: { staleResult: 0 } }),
  },
};

/** DOWNLOADING, CHECKING, UPDATING, DEFERRED: State and Update Result have been read. */
export function judgeStatus(update: FirmwareUpdate): Judgement {
  const { state, result = 0, readable } = update.device ?? NOTHING_KNOWN;
  if (state === undefined) {
    if (readable === 'instance') return { kind: 'read-again' };
    return { kind: 'failed', failure: failureOf('no-firmware-object') };
  }
  const object = firmwareObject(update.objectId);
  const position = object.states[state];
  if (position === undefined) return { kind: 'failed', failure: failureOf('unknown-state', { detail: `${state}` }) };
  const phase = update.state === 'DOWNLOADING' || update.state === 'CHECKING' ? update.state : 'UPDATING';
  const isStale = result === update.staleResult && STANDS_STILL[phase] === position;
  // Who puts it off again reports the same again.
  if (!isStale || meaningOf(object, result).outcome === 'deferred') {
    const reported = judgeResult(update, result, phase, position);
    if (reported !== undefined) return reported;
  }
  return JUDGEMENTS[phase][position](update);
}

/** The position of a device that has not begun what it was asked: its Update Result may be of an earlier time. */
const STANDS_STILL: Readonly<Record<Phase, DevicePosition>> = {
  DOWNLOADING: 'idle',
  CHECKING: 'downloaded',
  UPDATING: 'downloaded',
};

/** What an Update Result decides; undefined where the State does. */
function judgeResult(
  update: FirmwareUpdate,
  result: number,
  phase: Phase,
  position: DevicePosition,
): Judgement | undefined {
  const { outcome } = meaningOf(firmwareObject(update.objectId), result);
  if (outcome === 'success') {
    const wasAsked = update.executed !== 'no' || phase === 'UPDATING' || update.device?.automaticUpgrade === true;
    if (wasAsked) return position === 'idle' ? { kind: 'verify' } : undefined;
    return unasked(result);
  }
  if (outcome === 'deferred') {
    if (position !== 'downloaded') return unasked(result);
    return phase === 'UPDATING' ? { kind: 'defer' } : undefined;
  }
  const reported = outcomeOf(update, result);
  const hasPackage = reported?.kind === 'retry' && position === 'downloaded' && phase !== 'DOWNLOADING';
  return hasPackage ? { ...reported, resumeAt: 'CHECKING' } : reported;
}

/** What becomes of an update whose device reports that it failed; undefined for a result that is no failure. */
export function outcomeOf(update: FirmwareUpdate, result: number): Judgement | undefined {
  const { outcome, reason } = meaningOf(firmwareObject(update.objectId), result);
  if (reason === undefined || outcome === 'deferred') return undefined;
  const failure = failureOf(reason, { result, detail: `Update Result ${result}` });
  if (outcome === 'retry') return { kind: 'retry', failure, resumeAt: 'READING' };
  return { kind: outcome === 'other-delivery' ? 'other-delivery' : 'failed', failure };
}

/** VERIFYING: what is installed has been read. */
export function judgeInstalled({ objectId, device, before, version }: FirmwareUpdate): Judgement {
  const { state, result = 0, firmwareVersion, packageVersion } = device ?? NOTHING_KNOWN;
  const object = firmwareObject(objectId);
  const isSuccess = meaningOf(object, result).outcome === 'success';
  const isThere = object.installedState === undefined || object.installedState === state;
  // Where it could not be read before, nothing says that it is another. What is in a State of its own was not installed before.
  const isComparable = before?.firmwareVersion !== undefined || object.installedState !== undefined;
  const isOther = firmwareVersion !== undefined && firmwareVersion !== before?.firmwareVersion;
  const isChanged = isThere && isComparable && isOther;
  if (version !== undefined && (firmwareVersion !== undefined || packageVersion !== undefined)) {
    // PkgVersion may be that of a package that was never installed.
    const isInstalled =
      (isThere && firmwareVersion === version) || (packageVersion === version && (isSuccess || isChanged));
    if (isInstalled) return { kind: 'succeeded', evidence: 'version' };
    if (isSuccess) {
      const detail = `${firmwareVersion ?? packageVersion} in the place of ${version}`;
      return { kind: 'failed', failure: failureOf('wrong-version', { result, detail }) };
    }
  } else if (isSuccess) return { kind: 'succeeded', evidence: 'result' };
  else if (isChanged) return { kind: 'succeeded', evidence: 'version' };
  return { kind: 'retry', failure: failureOf('not-installed', { result }), resumeAt: 'READING' };
}

/** Object 33629: another component, which is not installed together with this one, is in a State in which this one must not be installed. */
function conflictOf({ device, settings }: FirmwareUpdate): Judgement | undefined {
  const conflict = device?.conflicts.find((id) => settings.linkedInstances?.includes(id) !== true);
  if (conflict === undefined) return undefined;
  const failure = failureOf('conflicting-state', { detail: `/33629/${conflict}` });
  return { kind: 'retry', failure, resumeAt: 'CHECKING' };
}

function lost(): Judgement {
  return { kind: 'retry', failure: failureOf('lost-package'), resumeAt: 'READING' };
}

function notExecuted(): Judgement {
  return { kind: 'retry', failure: failureOf('no-answer', { detail: 'to the Execute' }), resumeAt: 'CHECKING' };
}

function unexpected(detail: string): Judgement {
  return { kind: 'retry', failure: failureOf('unexpected-state', { detail }), resumeAt: 'READING' };
}

function unasked(result: number): Judgement {
  return { kind: 'retry', failure: failureOf('unexpected-result', { result }), resumeAt: 'READING' };
}
