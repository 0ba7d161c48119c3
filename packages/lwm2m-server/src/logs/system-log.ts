import type { ResourceNode } from '@flownexus/lwm2m-core';
import type { LogStartOptions } from '../api/logs.ts';
import type { WriteOperation } from '../downlink/operation.ts';
import { partialWrite } from './event-log.ts';
import { LOG_LEVELS } from './log-level.ts';

/** The System Log Object (10259): display-formatted UTF-8 lines. */
export const SYSTEM_LOG = 10_259;

export const SystemLogResource = { NAME: 0, READ_ALL: 1, READ: 2, ENABLED: 3, CAPTURE_LEVEL: 4 } as const;

/** Turns capturing on or off, with a level where one is wanted: 1 is Emergency, 8 Debug. */
export function systemLogEnabled(instance: string, enabled: boolean, { level }: LogStartOptions = {}): WriteOperation {
  const resources: ResourceNode[] = [
    { kind: 'singleResource', id: SystemLogResource.ENABLED, type: 'boolean', value: enabled },
  ];
  if (level !== undefined) {
    const value = LOG_LEVELS.indexOf(level) + 1;
    resources.push({ kind: 'singleResource', id: SystemLogResource.CAPTURE_LEVEL, type: 'integer', value });
  }
  return partialWrite(instance, resources);
}
