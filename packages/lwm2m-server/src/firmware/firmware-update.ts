import type { Operation } from '../downlink/operation.ts';

/**
 * The states of an update.
 *
 * ```
 * QUEUED ──► READING ──► PREPARING ──► OBSERVING ──► DELIVERING ──► DOWNLOADING
 *             │   ▲                                                      │ State 2
 *             ▼   │                                                      ▼
 *           RESETTING                       EXECUTING ◄──State 2── CHECKING ◄──too long──┐
 *                                               │                                        │
 *                                               └──────► UPDATING ──Result 11──► DEFERRED
 *                                                         │    ▲                    │
 *                                                 State 0 │    └──────State 3───────┘
 *                                                         ▼
 *                                                     VERIFYING ──► SUCCEEDED
 *
 * any but the final ──what may pass──► RETRYING ──► READING, or CHECKING where the package is there
 * any but the final ──Result 7, 9────► READING, for the other way of delivery
 * any but the final ──what stays─────► FAILED
 * any but the final ──cancel─────────► CANCELLED
 * ```
 *
 * A device that updates by itself (5/0/14) goes from DOWNLOADING to UPDATING. After a restart of the server the first five begin with READING again.
 */
export const FIRMWARE_STATES = {
  /** Of a campaign, and not begun. */
  QUEUED: 'waits for its turn in the campaign',
  READING: 'reads what the device has, to decide how the package is delivered',
  RESETTING: 'takes the device back to State 0',
  PREPARING: 'writes Severity, Maximum Defer Period and Automatic Upgrade',
  OBSERVING: 'observes State and Update Result',
  DELIVERING: 'writes the package, or the address that it is fetched from',
  DOWNLOADING: 'the device has the package or fetches it: waits for State 2',
  CHECKING: 'reads State and Update Result before the Execute',
  EXECUTING: 'executes Update',
  UPDATING: 'the device installs the package',
  DEFERRED: 'the user of the device has put the update off',
  VERIFYING: 'reads what is installed now',
  RETRYING: 'waits until it is tried again',
  SUCCEEDED: 'the package is installed',
  FAILED: 'it is not, and it is not tried again',
  CANCELLED: 'taken back',
} as const;
export type FirmwareState = keyof typeof FIRMWARE_STATES;

/** Why an attempt failed, by name, with what it means. The reasons that Update Results have are in `firmware-objects.ts`. */
export const FIRMWARE_FAILURES = {
  'not-enough-flash': 'there is not enough flash memory for the package',
  'out-of-ram': 'the device ran out of RAM during the download',
  'connection-lost': 'the connection was lost during the download',
  integrity: 'the integrity check of the package failed',
  'unsupported-package': 'the device does not support this type of package',
  'invalid-uri': 'the device can not use the package URI',
  'update-failed': 'the installation failed',
  'unsupported-protocol': 'the device does not support the protocol of the package URI',
  'cancelled-by-device': 'the update was cancelled at the device',
  deferred: 'the update was deferred more often than is waited for',
  'conflicting-state': 'another component of the device is being updated',
  dependency: 'the package depends on a version that another component does not have',
  'unknown-result': 'the device reports an Update Result that is not known',
  'no-firmware-object': 'the device has no such Object Instance, or its State can not be read',
  'unknown-state': 'the device reports a State that is not known',
  'no-delivery': 'there is no way to deliver the package that the device supports',
  'no-package': 'the package is not there any more',
  refused: 'the device refused a command',
  'no-answer': 'the device did not answer',
  'device-error': 'the device could not do what it was asked',
  'no-contact': 'the device was not heard in time',
  'download-timeout': 'the device did not get the whole package in time',
  'update-timeout': 'the device did not install the package in time',
  'lost-package': 'the device does not have the package any more',
  'not-reset': 'the device could not be taken back to State 0',
  'unexpected-state': 'the device is in a State that does not follow from what it was told',
  'unexpected-result': 'the device reports an Update Result that nobody asked for',
  'not-installed': 'the device reports no result, and its version is that of before',
  'wrong-version': 'the device reports success, and has another version than the package',
  interfered: 'a command of the update was cancelled or replaced in the durable queue',
} as const;
export type FirmwareFailureReason = keyof typeof FIRMWARE_FAILURES;

/** What failed last. */
export interface FirmwareFailure {
  readonly reason: FirmwareFailureReason;
  /** In words. */
  readonly message: string;
  /** The Update Result, where the device reported one. */
  readonly result: number | undefined;
  /** `4.13`, where the device refused something. */
  readonly responseCode: string | undefined;
}

/** `push`: the server writes the package. `pull`: the device fetches it. */
export type FirmwareDelivery = 'push' | 'pull';

/** The Firmware Update Object (5), Software Management (9) and the Advanced Firmware Update Object (33629). */
export type FirmwareObjectId = 5 | 9 | 33_629;

