import { formatPath, type ResourceRecord } from '@flownexus/lwm2m-core';
import { limits } from '../limits.ts';
import { firmwareObject, URI_SCHEMES, type FirmwareObject } from './firmware-objects.ts';
import { resourcePath } from './firmware-operations.ts';
import type { DeviceFacts, FirmwareUpdate } from './firmware-update.ts';

/** What is known before anything was read. */
export const NOTHING_KNOWN: DeviceFacts = {
  readable: 'instance',
  objectVersion: undefined,
  state: undefined,
  result: undefined,
  protocols: undefined,
  deliveryMethod: undefined,
  automaticUpgrade: undefined,
  packageVersion: undefined,
  firmwareVersion: undefined,
  conflicts: [],
};

/** What is known of a device after it has answered a Read. Values of a type that the Resource does not have say nothing. */
export function learn(
  update: Pick<FirmwareUpdate, 'objectId' | 'instanceId'>,
  facts: DeviceFacts,
  records: readonly ResourceRecord[],
): DeviceFacts {
  const object = firmwareObject(update.objectId);
  let learnt = facts;
  for (const record of records) {
    const { objectId, objectInstanceId, resourceId } = record.path;
    if (formatPath(record.path) === object.versionPath(update.instanceId)) {
      learnt = { ...learnt, firmwareVersion: textOf(record) };
    }
    if (objectId !== update.objectId || objectInstanceId !== update.instanceId) continue;
    learnt = learnResource(object, learnt, resourceId, record);
  }
  return learnt;
}

/** Forgets State, Update Result and conflicts, since they are about to be read again. */
export function forgetStatus(facts: DeviceFacts): DeviceFacts {
  return { ...facts, state: undefined, result: undefined, conflicts: [] };
}

/** State and Update Result in what a device notified. */
export function statusIn(
  update: Pick<FirmwareUpdate, 'objectId' | 'instanceId'>,
  records: readonly ResourceRecord[],
): { readonly state: number | undefined; readonly result: number | undefined } {
  const { resources } = firmwareObject(update.objectId);
  const valueAt = (id: number): number | undefined => {
    const path = resourcePath(update, id);
    const record = records.findLast((candidate) => formatPath(candidate.path) === path);
    return record === undefined ? undefined : numberOf(record);
  };
  return { state: valueAt(resources.state), result: valueAt(resources.result) };
}

function learnResource(
  { resources }: FirmwareObject,
  facts: DeviceFacts,
  resourceId: number | undefined,
  record: ResourceRecord,
): DeviceFacts {
  if (resourceId === undefined) return facts;
  switch (resourceId) {
    case resources.state:
      return { ...facts, state: numberOf(record) };
    case resources.result:
      return { ...facts, result: numberOf(record) };
    case resources.protocols: {
      const protocol = numberOf(record);
      const known = facts.protocols ?? [];
      // 5/0/8: numbers that are not known are ignored, and are none of those that are.
      const isNew = !known.includes(protocol ?? -1) && URI_SCHEMES.some(([number]) => number === protocol);
      return { ...facts, protocols: isNew && protocol !== undefined ? [...known, protocol] : known };
    }
    case resources.deliveryMethod:
      return { ...facts, deliveryMethod: numberOf(record) };
    case resources.automaticUpgrade:
      return { ...facts, automaticUpgrade: record.value === true };
    case resources.conflicts: {
      const id = instanceOf(record);
      return id === undefined || facts.conflicts.length >= limits.maxConflictingComponents
        ? facts
        : { ...facts, conflicts: [...facts.conflicts, id] };
    }
    case resources.packageVersion:
      return { ...facts, packageVersion: textOf(record) };
    default:
      return facts;
  }
}

/** The Object Instance that a link of Object 33629 is about: 65535:65535 is none. */
function instanceOf({ value }: ResourceRecord): number | undefined {
  const isLink = typeof value === 'object' && 'objectInstanceId' in value && value.objectId === 33_629;
  return isLink ? value.objectInstanceId : undefined;
}

function numberOf({ value }: ResourceRecord): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function textOf({ value }: ResourceRecord): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, limits.maxVersionLength) : undefined;
}
