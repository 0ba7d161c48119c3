import { Code, type CoapRequest } from '@flownexus/coap';
import {
  ContentFormat,
  encodePayload,
  encodeRecords,
  formatPath,
  nodeFromRecords,
  recordsFromNode,
  ROOT_PATH,
  toPath,
  type PathLike,
  type ResourceDefinition,
  type ResourceRecord,
  type ResourceValue,
} from '@flownexus/lwm2m-core';
import { isRestricted, type Device } from '../operations/device.ts';
import { isReadable } from '../operations/read.ts';

/** A value as a device reports it, with a time of its own if it likes. */
export interface ReportedValue {
  /** Of a Resource, or of a Resource Instance. */
  readonly path: PathLike;
  readonly value: ResourceValue;
  /** Seconds since 1970; absent: now. */
  readonly time?: number;
}

/** How something is sent to the server. */
export interface SendOptions {
  /** Default true. */
  readonly confirmable?: boolean;
  /** SenML CBOR (112), SenML JSON (110) or LwM2M CBOR (11544). Default: the first of these that the device has. */
  readonly contentFormat?: number;
}

const FORMATS: readonly number[] = [ContentFormat.SENML_CBOR, ContentFormat.SENML_JSON, ContentFormat.LWM2M_CBOR];

/**
 * A Send (TS Core §6.4.7) of what is at paths, and of values with their times.
 *
 * @throws RangeError when there is nothing to send at a path, for a format that is none of Send, and for times in LwM2M CBOR
 * @throws TypeError for a path of no defined Resource
 */
export function sendRequest(
  device: Device,
  what: readonly (PathLike | ReportedValue)[],
  { confirmable = true, contentFormat }: SendOptions = {},
): CoapRequest {
  const { tree, rootPath } = device;
  const format = contentFormat ?? FORMATS.find((each) => device.contentFormats.includes(each));
  if (format === undefined || !FORMATS.includes(format)) {
    throw new RangeError('what is sent is SenML CBOR, SenML JSON or LwM2M CBOR');
  }
  const records = what.flatMap((item) => recordsOf(device, item));
  const isTimed = records.some(({ time }) => time !== undefined);
  if (isTimed && format === ContentFormat.LWM2M_CBOR) throw new RangeError('LwM2M CBOR has no times');
  const payload =
    format === ContentFormat.LWM2M_CBOR
      ? encodePayload(nodeFromRecords(records, ROOT_PATH, tree.definitions), format, ROOT_PATH, tree.definitions)
      : encodeRecords(records, format, ROOT_PATH, tree.definitions, { rootPath });
  return { method: Code.POST, path: ['dp'], contentFormat: format, payload, confirmable };
}

/**
 * The record of a value that a device reports.
 *
 * @throws TypeError for a path of no defined Resource
 */
export function recordOf({ tree }: Device, { path, value, time }: ReportedValue): ResourceRecord {
  const at = toPath(path);
  const { objectId = -1, resourceId = -1 } = at;
  const definition = tree.definitions.resource(objectId, resourceId);
  if (definition === undefined || at.objectInstanceId === undefined) {
    throw new TypeError(`no definition of a Resource ${formatPath(at)}`);
  }
  return { path: at, type: definition.type, value, time };
}

function recordsOf(device: Device, item: PathLike | ReportedValue): ResourceRecord[] {
  if (isReported(item)) return [recordOf(device, item)];
  const path = toPath(item);
  const node = isRestricted(path) ? undefined : device.tree.read(path, isSendable);
  const records = node === undefined ? [] : recordsFromNode(node, path);
  const allowed = records.filter((record) => !isRestricted(record.path));
  if (allowed.length === 0) throw new RangeError(`nothing to send at ${formatPath(path)}`);
  return allowed;
}

function isReported(item: PathLike | ReportedValue): item is ReportedValue {
  return typeof item !== 'string' && 'value' in item;
}

/** Some Resources are there to be sent only, such as the log data of Object 20. */
function isSendable(definition: ResourceDefinition): boolean {
  return isReadable(definition) || definition.operations === '';
}
