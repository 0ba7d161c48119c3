import { parsePath, type Path } from '@flownexus/lwm2m-core';
import type { LogFormat, LogResource } from '../api/logs.ts';
import { limits } from '../limits.ts';
import { EVENT_LOG, EventLogResource } from './event-log.ts';
import { SYSTEM_LOG, SystemLogResource } from './system-log.ts';

const { LOG_DATA, LOG_DATA_INCREMENTAL } = EventLogResource;
const { READ_ALL, READ } = SystemLogResource;

/** By LogDataFormat. 1 and 3 are containers, TLV and CBOR, and say nothing of what is in them; 4 is syslog, 5 the Common Log Format (RFC 6872). */
const KNOWN_FORMATS: Readonly<Record<number, LogFormat>> = { 1: 'bytes', 3: 'bytes', 4: 'text', 5: 'text' };

interface DeclaredResource {
  readonly objectId: number;
  readonly objectInstanceId: number | '*';
  readonly resourceId: number;
  readonly format: LogFormat;
}

/** Which Resources are logs, and how their content is taken apart. */
export class LogSources {
  #declared: readonly DeclaredResource[] = [];
  readonly #formats: Readonly<Record<number, LogFormat>>;
  /** LogDataFormat by endpoint and Object Instance, the one seen longest ago first: increments come without it. */
  readonly #seen = new Map<string, number>();

  /** @throws TypeError for a path that is none of a Resource, RangeError for too many Resources */
  constructor(resources: readonly LogResource[] = [], formats: Readonly<Record<number, LogFormat>> = {}) {
    this.declare(resources);
    this.#formats = { ...KNOWN_FORMATS, ...formats };
  }

  /** Declares Resources to be logs, in place of those that were. Throws as the constructor does, and changes nothing then. */
  declare(resources: readonly LogResource[]): void {
    if (resources.length > limits.maxLogResources) {
      throw new RangeError(`at most ${limits.maxLogResources} Resources are logs, not ${resources.length}`);
    }
    this.#declared = resources.map(parseResource);
  }

  /** How the content of a Resource is taken apart; undefined when it is no log. */
  formatOf(endpointName: string, path: Path): LogFormat | undefined {
    const { objectId, objectInstanceId, resourceId } = path;
    const declared = this.#declared.find(
      (resource) =>
        resource.objectId === objectId &&
        resource.resourceId === resourceId &&
        (resource.objectInstanceId === '*' || resource.objectInstanceId === objectInstanceId),
    );
    if (declared !== undefined) return declared.format;
    if (objectId === SYSTEM_LOG) return resourceId === READ_ALL || resourceId === READ ? 'text' : undefined;
    if (objectId !== EVENT_LOG || (resourceId !== LOG_DATA && resourceId !== LOG_DATA_INCREMENTAL)) return undefined;
    const dataFormat = this.#seen.get(keyOf(endpointName, path)) ?? 0;
    return this.#formats[dataFormat] ?? 'auto';
  }

  /** Whether a Resource, or Resource Instance, is a log. */
  isLog(path: Path): boolean {
    return this.formatOf('', path) !== undefined;
  }

  /** Remembers a LogDataFormat that a device told. */
  note(endpointName: string, path: Path, dataFormat: number): void {
    const key = keyOf(endpointName, path);
    this.#seen.delete(key);
    if (dataFormat === 0) return;
    this.#seen.set(key, dataFormat);
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size <= limits.maxLogDataFormats) break;
      this.#seen.delete(oldest);
    }
  }
}

function keyOf(endpointName: string, { prefix = '', objectInstanceId }: Path): string {
  return `${prefix}/${objectInstanceId} ${endpointName}`;
}

function parseResource({ path, format = 'auto' }: LogResource): DeclaredResource {
  const match = /^\/([0-9]{1,5})\/([0-9]{1,5}|\*)\/([0-9]{1,5})$/.exec(path);
  const [, objectId, instance, resourceId] = match ?? [];
  if (objectId === undefined || instance === undefined || resourceId === undefined) {
    throw new TypeError(`a log is a Resource such as /26241/*/1, not ${path}`);
  }
  parsePath(path.replace('*', '0')); // ids in their range
  return {
    objectId: Number(objectId),
    objectInstanceId: instance === '*' ? '*' : Number(instance),
    resourceId: Number(resourceId),
    format,
  };
}