/** What was wanted of an update, and its times in milliseconds: see `UpdateOptions`. */
export interface FirmwareSettings {
  readonly delivery: FirmwareDelivery | 'auto';
  readonly blockSize: number | undefined;
  readonly severity: 0 | 1 | 2 | undefined;
  readonly maximumDeferPeriod: number | undefined;
  readonly automaticUpgrade: boolean | undefined;
  /** Of Object 33629: further instances that are installed with this one; empty: this one alone; undefined: as the device has linked them. */
  readonly linkedInstances: readonly number[] | undefined;
  /** Whether the package is installed, and not only delivered. */
  readonly install: boolean;
  /** Of Object 9: whether what is installed is activated. */
  readonly activate: boolean;
  readonly maxAttempts: number;
  readonly maxDeferrals: number;
  readonly contactMs: number;
  readonly downloadMs: number;
  readonly updateMs: number;
  readonly pollMs: number;
  readonly retryMs: number;
}

/** What was read of the device; undefined where it has none or was not asked yet. */
export interface DeviceFacts {
  /** Whether the Object Instance can be read as a whole; otherwise its Resources are read one by one. */
  readonly readable: 'instance' | 'resources';
  /** Of the Object, as the registration has it. */
  readonly objectVersion: string | undefined;
  readonly state: number | undefined;
  readonly result: number | undefined;
  /** 5/0/8, without what is not known. */
  readonly protocols: readonly number[] | undefined;
  /** 5/0/9. */
  readonly deliveryMethod: number | undefined;
  /** 5/0/14. */
  readonly automaticUpgrade: boolean | undefined;
  /** 5/0/7. */
  readonly packageVersion: string | undefined;
  /** 3/0/3; of Object 33629 the Current Version. */
  readonly firmwareVersion: string | undefined;
  /** Of Object 33629: instances that must not be in another State than 0 when this one is installed. */
  readonly conflicts: readonly number[];
}

/**
 * One update of one endpoint: a plain value, replaced as a whole at each change, which the store has before it is acted on. Times are in milliseconds
 * since 1970.
 */
export interface FirmwareUpdate {
  readonly id: string;
  readonly endpointName: string;
  readonly campaignId: string | undefined;
  readonly objectId: FirmwareObjectId;
  readonly instanceId: number;
  readonly packageId: string;
  /** Bytes. */
  readonly packageSize: number;
  /** What the device says to have when the package is installed, where that is known: it decides then. */
  readonly version: string | undefined;
  readonly settings: FirmwareSettings;
  /** What the application wanted to stay with it. */
  readonly metadata: string | undefined;
  readonly state: FirmwareState;
  /** How it is delivered, once that is decided. */
  readonly delivery: FirmwareDelivery | undefined;
  /** Ways that did not work with this device. */
  readonly refusedDeliveries: readonly FirmwareDelivery[];
  readonly device: DeviceFacts | undefined;
  /** What was installed before the first attempt. */
  readonly before:
    { readonly firmwareVersion: string | undefined; readonly packageVersion: string | undefined } | undefined;
  /** Of a push: bytes that the device took. */
  readonly progress: { readonly transferred: number; readonly total: number } | undefined;
  /** How often it was begun. */
  readonly attempts: number;
  readonly deferrals: number;
  /** What is to be done in this state; the first is under way. */
  readonly todo: readonly Operation[];
  /** The ID of the first in the durable queue, once it is there. */
  readonly operationId: string | undefined;
  /** What RETRYING goes on with: all anew, or with the package that the device has. */
  readonly resumeAt: 'READING' | 'CHECKING';
  /** How often it was tried in this attempt to take the device back to State 0. */
  readonly resets: number;
  /** Whether State and Update Result are observed for it. */
  readonly observed: boolean;
  /** Whether the device was seen with a part of the package, or has started anew since the delivery: State 0 means then that the package is lost. */
  readonly begun: boolean;
  /** An Update Result that was there before the present step, and so says nothing about it; 0: none. */
  readonly staleResult: number;
  /** Whether Update was executed since the delivery: `unknown` when nothing is known of the Execute. */
  readonly executed: 'no' | 'unknown' | 'yes';
  /** When the state has taken too long. */
  readonly deadlineAt: number | undefined;
  /** When something is done next, if nothing is heard. */
  readonly nextAt: number | undefined;
  /** Of what failed, and is tried again; of what has FAILED. */
  readonly failure: FirmwareFailure | undefined;
  /** What SUCCEEDED is based on: the word of the device (`result`), the version that it has now, or State 2 where it was only to be `downloaded`. */
  readonly evidence: 'result' | 'version' | 'downloaded' | undefined;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Whether nothing happens to an update any more. */
export function isFinal({ state }: Pick<FirmwareUpdate, 'state'>): boolean {
  return state === 'SUCCEEDED' || state === 'FAILED' || state === 'CANCELLED';
}
