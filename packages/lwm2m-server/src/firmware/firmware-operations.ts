import { ContentFormat, type ExecuteArgument, type ResourceType, type ResourceValue } from '@flownexus/lwm2m-core';
import type { Operation } from '../downlink/operation.ts';
import { firmwareObject } from './firmware-objects.ts';
import type { DeviceFacts, FirmwareUpdate } from './firmware-update.ts';

/** The Object Instance of an update. */
export function instancePath({ objectId, instanceId }: Pick<FirmwareUpdate, 'objectId' | 'instanceId'>): string {
  return `/${objectId}/${instanceId}`;
}

/** A Resource of it. */
export function resourcePath(update: Pick<FirmwareUpdate, 'objectId' | 'instanceId'>, resourceId: number): string {
  return `${instancePath(update)}/${resourceId}`;
}

/** Reads all that the decision about an update needs. */
export function readEverything(update: FirmwareUpdate, readable: DeviceFacts['readable']): readonly Operation[] {
  const { resources, versionPath } = firmwareObject(update.objectId);
  const { state, result, protocols, deliveryMethod, packageVersion, automaticUpgrade, conflicts } = resources;
  const ids = [state, result, protocols, deliveryMethod, packageVersion, automaticUpgrade, conflicts];
  return reads(update, readable, ids, versionPath(update.instanceId));
}

/** Reads State and Update Result. */
export function readStatus(update: FirmwareUpdate, readable: DeviceFacts['readable']): readonly Operation[] {
  const { resources } = firmwareObject(update.objectId);
  return reads(update, readable, [resources.state, resources.result, resources.conflicts]);
}

/** Reads what is installed, besides what {@link readStatus} has read. */
export function readVersions(update: FirmwareUpdate, readable: DeviceFacts['readable']): readonly Operation[] {
  const { resources, versionPath } = firmwareObject(update.objectId);
  return reads(update, readable, [resources.packageVersion], versionPath(update.instanceId));
}

function reads(
  update: FirmwareUpdate,
  readable: DeviceFacts['readable'],
  resourceIds: readonly (number | undefined)[],
  other?: string,
): readonly Operation[] {
  const instance = instancePath(update);
  const ids = resourceIds.filter((id) => id !== undefined);
  const paths = readable === 'instance' ? [instance] : ids.map((id) => `${instance}/${id}`);
  if (other !== undefined && !(readable === 'instance' && other.startsWith(`${instance}/`)) && !paths.includes(other)) {
    paths.push(other);
  }
  return paths.map((path) => ({ kind: 'read', path }));
}

/**
 * Takes a device back to State 0: Cancel where it has one and there is something to cancel, else an empty Package URI, which resets the state machine
 * (TS Core E.6); and where that did not help a NUL byte as the Package, which some devices know alone.
 */
export function resetOperations(update: FirmwareUpdate): readonly Operation[] {
  const { states, resources, installedState } = firmwareObject(update.objectId);
  const state = update.device?.state ?? -1;
  if (resources.uninstall !== undefined)
    return [uninstallOperation(update, resources.uninstall, state === installedState)];
  if (update.resets % 2 === 1) {
    const path = resourcePath(update, resources.package);
    const node = { kind: 'singleResource', id: resources.package, type: 'opaque', value: Uint8Array.of(0) } as const;
    return [{ kind: 'write', path, mode: 'replace', node, contentFormat: ContentFormat.OPAQUE }];
  }
  const position = states[state];
  const hasPackage = position === 'downloading' || position === 'downloaded';
  return [hasPackage && canCancel(update) ? cancelOperation(update) : resetByUri(update)];
}

/** Object 9, Uninstall: `1` says that another package of the same software follows; without it what was delivered is thrown away. */
function uninstallOperation(update: FirmwareUpdate, resourceId: number, isForUpdate: boolean): Operation {
  const path = resourcePath(update, resourceId);
  return isForUpdate ? { kind: 'execute', path, arguments: [{ digit: 1 }] } : { kind: 'execute', path };
}

/** Object 9: makes what is installed run, if that is wanted. */
export function activateOperations(update: FirmwareUpdate): readonly Operation[] {
  const { activate } = firmwareObject(update.objectId).resources;
  if (activate === undefined || !update.settings.activate) return [];
  return [{ kind: 'execute', path: resourcePath(update, activate) }];
}

