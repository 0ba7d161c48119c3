import { parsePath } from '@flownexus/lwm2m-core';
import { describe, expect, test } from 'vitest';
import type { FirmwareState, FirmwareUpdate, Operation } from '../../src/index.ts';
import { NOTHING_KNOWN } from '../../src/firmware/device-facts.ts';
import type { FirmwareInput, FirmwareStep } from '../../src/firmware/firmware-step.ts';
import { newUpdate } from '../../src/firmware/new-update.ts';
import { stepUpdate } from '../../src/firmware/step-update.ts';

const T0 = Date.UTC(2026, 0, 1);
const READ: Operation = { kind: 'read', path: '/5/0' };

/** An update in a state, as it is there when nothing was left out. */
function inState(state: FirmwareState, changes: Partial<FirmwareUpdate> = {}): FirmwareUpdate {
  const given = { id: 'a', endpointName: 'dev', campaignId: undefined, size: 9, registration: undefined, now: T0 };
  const begun = newUpdate({ packageId: 'app' }, given);
  return { ...begun, state, attempts: 1, delivery: 'pull', device: NOTHING_KNOWN, observed: true, ...changes };
}

/** What a step comes to: the state, the reason of the failure, and the commands. */
function inWords({ update, commands }: FirmwareStep): string {
  const words = commands.map((command) => {
    if (command.kind === 'operate') return update.todo[0]?.kind ?? 'nothing';
    if (command.kind === 'tidy') return command.operations.map(({ kind }) => kind).join('+');
    return command.kind;
  });
  return [update.state, update.failure?.reason, ...words].filter((word) => word !== undefined && word !== '').join(' ');
}

function step(update: FirmwareUpdate, input: FirmwareInput, now: number = T0): string {
  return inWords(stepUpdate(update, input, now));
}

test('the states of an update, and what is done when it has taken too long there', () => {
  const late: Readonly<Record<string, string>> = {
    READING: 'FAILED no-contact abandon cancelObservation+cancelObservation',
    RESETTING: 'FAILED no-contact abandon cancelObservation+cancelObservation',
    PREPARING: 'FAILED no-contact abandon cancelObservation+cancelObservation',
    OBSERVING: 'FAILED no-contact abandon cancelObservation+cancelObservation',
    DELIVERING: 'FAILED no-contact abandon cancelObservation+cancelObservation',
    DOWNLOADING: 'RETRYING download-timeout abandon',
    CHECKING: 'FAILED no-contact abandon cancelObservation+cancelObservation',
    EXECUTING: 'FAILED no-contact abandon cancelObservation+cancelObservation',
    UPDATING: 'RETRYING update-timeout abandon',
    DEFERRED: 'CHECKING read',
    VERIFYING: 'FAILED no-contact abandon cancelObservation+cancelObservation',
  };
  for (const [state, outcome] of Object.entries(late)) {
    const update = inState(state as FirmwareState, { todo: [READ], deadlineAt: T0 + 1 });
    expect(step(update, { kind: 'due' }, T0)).toBe(state);
    expect(step(update, { kind: 'due' }, T0 + 1)).toBe(outcome);
  }
});

test('what is done when nothing is known of what was under way', () => {
  const restarted: Readonly<Record<FirmwareState, string>> = {
    QUEUED: 'QUEUED',
    READING: 'READING read',
    RESETTING: 'READING read',
    PREPARING: 'READING read',
    OBSERVING: 'READING read',
    DELIVERING: 'READING read',
    DOWNLOADING: 'DOWNLOADING read',
    CHECKING: 'CHECKING read',
    EXECUTING: 'CHECKING read',
    UPDATING: 'UPDATING read',
    DEFERRED: 'DEFERRED read',
    VERIFYING: 'VERIFYING read',
    RETRYING: 'RETRYING',
    SUCCEEDED: 'SUCCEEDED',
    FAILED: 'FAILED',
    CANCELLED: 'CANCELLED',
  };
  for (const [state, outcome] of Object.entries(restarted)) {
    expect(step(inState(state as FirmwareState), { kind: 'restarted' })).toBe(outcome);
  }
});

test('a cancellation leaves nothing behind at the device', () => {
  const cancelled: Partial<Readonly<Record<FirmwareState, string>>> = {
    READING: 'CANCELLED abandon cancelObservation+cancelObservation',
    DELIVERING: 'CANCELLED write abandon cancelObservation+cancelObservation',
    DOWNLOADING: 'CANCELLED write abandon cancelObservation+cancelObservation',
    RETRYING: 'CANCELLED write abandon cancelObservation+cancelObservation',
    UPDATING: 'CANCELLED abandon cancelObservation+cancelObservation',
    SUCCEEDED: 'SUCCEEDED',
  };
  for (const [state, outcome] of Object.entries(cancelled)) {
    expect(step(inState(state as FirmwareState), { kind: 'cancel' })).toBe(outcome);
  }
  expect(step(inState('QUEUED', { observed: false }), { kind: 'cancel' })).toBe('CANCELLED abandon');
  const device = { ...NOTHING_KNOWN, objectVersion: '1.1' };
  expect(step(inState('DOWNLOADING', { device }), { kind: 'cancel' })).toBe(
    'CANCELLED execute+write abandon cancelObservation+cancelObservation',
  );
});

