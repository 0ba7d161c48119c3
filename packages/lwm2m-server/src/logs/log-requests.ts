import { formatPath, pathOf, toPath, withPrefix, type Path } from '@flownexus/lwm2m-core';
import type { LogPath, LogRequest, LogStartOptions, LogStatus, LogStopOptions } from '../api/logs.ts';
import { Lwm2mServerError, OperationRejectedError } from '../errors.ts';
import type { QueuedOperation } from '../queue/operation-store.ts';
import {
  EVENT_LOG,
  eventLogIncrements,
  EventLogResource,
  eventLogSettings,
  eventLogStart,
  eventLogStatus,
  eventLogStop,
} from './event-log.ts';
import { operationResult } from './operation-result.ts';
import { SYSTEM_LOG, systemLogEnabled, SystemLogResource } from './system-log.ts';

/** Options of the two kinds of logs that no operation of its own has. */
type StartSettings = Omit<LogStartOptions, 'timeToLiveMs' | 'signal'>;
type StopSettings = Omit<LogStopOptions, 'timeToLiveMs' | 'signal'>;

/**
 * What has a device log, in this order: a Write of `logClass` and `dataFormat` where they are given, and LogStart of the Event Log; or Enabled of the System Log.
 *
 * @throws TypeError for a log that is neither, and for an option of the other Object, RangeError for an option out of its range
 *
 * @example
 * for (const { operation, key } of logStartRequests('/20/0', { stopAfterSeconds: 60 })) {
 *   await server.operations.add('urn:imei:123456789012345', operation, { key, repeatable: true });
 * }
 */
export function logStartRequests(
  log: LogPath,
  options: Omit<LogStartOptions, 'timeToLiveMs' | 'signal'> = {},
): readonly [...LogRequest[], LogRequest] {
  const [kind, instance] = controllable(log);
  checkOptions(kind, instance, options);
  if (kind === SYSTEM_LOG) return [{ operation: systemLogEnabled(instance, true, options), key: runKey(instance) }];
  const start = { operation: eventLogStart(instance, options), key: runKey(instance) };
  const settings = eventLogSettings(instance, options);
  return settings === undefined ? [start] : [{ operation: settings, key: `log settings ${instance}` }, start];
}

/** What has a device stop logging: LogStop of the Event Log, Enabled of the System Log. It takes the place of a start that is still queued. Throws as `logStartRequests` does. */
export function logStopRequest(
  log: LogPath,
  options: Omit<LogStopOptions, 'timeToLiveMs' | 'signal'> = {},
): LogRequest {
  const [kind, instance] = controllable(log);
  checkOptions(kind, instance, options);
  const operation = kind === SYSTEM_LOG ? systemLogEnabled(instance, false) : eventLogStop(instance, options);
  return { operation, key: runKey(instance) };
}

/** What has an Event Log send increments, not more often than every so many seconds; 0 ends that. Throws as `logStartRequests` does. */
export function logIncrementsRequest(log: LogPath, everySeconds: number): LogRequest {
  const [kind, instance] = controllable(log);
  if (kind !== EVENT_LOG) throw new TypeError(`only an Event Log sends increments, not ${instance}`);
  return { operation: eventLogIncrements(instance, everySeconds), key: `log increments ${instance}` };
}

/** What asks how a log is doing; `parseLogStatus` understands the answer. Throws as `logStartRequests` does. */
export function logStatusRequest(log: LogPath): LogRequest {
  const [kind, instance] = controllable(log);
  const id = kind === SYSTEM_LOG ? SystemLogResource.ENABLED : EventLogResource.LOG_STATUS;
  return { operation: { kind: 'read', path: `${instance}/${id}` }, key: `log status ${instance}` };
}

/**
 * The status that the operation of `logStatusRequest` has found out. A System Log without Enabled logs.
 *
 * @throws OperationRejectedError when the device has refused, Lwm2mServerError `ERR_LWM2M_SERVER_FAILED` when the operation failed otherwise or is not finished, and
 * `ERR_LWM2M_SERVER_PAYLOAD` for an answer that is no status
 */
export function parseLogStatus(operation: QueuedOperation): LogStatus {
  const { path } = operation.operation as { readonly path: string };
  try {
    const { records = [] } = operationResult(operation);
    const value = records[0]?.value;
    if (typeof value === 'number') return eventLogStatus(value);
    if (typeof value === 'boolean') return enabledStatus(value);
  } catch (error) {
    const isMissing = error instanceof OperationRejectedError && error.responseCode === '4.04';
    if (isMissing && toPath(path).objectId === SYSTEM_LOG) return enabledStatus(true);
    throw error;
  }
  throw new Lwm2mServerError('ERR_LWM2M_SERVER_PAYLOAD', `${path} of ${operation.endpointName} is no status`);
}

/** The error for what is no log. */
export function noLog(path: Path): TypeError {
  return new TypeError(`${formatPath(path)} is no log that this can be done with`);
}

function runKey(instance: string): string {
  return `log run ${instance}`;
}

/** The Object, and the path of the Object Instance, of a log that can be started. */
function controllable(log: LogPath): readonly [kind: typeof EVENT_LOG | typeof SYSTEM_LOG, instance: string] {
  const path = toPath(log);
  const { prefix, objectId, objectInstanceId } = path;
  if (objectInstanceId === undefined || (objectId !== EVENT_LOG && objectId !== SYSTEM_LOG)) throw noLog(path);
  const instance = pathOf(objectId, objectInstanceId);
  return [objectId, formatPath(withPrefix(instance, prefix))];
}

/** What would be passed over without a word is refused: the options of the other Object. */
function checkOptions(
  kind: typeof EVENT_LOG | typeof SYSTEM_LOG,
  instance: string,
  options: StartSettings & StopSettings,
): void {
  const name = OPTIONS_OF_OTHER[kind].find((option) => options[option] !== undefined);
  if (name === undefined) return;
  throw new TypeError(`${instance} has no ${name}: that is of the ${kind === EVENT_LOG ? 'System' : 'Event'} Log`);
}

const OPTIONS_OF_OTHER = {
  [EVENT_LOG]: ['level'],
  [SYSTEM_LOG]: ['append', 'stopAfterSeconds', 'logClass', 'dataFormat', 'clear'],
} as const satisfies Record<number, readonly (keyof (StartSettings & StopSettings))[]>;

/** Of the System Log, which says nothing else. */
function enabledStatus(running: boolean): LogStatus {
  return { running, hasData: undefined, failed: undefined, incremental: undefined };
}