/** Throws away what a device may have of a package, when its State is not known: a Cancel may be refused, the other way does no harm then. */
export function discardOperations(update: FirmwareUpdate): readonly Operation[] {
  const { uninstall } = firmwareObject(update.objectId).resources;
  if (uninstall !== undefined) return [uninstallOperation(update, uninstall, false)];
  return canCancel(update) ? [cancelOperation(update), resetByUri(update)] : [resetByUri(update)];
}

/** Whether the Object has a Cancel: Object 5 from 1.1 on, which a device says that it has. */
function canCancel({ objectId, device }: FirmwareUpdate): boolean {
  if (firmwareObject(objectId).resources.cancel === undefined) return false;
  return objectId !== 5 || (device?.objectVersion ?? '1.0') !== '1.0';
}

/** Throws away what is there of a package (Object 5 from 1.1 on). */
function cancelOperation(update: FirmwareUpdate): Operation {
  return { kind: 'execute', path: resourcePath(update, firmwareObject(update.objectId).resources.cancel ?? -1) };
}

/** The way to State 0 that every version of the Object has. */
export function resetByUri(update: FirmwareUpdate): Operation {
  return writeOperation(update, firmwareObject(update.objectId).resources.packageUri, 'string', '');
}

/** Writes what the caller wants of Severity, Maximum Defer Period (1.1) and Automatic Upgrade at Download (1.2). */
export function prepareOperations(update: FirmwareUpdate): readonly Operation[] {
  const { severity, maximumDeferPeriod, automaticUpgrade } = update.settings;
  const { resources } = firmwareObject(update.objectId);
  const wanted: readonly (readonly [number | undefined, ResourceType, ResourceValue | undefined])[] = [
    [resources.severity, 'integer', severity],
    [resources.maximumDeferPeriod, 'unsignedInteger', maximumDeferPeriod],
    [resources.automaticUpgrade, 'boolean', automaticUpgrade],
  ];
  return wanted.flatMap(([id, type, value]) =>
    id === undefined || value === undefined ? [] : [writeOperation(update, id, type, value)],
  );
}

/** Observes State and Update Result. */
export function observeOperations(update: FirmwareUpdate): readonly Operation[] {
  return observedPaths(update).map((path) => ({ kind: 'observe', path }));
}

/** Ends what {@link observeOperations} began. */
export function endObservations(update: FirmwareUpdate): readonly Operation[] {
  return observedPaths(update).map((path) => ({ kind: 'cancelObservation', paths: [path], composite: false }));
}

/** Where State and Update Result are. */
function observedPaths(update: Pick<FirmwareUpdate, 'objectId' | 'instanceId'>): readonly string[] {
  const { state, result } = firmwareObject(update.objectId).resources;
  return [state, result].map((id) => resourcePath(update, id));
}

/** Writes where the package is fetched from. */
export function uriOperation(update: FirmwareUpdate, uri: string): Operation {
  return writeOperation(update, firmwareObject(update.objectId).resources.packageUri, 'string', uri);
}

/** Has the package installed. */
export function executeOperation(update: FirmwareUpdate): Operation {
  const path = resourcePath(update, firmwareObject(update.objectId).resources.update);
  return { kind: 'execute', path, arguments: updateArguments(update) };
}

/** Object 33629: none follows the links of the device, `0` is this instance alone, `0='</33629/1>'` these besides. */
function updateArguments({ objectId, settings }: FirmwareUpdate): readonly ExecuteArgument[] {
  const { linkedInstances } = settings;
  if (objectId !== 33_629 || linkedInstances === undefined) return [];
  if (linkedInstances.length === 0) return [{ digit: 0 }];
  return [{ digit: 0, value: linkedInstances.map((id) => `</33629/${id}>`).join(',') }];
}

function writeOperation(
  update: FirmwareUpdate,
  resourceId: number,
  type: ResourceType,
  value: ResourceValue,
): Operation {
  const node = { kind: 'singleResource', id: resourceId, type, value } as const;
  return { kind: 'write', path: resourcePath(update, resourceId), mode: 'replace', node };
}
