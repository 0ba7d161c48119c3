import type { FirmwareFailureReason, FirmwareState, FirmwareUpdate } from '@flownexus/lwm2m-server';

/** What FlowNexus calls the states of an update: the State of the device (5/0/3), whose number is the index. */
export const updateStates = ['IDLE', 'DOWNLOADING', 'DOWNLOADED', 'UPDATING'] as const;
export type UpdateState = (typeof updateStates)[number];

/** What FlowNexus calls the results of an update: the Update Result (5/0/5), whose number is the index. DEFAULT: it is not finished. */
export const updateResults = [
  'DEFAULT',
  'SUCCESS',
  'NO_STORAGE',
  'OUT_OF_MEMORY',
  'CONNECTION_LOST',
  'INTEGRITY_FAILED',
  'UNSUPPORTED_FIRMWARE',
  'INVALID_URI',
  'UPDATE_FAILED',
  'UNSUPPORTED_PROTOCOL',
] as const;
export type UpdateResult = (typeof updateResults)[number];

const STATES: Readonly<Record<FirmwareState, UpdateState>> = {
  QUEUED: 'IDLE',
  READING: 'IDLE',
  RESETTING: 'IDLE',
  PREPARING: 'IDLE',
  OBSERVING: 'IDLE',
  DELIVERING: 'DOWNLOADING',
  DOWNLOADING: 'DOWNLOADING',
  CHECKING: 'DOWNLOADED',
  EXECUTING: 'DOWNLOADED',
  UPDATING: 'UPDATING',
  // The device goes back to Downloaded until its user wants it.
  DEFERRED: 'DOWNLOADED',
  VERIFYING: 'UPDATING',
  RETRYING: 'IDLE',
  SUCCEEDED: 'IDLE',
  FAILED: 'IDLE',
  CANCELLED: 'IDLE',
};

const RESULTS: Readonly<Partial<Record<FirmwareFailureReason, UpdateResult>>> = {
  'not-enough-flash': 'NO_STORAGE',
  'out-of-ram': 'OUT_OF_MEMORY',
  'connection-lost': 'CONNECTION_LOST',
  integrity: 'INTEGRITY_FAILED',
  'unsupported-package': 'UNSUPPORTED_FIRMWARE',
  'invalid-uri': 'INVALID_URI',
  'unsupported-protocol': 'UNSUPPORTED_PROTOCOL',
};

/** The state that FlowNexus' own data model has for an update. */
export function stateOf({
  state,
  delivery,
  resumeAt,
}: Pick<FirmwareUpdate, 'state' | 'delivery' | 'resumeAt'>): UpdateState {
  // prettier-ignore
  if (state === 'RETRYING' && resumeAt === 'CHECKING') return 'DOWNLOADED';
  // The address is being written: the device does not know of the package yet.
  if (state === 'DELIVERING' && delivery === 'pull') return 'IDLE';
  return STATES[state];
}

/** The result that it has for an update. One that failed for a reason that devices have no number for, or was cancelled, is UPDATE_FAILED. */
export function resultOf({ state, failure }: Pick<FirmwareUpdate, 'state' | 'failure'>): UpdateResult {
  if (state === 'SUCCEEDED') return 'SUCCESS';
  if (state === 'CANCELLED') return 'UPDATE_FAILED';
  if (state !== 'FAILED') return 'DEFAULT';
  return (failure === undefined ? undefined : RESULTS[failure.reason]) ?? 'UPDATE_FAILED';
}
