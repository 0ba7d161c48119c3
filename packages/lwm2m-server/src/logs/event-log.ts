import type { ExecuteArgument, ResourceNode } from '@flownexus/lwm2m-core';
import type { LogStartOptions, LogStatus, LogStopOptions } from '../api/logs.ts';
import type { ExecuteOperation, WriteOperation } from '../downlink/operation.ts';

/** The Event Log Object (20), versions 1.0, 2.0 and 2.1, which differ in how many instances there are and in the increments. */
export const EVENT_LOG = 20;

export const EventLogResource = {
  LOG_CLASS: 4010,
  LOG_START: 4011,
  LOG_STOP: 4012,
  LOG_STATUS: 4013,
  LOG_DATA: 4014,
  LOG_DATA_FORMAT: 4015,
  /** From 2.1 on. It is sent by the device, and nothing else can be done with it. */
  LOG_DATA_INCREMENTAL: 4016,
  INCREMENTAL_MINIMUM_SEND_INTERVAL: 4017,
} as const;

/** LogStatus, by its bits; the fourth has a meaning from version 2.1 on. */
const STOPPED = 1;
const HAS_DATA = 2;
const FAILED = 4;
const INCREMENTAL = 8;

/** LogStart: argument 0 is `1` where the data is extended and not emptied, argument 1 the seconds after which it stops. */
export function eventLogStart(instance: string, { append, stopAfterSeconds }: LogStartOptions): ExecuteOperation {
  const args: ExecuteArgument[] = [];
  if (append === true) args.push({ digit: 0, value: '1' });
  if (stopAfterSeconds !== undefined) {
    args.push({ digit: 1, value: String(wholeNumber(stopAfterSeconds, 'stopAfterSeconds')) });
  }
  return { kind: 'execute', path: `${instance}/${EventLogResource.LOG_START}`, arguments: args };
}

/** LogStop: argument 0 is `1` where the data is emptied and not kept. */
export function eventLogStop(instance: string, { clear }: LogStopOptions): ExecuteOperation {
  const args = clear === true ? [{ digit: 0, value: '1' }] : [];
  return { kind: 'execute', path: `${instance}/${EventLogResource.LOG_STOP}`, arguments: args };
}

/** What is written before a start; undefined where nothing is. */
export function eventLogSettings(
  instance: string,
  { logClass, dataFormat }: LogStartOptions,
): WriteOperation | undefined {
  const resources = [
    ...integer(EventLogResource.LOG_CLASS, logClass, 'logClass'),
    ...integer(EventLogResource.LOG_DATA_FORMAT, dataFormat, 'dataFormat'),
  ];
  return resources.length === 0 ? undefined : partialWrite(instance, resources);
}

/** How often increments are sent at most; 0 ends that. */
export function eventLogIncrements(instance: string, everySeconds: number): WriteOperation {
  const id = EventLogResource.INCREMENTAL_MINIMUM_SEND_INTERVAL;
  const value = wholeNumber(everySeconds, 'everySeconds');
  return {
    kind: 'write',
    path: `${instance}/${id}`,
    mode: 'replace',
    node: { kind: 'singleResource', id, type: 'unsignedInteger', value },
  };
}

export function eventLogStatus(bits: number): LogStatus {
  return {
    running: (bits & STOPPED) === 0,
    hasData: (bits & HAS_DATA) !== 0,
    failed: (bits & FAILED) !== 0,
    incremental: (bits & INCREMENTAL) !== 0,
  };
}

/** A Write to an Object Instance that leaves what is not mentioned (TS Core §6.3.3). */
export function partialWrite(instance: string, resources: readonly ResourceNode[]): WriteOperation {
  const id = Number(instance.slice(instance.lastIndexOf('/') + 1));
  return { kind: 'write', path: instance, mode: 'update', node: { kind: 'objectInstance', id, resources } };
}

function integer(id: number, value: number | undefined, name: string): readonly ResourceNode[] {
  if (value === undefined) return [];
  return [{ kind: 'singleResource', id, type: 'integer', value: wholeNumber(value, name) }];
}

function wholeNumber(value: number, name: string): number {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new RangeError(`${name} is a whole number from 0 on, not ${value}`);
  }
  return value;
}
