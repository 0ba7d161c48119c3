import { formatPath, pathLevel, pathOf, toPath, withPrefix, type Path } from '@flownexus/lwm2m-core';
import type {
  LogCollectorOptions,
  LogEntry,
  LogOperationOptions,
  LogPath,
  LogReadOptions,
  LogStartOptions,
  LogStatus,
  LogStopOptions,
} from '../api/logs.ts';
import type { Notification, SendReport } from '../api/observation.ts';
import type { Operation, OperationResult } from '../downlink/operation.ts';
import { Lwm2mServerError, OperationRejectedError } from '../errors.ts';
import { safeReporter, type ErrorReporter } from '../events.ts';
import { limits } from '../limits.ts';
import type { Lwm2mServer } from '../lwm2m-server.ts';
import { asPromise, type MaybePromise } from '../maybe-promise.ts';
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
import { logEntries, type LoggedValues } from './log-entries.ts';
import { LogSources } from './log-sources.ts';
import { SYSTEM_LOG, systemLogEnabled, SystemLogResource } from './system-log.ts';

/** What the collector needs of a server. */
export type LogCollectorServer = Pick<Lwm2mServer, 'operations' | 'on' | 'off'>;

/** Of the operations that read a log: what is confirmed without anybody who waits, after a restart say, is known by it. */
const READ_KEY = 'log read ';

/**
 * Has devices log, and collects what they logged: the Event Log (20), the System Log (10259), and Resources that are declared to be logs. What it asks goes through
 * the durable queue, so that it waits for devices that sleep. What devices notify and send comes through the handlers of the server, which hand it on.
 *
 * @example
 * const server = new Lwm2mServer({
 *   endpoints: [coap()],
 *   objects: await ObjectRegistry.bundled(),
 *   onSend: (report) => collector.onSend(report),
 * });
 * const collector = new LogCollector(server, { onEntries: (entries) => store(entries) });
 * await server.start();
 * await collector.start('urn:imei:123456789012345', '/20/0');
 */
