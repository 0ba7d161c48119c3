import type { FirmwareFailureReason, FirmwareObjectId } from './firmware-update.ts';

/** What a State means for an update. */
export type DevicePosition = 'idle' | 'downloading' | 'downloaded' | 'updating';

/** What becomes of an attempt that a device reports an Update Result of. */
export interface ResultMeaning {
  /**
   * - `none`: nothing has been decided
   * - `success`
   * - `deferred`: it goes on later, by itself
   * - `retry`: it may go well another time, with the same package
   * - `other-delivery`: it may go well with the other way of delivery
   * - `failed`: it can not go well with this package
   */
  readonly outcome: 'none' | 'success' | 'deferred' | 'retry' | 'other-delivery' | 'failed';
  readonly reason?: FirmwareFailureReason;
}

/** Where an Object has what an update needs, and what its numbers mean. Resources that it does not have are absent. */
export interface FirmwareObject {
  readonly resources: {
    readonly package: number;
    readonly packageUri: number;
    readonly update: number;
    readonly state: number;
    readonly result: number;
    readonly packageVersion: number;
    readonly protocols?: number;
    readonly deliveryMethod?: number;
    readonly cancel?: number;
    readonly severity?: number;
    readonly maximumDeferPeriod?: number;
    readonly automaticUpgrade?: number;
    readonly conflicts?: number;
    readonly activate?: number;
    readonly uninstall?: number;
  };
  /** The Resource that has the version that runs. */
  readonly versionPath: (instanceId: number) => string;
  /** The State of what is installed, where it is another than the first. */
  readonly installedState?: number;
  readonly states: Readonly<Record<number, DevicePosition>>;
  readonly results: Readonly<Record<number, ResultMeaning>>;
}

/** Object 5, E.6 of TS Core 1.1 and 1.2: Update Result. */
const RESULTS: Readonly<Record<number, ResultMeaning>> = {
  0: { outcome: 'none' },
  1: { outcome: 'success' },
  2: { outcome: 'failed', reason: 'not-enough-flash' },
  3: { outcome: 'failed', reason: 'out-of-ram' },
  4: { outcome: 'retry', reason: 'connection-lost' },
  5: { outcome: 'failed', reason: 'integrity' },
  6: { outcome: 'failed', reason: 'unsupported-package' },
  7: { outcome: 'other-delivery', reason: 'invalid-uri' },
  8: { outcome: 'retry', reason: 'update-failed' },
  9: { outcome: 'other-delivery', reason: 'unsupported-protocol' },
  10: { outcome: 'failed', reason: 'cancelled-by-device' },
  11: { outcome: 'deferred', reason: 'deferred' },
};

/** Object 5 in version 1.1. */
const RESOURCES = {
  package: 0,
  packageUri: 1,
  update: 2,
  state: 3,
  result: 5,
  packageVersion: 7,
  protocols: 8,
  deliveryMethod: 9,
  cancel: 10,
  severity: 11,
  maximumDeferPeriod: 13,
} as const;

/** Object 5: State. */
const STATES: Readonly<Record<number, DevicePosition>> = {
  0: 'idle',
  1: 'downloading',
  2: 'downloaded',
  3: 'updating',
};

const FIRMWARE_UPDATE: FirmwareObject = {
  resources: { ...RESOURCES, automaticUpgrade: 14 },
  versionPath: () => '/3/0/3',
  states: STATES,
  results: RESULTS,
};

/** Object 33629: as Object 5 in version 1.1, with an instance for each component of the device and two further results. */
const ADVANCED_FIRMWARE_UPDATE: FirmwareObject = {
  resources: { ...RESOURCES, conflicts: 17 },
  versionPath: (instanceId) => `/33629/${instanceId}/15`,
  states: STATES,
  results: {
    ...RESULTS,
    12: { outcome: 'retry', reason: 'conflicting-state' },
    13: { outcome: 'failed', reason: 'dependency' },
  },
};

/** Object 9: what is delivered is verified first (State 3), and what is installed stays in a State of its own. */
const SOFTWARE_MANAGEMENT: FirmwareObject = {
  resources: {
    package: 2,
    packageUri: 3,
    update: 4,
    state: 7,
    result: 9,
    packageVersion: 1,
    uninstall: 6,
    activate: 10,
  },
  versionPath: (instanceId) => `/9/${instanceId}/1`,
  installedState: 4,
  states: { 0: 'idle', 1: 'downloading', 2: 'downloading', 3: 'downloaded', 4: 'idle' },
  results: {
    0: { outcome: 'none' },
    1: { outcome: 'none' },
    2: { outcome: 'success' },
    3: { outcome: 'none' },
    50: { outcome: 'failed', reason: 'not-enough-flash' },
    51: { outcome: 'failed', reason: 'out-of-ram' },
    52: { outcome: 'retry', reason: 'connection-lost' },
    53: { outcome: 'failed', reason: 'integrity' },
    54: { outcome: 'failed', reason: 'unsupported-package' },
    56: { outcome: 'other-delivery', reason: 'invalid-uri' },
    57: { outcome: 'retry', reason: 'update-failed' },
    58: { outcome: 'retry', reason: 'update-failed' },
    59: { outcome: 'retry', reason: 'not-reset' },
  },
};

const OBJECTS: Readonly<Record<FirmwareObjectId, FirmwareObject>> = {
  5: FIRMWARE_UPDATE,
  9: SOFTWARE_MANAGEMENT,
  33629: ADVANCED_FIRMWARE_UPDATE,
};

/** The table of an Object that firmware or software is updated by. */
export function firmwareObject(objectId: FirmwareObjectId): FirmwareObject {
  return OBJECTS[objectId];
}

/** What an Update Result means; one that is not known fails. */
export function meaningOf(object: FirmwareObject, result: number): ResultMeaning {
  return object.results[result] ?? { outcome: 'failed', reason: 'unknown-result' };
}

/** 5/0/8: the schemes of a Package URI, the secured ones first. Other numbers are ignored. */
export const URI_SCHEMES: readonly (readonly [protocol: number, scheme: string])[] = [
  [1, 'coaps'],
  [3, 'https'],
  [5, 'coaps+tcp'],
  [0, 'coap'],
  [2, 'http'],
  [4, 'coap+tcp'],
];
