import type { ResourceRecord } from '@flownexus/lwm2m-core';
import type { OperationFailure } from '../queue/operation-store.ts';
import type { Operation } from '../downlink/operation.ts';
import type { FirmwareFailure, FirmwareFailureReason, FirmwareUpdate } from './firmware-update.ts';
import { FIRMWARE_FAILURES } from './firmware-update.ts';

/** What happens to an update. */
export type FirmwareInput =
  /** Its turn in the campaign has come. */
  | { readonly kind: 'start' }
  /** The first of `todo` is in the durable queue. */
  | { readonly kind: 'queued'; readonly operationId: string }
  /** The device has done the first of `todo`; with the version of the Object that it has registered. */
  | {
      readonly kind: 'answered';
      readonly records: readonly ResourceRecord[];
      readonly objectVersion: string | undefined;
    }
  /** The first of `todo` is FAILED in the durable queue. */
  | { readonly kind: 'failed'; readonly failure: OperationFailure }
  /** The address to fetch the package from; undefined when there is none for this device. */
  | { readonly kind: 'uri'; readonly uri: string | undefined }
  /** The device has taken a part of the package, in bytes. */
  | { readonly kind: 'progress'; readonly transferred: number; readonly total: number }
  /** The device has taken the package. */
  | { readonly kind: 'delivered' }
  /** It has not. */
  | { readonly kind: 'undelivered'; readonly problem: DeliveryProblem }
  /** A notification had State or Update Result. */
  | { readonly kind: 'notified'; readonly state: number | undefined; readonly result: number | undefined }
  /** The device has registered or updated its registration. */
  | { readonly kind: 'heard'; readonly registered: boolean }
  /** `nextAt` or `deadlineAt` has come. */
  | { readonly kind: 'due' }
  | { readonly kind: 'cancel' }
  /** The process has died meanwhile, and nothing is known of what was under way. */
  | { readonly kind: 'restarted' };

/** Why a package was not pushed. */
export interface DeliveryProblem {
  /**
   * - `unsent`: nothing has left: the device is not registered, or too much else is sent
   * - `refused`: the device answered 4.xx
   * - `unable`: it answered 5.xx
   * - `unanswered`: it fell silent
   * - `no-package`: there is nothing to push
   */
  readonly kind: 'unsent' | 'refused' | 'unable' | 'unanswered' | 'no-package';
  readonly message: string;
  readonly responseCode: string | undefined;
}

/** What is to be done now that an update has changed, and the store has it. */
export type FirmwareCommand =
  /** Put the first of `todo` into the durable queue, and tell what becomes of it. */
  | { readonly kind: 'operate' }
  /** Write the package. */
  | { readonly kind: 'push' }
  /** Find the address of the package, of one of these schemes, the first one that there is. */
  | { readonly kind: 'findUri'; readonly schemes: readonly string[] }
  /** Give up what is under way. */
  | { readonly kind: 'abandon' }
  /** Put operations into the durable queue that nobody waits for. */
  | { readonly kind: 'tidy'; readonly operations: readonly Operation[] };

/** What an update becomes, and what is to be done. */
export interface FirmwareStep {
  readonly update: FirmwareUpdate;
  readonly commands: readonly FirmwareCommand[];
}

/** A failure by its name; a `detail` is added to its words. */
export function failureOf(
  reason: FirmwareFailureReason,
  more: { readonly detail?: string; readonly result?: number; readonly responseCode?: string | undefined } = {},
): FirmwareFailure {
  const { detail, result, responseCode } = more;
  const message = FIRMWARE_FAILURES[reason] + (detail === undefined ? '' : `: ${detail}`);
  return { reason, message, result, responseCode };
}