export class LogCollector {
  readonly #server: LogCollectorServer;
  readonly #options: LogCollectorOptions;
  readonly #sources: LogSources;
  readonly #reportError: ErrorReporter;
  /** Ids of operations that a call of `read` waits for. */
  readonly #awaited = new Set<string>();
  readonly #onOperation = (operation: QueuedOperation): void => {
    this.#confirmed(operation);
  };

  /** @throws TypeError, RangeError for `resources` that can not be */
  constructor(server: LogCollectorServer, options: LogCollectorOptions) {
    this.#server = server;
    this.#options = options;
    this.#sources = new LogSources(options.resources, options.formats);
    this.#reportError = safeReporter(options.onError);
    server.on('operation', this.#onOperation);
  }

  /** Takes no more of what is read after a restart, or for nobody. */
  close(): void {
    this.#server.off('operation', this.#onOperation);
  }

  /**
   * Has a device log: LogStart of the Event Log, after a Write of `logClass` and `dataFormat` where they are given, or Enabled of the System Log. Resolves when the device
   * has confirmed. A start and a stop that are queued later take its place.
   *
   * Rejects as `read` does, and with `TypeError` for a log that is neither and for an option of the other Object, `RangeError` for an option out of its range.
   */
  async start(endpointName: string, log: LogPath, options: LogStartOptions = {}): Promise<void> {
    const [kind, instance] = controllable(log);
    checkOptions(kind, instance, options);
    if (kind === SYSTEM_LOG) {
      await this.#run(endpointName, instance, systemLogEnabled(instance, true, options), options);
      return;
    }
    const start = eventLogStart(instance, options);
    const settings = eventLogSettings(instance, options);
    if (settings !== undefined) await this.#perform(endpointName, settings, `log settings ${instance}`, options);
    await this.#run(endpointName, instance, start, options);
  }

  /** Has a device stop logging: LogStop of the Event Log, Enabled of the System Log. As `start`. */
  async stop(endpointName: string, log: LogPath, options: LogStopOptions = {}): Promise<void> {
    const [kind, instance] = controllable(log);
    checkOptions(kind, instance, options);
    const operation = kind === SYSTEM_LOG ? systemLogEnabled(instance, false) : eventLogStop(instance, options);
    await this.#run(endpointName, instance, operation, options);
  }

  /**
   * Has a device send what it logs by itself (LogDataIncremental), not more often than every so many seconds; 0 ends that. Event Log from version 2.1 on; it is independent
   * of `start` and `stop`. As `start`.
   */
  async sendIncrements(
    endpointName: string,
    log: LogPath,
    everySeconds: number,
    options: LogOperationOptions = {},
  ): Promise<void> {
    const [kind, instance] = controllable(log);
    if (kind !== EVENT_LOG) throw new TypeError(`only an Event Log sends increments, not ${instance}`);
    const operation = eventLogIncrements(instance, everySeconds);
    await this.#perform(endpointName, operation, `log increments ${instance}`, options);
  }

  /** Asks a device what a log is doing: LogStatus of the Event Log, Enabled of the System Log, which logs where that is not there. As `start`. */
  async status(endpointName: string, log: LogPath, options: LogOperationOptions = {}): Promise<LogStatus> {
    const [kind, instance] = controllable(log);
    const id = kind === SYSTEM_LOG ? SystemLogResource.ENABLED : EventLogResource.LOG_STATUS;
    const path = `${instance}/${id}`;
    const key = `log status ${instance}`;
    try {
      const { records = [] } = await this.#perform(endpointName, { kind: 'read', path }, key, options);
      const value = records[0]?.value;
      if (typeof value === 'number') return eventLogStatus(value);
      if (typeof value === 'boolean') return enabledStatus(value);
      throw new Lwm2mServerError('ERR_LWM2M_SERVER_PAYLOAD', `${path} of ${endpointName} is no status`);
    } catch (error) {
      const isMissing = error instanceof OperationRejectedError && error.responseCode === '4.04';
      if (kind === SYSTEM_LOG && isMissing) return enabledStatus(true);
      throw error;
    }
  }

  /**
   * Reads what a log holds and hands it to `onEntries`; resolves to the number of entries when that has them. Of an Event Log the Object Instance is read, since its
   * LogDataFormat says how the data is to be understood; of a System Log all that it has, unless `sinceLast`. A read that is queued for the same path is replaced. What is
   * read after a restart of the server goes to `onEntries` all the same, and only a crash between the answer and the end of `onEntries` leaves it in the result of the operation alone.
   *
   * Rejects with `OperationRejectedError` when the device refuses, `ERR_LWM2M_SERVER_FAILED` when the operation failed otherwise (its failure is the `cause`), with what
   * `onEntries` rejects with, as `OperationQueue.add` and `finished` do, and with `TypeError` for a path that is no log.
   */
  async read(endpointName: string, log: LogPath, options: LogReadOptions = {}): Promise<number> {
    const path = this.#readable(endpointName, log, options.sinceLast === true);
    const { id } = await this.#queue(endpointName, { kind: 'read', path }, READ_KEY + path, options);
    this.#awaited.add(id);
    try {
      const operation = await this.#finished(id, options);
      return await this.#deliver(readValues(operation, resultOf(operation)));
    } finally {
      this.#awaited.delete(id);
    }
  }

  /** Takes what of a notification is a log: for the handler `onNotify` of the server, which waits for what it returns. */
  onNotify({ registration: { endpointName }, records, receivedAt }: Notification): MaybePromise<void> {
    return discard(this.#deliver({ endpointName, records, receivedAt, source: 'notification' }));
  }

  /** Takes what of a Send is a log: for the handler `onSend` of the server, which waits for what it returns. */
  onSend({ registration: { endpointName }, records, receivedAt }: SendReport): MaybePromise<void> {
    return discard(this.#deliver({ endpointName, records, receivedAt, source: 'send' }));
  }

  #run(endpointName: string, instance: string, operation: Operation, options: LogOperationOptions): Promise<unknown> {
    return this.#perform(endpointName, operation, `log run ${instance}`, options);
  }

  async #perform(
    endpointName: string,
    operation: Operation,
    key: string,
    options: LogOperationOptions,
  ): Promise<OperationResult> {
    const { id } = await this.#queue(endpointName, operation, key, options);
    return resultOf(await this.#finished(id, options));
  }

  /** To start or stop twice does no harm. */
  #queue(
    endpointName: string,
    operation: Operation,
    key: string,
    { timeToLiveMs }: LogOperationOptions,
  ): Promise<QueuedOperation> {
    const lifetime = timeToLiveMs === undefined ? {} : { timeToLiveMs };
    return this.#server.operations.add(endpointName, operation, { key, repeatable: true, ...lifetime });
  }

  #finished(id: string, { signal }: LogOperationOptions): Promise<QueuedOperation> {
    return this.#server.operations.finished(id, signal === undefined ? {} : { signal });
  }

  /** What was read and nobody waits for. */
  #confirmed(operation: QueuedOperation): void {
    const { id, state, key, result, endpointName } = operation;
    if (state !== 'CONFIRMED' || result === undefined || key?.startsWith(READ_KEY) !== true) return;
    if (this.#awaited.has(id)) return;
    const failed = (error: unknown): void => {
      this.#reportError(error, `a log that was read of ${endpointName} is lost`);
    };
    try {
      asPromise(this.#deliver(readValues(operation, result)))?.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  /** Hands entries on, a batch at a time, and counts them. */
  #deliver(values: LoggedValues): MaybePromise<number> {
    return this.#deliverRest(logEntries(values, this.#sources, this.#reportError), 0);
  }

  #deliverRest(entries: Iterator<LogEntry>, delivered: number): MaybePromise<number> {
    let count = delivered;
    for (;;) {
      const batch = take(entries, limits.maxLogEntriesAtOnce);
      if (batch.length === 0) return count;
      count += batch.length;
      const work = asPromise(this.#options.onEntries(batch));
      if (work !== undefined) return work.then(() => this.#deliverRest(entries, count));
    }
  }

  /** The path that is read for a log. */
  #readable(endpointName: string, log: LogPath, sinceLast: boolean): string {
    const path = toPath(log);
    const { objectId } = path;
    if (pathLevel(path) === 2 && objectId === EVENT_LOG) return formatPath(path);
    if (pathLevel(path) === 2 && objectId === SYSTEM_LOG) {
      return `${formatPath(path)}/${sinceLast ? SystemLogResource.READ : SystemLogResource.READ_ALL}`;
    }
    if (this.#sources.formatOf(endpointName, path) === undefined) throw noLog(path);
    return formatPath(path);
  }
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
  options: LogStartOptions & LogStopOptions,
): void {
  const name = OPTIONS_OF_OTHER[kind].find((option) => options[option] !== undefined);
  if (name === undefined) return;
  throw new TypeError(`${instance} has no ${name}: that is of the ${kind === EVENT_LOG ? 'System' : 'Event'} Log`);
}

const OPTIONS_OF_OTHER = {
  [EVENT_LOG]: ['level'],
  [SYSTEM_LOG]: ['append', 'stopAfterSeconds', 'logClass', 'dataFormat', 'clear'],
} as const satisfies Record<number, readonly (keyof (LogStartOptions & LogStopOptions))[]>;

function noLog(path: Path): TypeError {
  return new TypeError(`${formatPath(path)} is no log that this can be done with`);
}

/** Of the System Log, which says nothing else. */
function enabledStatus(running: boolean): LogStatus {
  return { running, hasData: undefined, failed: undefined, incremental: undefined };
}

function readValues({ endpointName, updatedAt }: QueuedOperation, { records = [] }: OperationResult): LoggedValues {
  return { endpointName, records, receivedAt: updatedAt, source: 'read' };
}

/** @throws OperationRejectedError, Lwm2mServerError `ERR_LWM2M_SERVER_FAILED` when the operation is FAILED */
function resultOf({ result, failure, endpointName }: QueuedOperation): OperationResult {
  if (result !== undefined) return result;
  if (failure?.responseCode !== undefined) throw new OperationRejectedError(failure.responseCode, failure.message);
  const text = `the operation on ${endpointName} failed: ${failure?.reason}, ${failure?.message}`;
  throw new Lwm2mServerError('ERR_LWM2M_SERVER_FAILED', text, { cause: failure });
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

function discard(work: MaybePromise<unknown>): MaybePromise<void> {
  return asPromise(work);
}
