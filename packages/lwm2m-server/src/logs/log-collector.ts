import type {
  LogCollectorOptions,
  LogOperationOptions,
  LogPath,
  LogReadOptions,
  LogRequest,
  LogResource,
  LogStartOptions,
  LogStatus,
  LogStopOptions,
} from '../api/logs.ts';
import type { Notification, SendReport } from '../api/observation.ts';
import { safeReporter, type ErrorReporter } from '../events.ts';
import type { Lwm2mServer } from '../lwm2m-server.ts';
import { asPromise, type MaybePromise } from '../maybe-promise.ts';
import type { QueuedOperation } from '../queue/operation-store.ts';
import { LogIntake, LOG_READ_KEY } from './log-intake.ts';
import {
  logIncrementsRequest,
  logStartRequests,
  logStatusRequest,
  logStopRequest,
  parseLogStatus,
} from './log-requests.ts';
import { operationResult } from './operation-result.ts';

/** What the collector needs of a server. */
export type LogCollectorServer = Pick<Lwm2mServer, 'operations' | 'on' | 'off'>;

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
  readonly #intake: LogIntake;
  readonly #reportError: ErrorReporter;
  /** Ids of operations that a call of `read` waits for. */
  readonly #awaited = new Set<string>();
  readonly #onOperation = (operation: QueuedOperation): void => {
    this.#confirmed(operation);
  };

  /** @throws TypeError, RangeError for `resources` that can not be */
  constructor(server: LogCollectorServer, options: LogCollectorOptions) {
    this.#server = server;
    this.#intake = new LogIntake(options);
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
    for (const request of logStartRequests(log, options)) await this.#perform(endpointName, request, options);
  }

  /** Has a device stop logging: LogStop of the Event Log, Enabled of the System Log. As `start`. */
  async stop(endpointName: string, log: LogPath, options: LogStopOptions = {}): Promise<void> {
    await this.#perform(endpointName, logStopRequest(log, options), options);
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
    await this.#perform(endpointName, logIncrementsRequest(log, everySeconds), options);
  }

  /** Asks a device what a log is doing: LogStatus of the Event Log, Enabled of the System Log, which logs where that is not there. As `start`. */
  async status(endpointName: string, log: LogPath, options: LogOperationOptions = {}): Promise<LogStatus> {
    return parseLogStatus(await this.#queueAndWait(endpointName, logStatusRequest(log), options));
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
    const { id } = await this.#queue(endpointName, this.#intake.readRequest(log, options), options);
    this.#awaited.add(id);
    try {
      return await this.#intake.takeRead(await this.#server.operations.finished(id, signalOf(options)));
    } finally {
      this.#awaited.delete(id);
    }
  }

  /** Declares Resources to be logs, in place of the `resources` that were; what comes from now on is taken so. Throws as the constructor does, and changes nothing then. */
  setResources(resources: readonly LogResource[]): void {
    this.#intake.setResources(resources);
  }

  /** Takes what of a notification is a log: for the handler `onNotify` of the server, which waits for what it returns. */
  onNotify({ registration: { endpointName }, records, receivedAt }: Notification): MaybePromise<void> {
    return discard(this.#intake.take({ endpointName, records, receivedAt, source: 'notification' }));
  }

  /** Takes what of a Send is a log: for the handler `onSend` of the server, which waits for what it returns. */
  onSend({ registration: { endpointName }, records, receivedAt }: SendReport): MaybePromise<void> {
    return discard(this.#intake.take({ endpointName, records, receivedAt, source: 'send' }));
  }

  async #perform(endpointName: string, request: LogRequest, options: LogOperationOptions): Promise<void> {
    operationResult(await this.#queueAndWait(endpointName, request, options));
  }

  async #queueAndWait(
    endpointName: string,
    request: LogRequest,
    options: LogOperationOptions,
  ): Promise<QueuedOperation> {
    const { id } = await this.#queue(endpointName, request, options);
    return this.#server.operations.finished(id, signalOf(options));
  }

  /** To start or stop twice does no harm. */
  #queue(
    endpointName: string,
    { operation, key }: LogRequest,
    { timeToLiveMs }: LogOperationOptions,
  ): Promise<QueuedOperation> {
    const lifetime = timeToLiveMs === undefined ? {} : { timeToLiveMs };
    return this.#server.operations.add(endpointName, operation, { key, repeatable: true, ...lifetime });
  }

  /** What was read and nobody waits for. */
  #confirmed(operation: QueuedOperation): void {
    const { id, state, key, endpointName } = operation;
    if (state !== 'CONFIRMED' || key?.startsWith(LOG_READ_KEY) !== true || this.#awaited.has(id)) return;
    const failed = (error: unknown): void => {
      this.#reportError(error, `a log that was read of ${endpointName} is lost`);
    };
    try {
      asPromise(this.#intake.takeRead(operation))?.catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}

function signalOf({ signal }: LogOperationOptions): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function discard(work: MaybePromise<unknown>): MaybePromise<void> {
  return asPromise(work);
}
