import { parsePath, type Path } from '@flownexus/lwm2m-core';
import type { CampaignOptions, UpdateOptions, UpdateSettings } from '../api/firmware.ts';
import { limits } from '../limits.ts';
import { endpointNameProblem } from '../registration/registration-parameters.ts';
import type { Registration } from '../registration/registration.ts';
import type { FirmwareObjectId, FirmwareSettings, FirmwareUpdate } from './firmware-update.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Longer times overflow what clocks can wait for in one piece. */
const MAX_TIME_MS = 3_650 * DAY_MS;
const NO_TARGET = 'a target is an Object Instance of Object 5, 9 or 33629';

/** Who and when: what the updater adds to what the caller wants. */
export interface NewUpdate {
  readonly id: string;
  readonly endpointName: string;
  readonly campaignId: string | undefined;
  /** Bytes of the package. */
  readonly size: number;
  readonly registration: Registration | undefined;
  readonly now: number;
}

/**
 * An update as it begins.
 *
 * @throws RangeError for an option out of its range, an endpoint name that nobody can have, and a target that is no Object Instance of 5, 9 or 33629
 */
export function newUpdate(options: UpdateOptions, given: NewUpdate): FirmwareUpdate {
  const { id, endpointName, campaignId, size, registration, now } = given;
  const problem = endpointNameProblem(endpointName);
  if (problem !== undefined) throw new RangeError(problem);
  const { objectId, instanceId } =
    options.target === undefined ? usualTarget(registration) : targetOf(targetPath(options.target));
  return {
    id,
    endpointName,
    campaignId,
    objectId,
    instanceId,
    packageId: options.packageId,
    packageSize: size,
    version: options.version,
    settings: settingsOf(options),
    metadata: metadataOf(options),
    state: 'QUEUED',
    delivery: undefined,
    refusedDeliveries: [],
    device: undefined,
    before: undefined,
    progress: undefined,
    attempts: 0,
    deferrals: 0,
    todo: [],
    operationId: undefined,
    resumeAt: 'READING',
    resets: 0,
    observed: false,
    begun: false,
    staleResult: 0,
    executed: 'no',
    deadlineAt: undefined,
    nextAt: undefined,
    failure: undefined,
    evidence: undefined,
    createdAt: now,
    updatedAt: now,
  };
}

/** @throws RangeError for an option out of its range */
export function settingsOf(options: UpdateSettings): FirmwareSettings {
  const { blockSize, severity, maximumDeferPeriod, automaticUpgrade, linkedInstances } = options;
  const { delivery = 'auto' } = options;
  if (!['auto', 'push', 'pull'].includes(delivery))
    throw new RangeError(`delivery is auto, push or pull, not ${delivery}`);
  if (blockSize !== undefined) between('blockSize', blockSize, 16, 1_024);
  if (severity !== undefined) between('severity', severity, 0, 2);
  if (maximumDeferPeriod !== undefined) between('maximumDeferPeriod', maximumDeferPeriod, 0, 0xffff_ffff);
  for (const id of linkedInstances ?? []) between('an id of linkedInstances', id, 0, 0xfffe);
  return {
    delivery,
    blockSize,
    severity,
    maximumDeferPeriod,
    automaticUpgrade,
    linkedInstances,
    install: options.install ?? true,
    activate: options.activate ?? true,
    maxAttempts: between('maxAttempts', options.maxAttempts ?? 3, 1, limits.maxAttempts),
    maxDeferrals: between('maxDeferrals', options.maxDeferrals ?? 10, 0, Number.MAX_SAFE_INTEGER),
    contactMs: between('contactMs', options.contactMs ?? 7 * DAY_MS, 1, MAX_TIME_MS),
    downloadMs: between('downloadMs', options.downloadMs ?? DAY_MS, 1, MAX_TIME_MS),
    updateMs: between('updateMs', options.updateMs ?? 60 * MINUTE_MS, 1, MAX_TIME_MS),
    pollMs: between('pollMs', options.pollMs ?? MINUTE_MS, 1, MAX_TIME_MS),
    retryMs: between('retryMs', options.retryMs ?? MINUTE_MS, 1, MAX_TIME_MS),
  };
}

/** @throws RangeError for a text that is too long */
export function metadataOf({ metadata }: Pick<UpdateOptions, 'metadata'>): string | undefined {
  if (metadata === undefined || metadata.length <= limits.maxFirmwareMetadataLength) return metadata;
  throw new RangeError(`metadata has at most ${limits.maxFirmwareMetadataLength} characters`);
}

/** @throws RangeError for what can be no campaign */
export function checkCampaign({
  endpoints,
  concurrency,
  stopAtFailureShare,
  startAt,
}: Required<Pick<CampaignOptions, 'endpoints' | 'concurrency' | 'stopAtFailureShare'>> &
  Pick<CampaignOptions, 'startAt'>): void {
  between('the number of endpoints', endpoints.length, 1, limits.maxFirmwareUpdates);
  between('concurrency', concurrency, 1, limits.maxActiveFirmwareUpdates);
  if (!(stopAtFailureShare > 0 && stopAtFailureShare <= 1)) {
    throw new RangeError(`stopAtFailureShare is above 0 and up to 1, not ${stopAtFailureShare}`);
  }
  if (startAt !== undefined && !Number.isFinite(startAt)) throw new RangeError('startAt is a time in milliseconds');
  if (new Set(endpoints).size < endpoints.length) throw new RangeError('an endpoint is there twice');
}

/** Object 33629 knows more than Object 5: where a device has both, they are about the same firmware. */
function usualTarget(registration: Registration | undefined): Target {
  const advanced = registration?.links.find(({ path }) => path.startsWith('/33629/'));
  return advanced === undefined ? { objectId: 5, instanceId: 0 } : targetOf(parsePath(advanced.path));
}

interface Target {
  readonly objectId: FirmwareObjectId;
  readonly instanceId: number;
}

/** @throws RangeError for what is no path */
function targetPath(target: string): Path {
  try {
    return parsePath(target);
  } catch (error) {
    throw new RangeError(NO_TARGET, { cause: error });
  }
}

function targetOf({ prefix, objectId, objectInstanceId, resourceId }: Path): Target {
  const isObject = objectId === 5 || objectId === 9 || objectId === 33_629;
  if (prefix !== undefined || !isObject || objectInstanceId === undefined || resourceId !== undefined) {
    throw new RangeError(NO_TARGET);
  }
  return { objectId, instanceId: objectInstanceId };
}

function between(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`${name} is a whole number from ${least} to ${most}, not ${value}`);
}