describe('State and Update Result, read in', () => {
  const answered = (state: number, result: number): FirmwareInput => ({
    kind: 'answered',
    objectVersion: '1.0',
    records: [
      { path: parsePath('/5/0/3'), type: 'integer', value: state, time: undefined },
      { path: parsePath('/5/0/5'), type: 'integer', value: result, time: undefined },
    ],
  });

  test.each([
    ['DOWNLOADING', {}, 0, 0, 'DOWNLOADING'],
    ['DOWNLOADING', { begun: true }, 0, 0, 'RETRYING lost-package abandon'],
    ['DOWNLOADING', {}, 1, 0, 'DOWNLOADING'],
    ['DOWNLOADING', {}, 2, 0, 'CHECKING read'],
    ['DOWNLOADING', {}, 3, 0, 'UPDATING'],
    ['DOWNLOADING', {}, 0, 5, 'FAILED integrity abandon cancelObservation+cancelObservation'],
    ['DOWNLOADING', { staleResult: 5 }, 0, 5, 'DOWNLOADING'],
    ['DOWNLOADING', {}, 0, 1, 'RETRYING unexpected-result abandon'],
    ['CHECKING', {}, 2, 0, 'EXECUTING execute'],
    ['CHECKING', { staleResult: 8 }, 2, 8, 'EXECUTING execute'],
    ['CHECKING', {}, 2, 11, 'EXECUTING execute'],
    ['CHECKING', {}, 1, 0, 'RETRYING unexpected-state abandon'],
    ['CHECKING', {}, 0, 0, 'RETRYING lost-package abandon'],
    ['CHECKING', { executed: 'unknown' }, 0, 1, 'VERIFYING read'],
    ['CHECKING', {}, 3, 0, 'UPDATING'],
    ['UPDATING', { executed: 'yes' }, 0, 1, 'VERIFYING read'],
    ['UPDATING', { executed: 'yes' }, 0, 0, 'VERIFYING read'],
    ['UPDATING', { executed: 'yes' }, 2, 0, 'UPDATING'],
    ['UPDATING', { executed: 'unknown' }, 2, 0, 'RETRYING no-answer abandon'],
    ['UPDATING', { executed: 'yes' }, 2, 8, 'RETRYING update-failed abandon'],
    ['UPDATING', { executed: 'yes' }, 2, 11, 'DEFERRED'],
    ['UPDATING', { executed: 'yes' }, 3, 0, 'UPDATING'],
    ['UPDATING', { executed: 'yes' }, 1, 0, 'RETRYING unexpected-state abandon'],
    ['DEFERRED', { executed: 'yes' }, 2, 11, 'DEFERRED'],
    ['DEFERRED', { executed: 'yes' }, 3, 0, 'UPDATING'],
    ['DEFERRED', { executed: 'yes' }, 0, 1, 'VERIFYING read'],
  ] as const)('%s %o: State %i, Result %i → %s', (state, changes, ofDevice, result, outcome) => {
    expect(step(inState(state, { todo: [READ], ...changes }), answered(ofDevice, result))).toBe(outcome);
  });
});

test('the pause is doubled with each attempt, up to a bound', () => {
  const pauses = [1, 2, 3, 7, 8, 50].map((attempts) => {
    const settings = { ...inState('DOWNLOADING').settings, maxAttempts: 100, retryMs: 1_000 };
    const update = inState('DOWNLOADING', { attempts, settings, deadlineAt: T0 });
    return (stepUpdate(update, { kind: 'due' }, T0).update.nextAt ?? 0) - T0;
  });
  expect(pauses).toEqual([1_000, 2_000, 4_000, 64_000, 64_000, 64_000]);
});

test('a notification and an uplink are hints to read, and only where something is waited for', () => {
  const notified: FirmwareInput = { kind: 'notified', state: 2, result: undefined };
  expect(step(inState('DOWNLOADING'), notified)).toBe('DOWNLOADING read');
  expect(step(inState('DOWNLOADING', { todo: [READ] }), notified)).toBe('DOWNLOADING');
  expect(step(inState('CHECKING', { todo: [READ] }), notified)).toBe('CHECKING');
  expect(step(inState('RETRYING'), notified)).toBe('RETRYING');
  expect(step(inState('UPDATING'), { kind: 'heard', registered: true })).toBe('UPDATING read');
  expect(step(inState('DELIVERING', { delivery: 'push' }), { kind: 'heard', registered: false })).toBe(
    'DELIVERING push',
  );
  // It downloads: no need to ask.
  expect(step(inState('DOWNLOADING'), { kind: 'notified', state: 1, result: undefined })).toBe('DOWNLOADING');
});

test('a version that could not be read before is none that has changed', () => {
  const verifying = (before: string | undefined): string => {
    const device = { ...NOTHING_KNOWN, state: 0, result: 0 };
    const update = inState('VERIFYING', {
      todo: [{ kind: 'read', path: '/3/0/3' }],
      executed: 'yes',
      device,
      before: { firmwareVersion: before, packageVersion: undefined },
    });
    const records = [{ path: parsePath('/3/0/3'), type: 'string', value: '1.0', time: undefined } as const];
    return step(update, { kind: 'answered', objectVersion: '1.0', records });
  };
  expect(verifying('0.9')).toBe('SUCCEEDED abandon cancelObservation+cancelObservation');
  expect(verifying('1.0')).toBe('RETRYING not-installed abandon');
  expect(verifying(undefined)).toBe('RETRYING not-installed abandon');
});

test('a device that has taken Automatic Upgrade at Download has it', () => {
  const settings = { ...inState('PREPARING').settings, automaticUpgrade: false };
  const device = { ...NOTHING_KNOWN, readable: 'resources', automaticUpgrade: true } as const;
  const node = { kind: 'singleResource', id: 14, type: 'boolean', value: false } as const;
  const write = { kind: 'write', path: '/5/0/14', mode: 'replace', node } as const;
  const { update } = stepUpdate(
    inState('PREPARING', { todo: [write], settings, device }),
    { kind: 'answered', objectVersion: '1.2', records: [] },
    T0,
  );
  expect(update).toMatchObject({ state: 'OBSERVING', device: { automaticUpgrade: false } });
});
