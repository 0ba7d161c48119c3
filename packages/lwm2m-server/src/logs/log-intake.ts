import { formatPath, pathLevel, toPath, type ResourceRecord } from '@flownexus/lwm2m-core';
import type {
  LogEntry,
  LoggedValues,
  LogIntakeOptions,
  LogPath,
  LogReadOptions,
  LogRequest,
  LogResource,
} from '../api/logs.ts';
import { safeReporter, type ErrorReporter } from '../events.ts';
import { limits } from '../limits.ts';
import { asPromise, type MaybePromise } from '../maybe-promise.ts';
import type { QueuedOperation } from '../queue/operation-store.ts';
import { EVENT_LOG } from './event-log.ts';
import { isLogContent, logEntries } from './log-entries.ts';
import { noLog } from './log-requests.ts';
import { LogSources } from './log-sources.ts';
import { operationResult } from './operation-result.ts';
import { SYSTEM_LOG, SystemLogResource } from './system-log.ts';

/** Operations that read a log have keys that begin with it. */
export const LOG_READ_KEY = 'log read ';

/**
 * Takes logs out of values, wherever they come from, and hands on what they say: for applications that store values and logs together, and queue by themselves what is done
 * with logs (`logStartRequests`). For all others `LogCollector` does both.
 *
 * @example
 * const intake = new LogIntake({ onEntries: (entries) => storeEntries(entries) });
 * const server = new Lwm2mServer({
 *   endpoints: [coap()],
 *   objects: await ObjectRegistry.bundled(),
 *   onSend: async ({ registration: { endpointName }, records, receivedAt }) => {
 *     await intake.take({ endpointName, records, receivedAt, source: 'send' });
 *     await storeValues(records.filter((record) => !intake.isLog(record)));
 *   },
 * });
 */
export class LogIntake {
  readonly #options: LogIntakeOptions;
  readonly #sources: LogSources;
  readonly #reportError: ErrorReporter;

  /** @throws TypeError, RangeError for `resources` that can not be */
  constructor(options: LogIntakeOptions) {
    this.#options = options;
    this.#sources = new LogSources(options.resources, options.formats);
    this.#reportError = safeReporter(options.onError);
  }

  /** Declares Resources to be logs, in place of the `resources` that were; what comes from now on is taken so. Throws as the constructor does, and changes nothing then. */
  setResources(resources: readonly LogResource[]): void {
    this.#sources.declare(resources);
  }

  /** Whether a value is what a log holds. */
  isLog({ path, value }: Pick<ResourceRecord, 'path' | 'value'>): boolean {
    return isLogContent(value) && this.#sources.isLog(path);
  }

  /**
   * Hands what of values is a log to `onEntries`, a batch at a time; gives how many entries that were, once it has them. Throws and rejects as `onEntries` does.
   */
  take(values: LoggedValues): MaybePromise<number> {
    return this.#deliver(logEntries(values, this.#sources, this.#reportError), values.endpointName, 0);
  }

  /**
   * The same for an operation that has read something, such as one of {@link readRequest}. Throws, too, an OperationRejectedError when the device has refused, and
   * `ERR_LWM2M_SERVER_FAILED` when the operation failed otherwise or is not finished.
   */
  takeRead(operation: QueuedOperation): MaybePromise<number> {
    const { records = [] } = operationResult(operation);
    const { endpointName, updatedAt } = operation;
    return this.take({ endpointName, records, receivedAt: updatedAt, source: 'read' });
  }

  /**
   * What reads a log. Of an Event Log the Object Instance is read, since its LogDataFormat says how the data is to be understood; of a System Log all that it has, unless
   * `sinceLast`; of a Resource this one.
   *
   * @throws TypeError for a path that is no log
   */
  readRequest(log: LogPath, { sinceLast = false }: Pick<LogReadOptions, 'sinceLast'> = {}): LogRequest {
    const path = this.#readable(log, sinceLast);
    return { operation: { kind: 'read', path }, key: LOG_READ_KEY + path };
  }

  #deliver(entries: Iterator<LogEntry>, endpointName: string, delivered: number): MaybePromise<number> {
    let count = delivered;
    for (;;) {
      if (this.#options.wanted?.(endpointName) === false) return count;
      const batch = take(entries, limits.maxLogEntriesAtOnce);
      if (batch.length === 0) return count;
      count += batch.length;
      const work = asPromise(this.#options.onEntries(batch));
      if (batch.length === limits.maxLogEntriesAtOnce) return this.#deliverLater(work, entries, endpointName, count);
      if (work !== undefined) return work.then(() => this.#deliver(entries, endpointName, count));
    }
  }

  /** A log of very many lines must not keep everybody else waiting. */
  async #deliverLater(
    work: Promise<void> | undefined,
    entries: Iterator<LogEntry>,
    endpointName: string,
    delivered: number,
  ): Promise<number> {
    await work;
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    return this.#deliver(entries, endpointName, delivered);
  }

  /** The path that is read for a log. */
  #readable(log: LogPath, sinceLast: boolean): string {
    const path = toPath(log);
    const { objectId } = path;
    if (pathLevel(path) === 2 && objectId === EVENT_LOG) return formatPath(path);
    if (pathLevel(path) === 2 && objectId === SYSTEM_LOG) {
      return `${formatPath(path)}/${sinceLast ? SystemLogResource.READ : SystemLogResource.READ_ALL}`;
    }
    if (!this.#sources.isLog(path)) throw noLog(path);
    return formatPath(path);
  }
}

function take<T>(from: Iterator<T>, count: number): T[] {
  const taken: T[] = [];
  while (taken.length < count) {
    const next = from.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}
