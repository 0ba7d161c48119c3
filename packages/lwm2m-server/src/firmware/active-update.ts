import type { Clock, Timer, TimerQueue } from '@flownexus/datagram';
import type { ResourceRecord } from '@flownexus/lwm2m-core';
import type { FirmwareServer, FirmwareUpdaterOptions } from '../api/firmware.ts';
import { Lwm2mServerError } from '../errors.ts';
import type { ErrorReporter } from '../events.ts';
import { limits } from '../limits.ts';
import type { QueuedOperation } from '../queue/operation-store.ts';
import type { QueueOptions } from '../queue/queue-api.ts';
import { findPackageUri, pushPackage } from './deliver-package.ts';
import { instancePath } from './firmware-operations.ts';
import type { FirmwareCommand, FirmwareInput } from './firmware-step.ts';
import type { FirmwareStore } from './firmware-store.ts';
import { isFinal, type FirmwareUpdate } from './firmware-update.ts';
import type { PackageBytes } from './package-bytes.ts';
import { stepUpdate } from './step-update.ts';

/** When what could not be saved is tried again. */
const STORE_RETRY_MS = 5_000;
/** The State that was read before an Execute holds for so long, and for one attempt: what is sent later might be for another package. */
const EXECUTE_WITHIN: QueueOptions = { timeToLiveMs: 300_000, maxAttempts: 1 };

/** What updates need of the updater. */
export interface UpdateContext {
  readonly server: FirmwareServer;
  readonly store: FirmwareStore;
  readonly packages: PackageBytes;
  readonly packageUri: FirmwareUpdaterOptions['packageUri'];
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly report: ErrorReporter;
  /** An update has changed: the store has it, unless it is only its progress. */
  readonly onChange: (update: FirmwareUpdate, previous: FirmwareUpdate) => void;
}

/** What belongs to one command that is under way: an outcome that comes when another is, is of no interest. */
interface Turn {
  readonly controller: AbortController;
  readonly kind: 'operation' | 'push' | 'uri';
}

interface Arrived {
  readonly input: FirmwareInput;
  readonly turn: Turn | undefined;
}

/**
 * Drives one update: takes what happens, one after another, saves what the update becomes, and then does what is to be done. The rules are in
 * `stepUpdate`.
 */
export class ActiveUpdate {
  readonly #context: UpdateContext;
  #update: FirmwareUpdate;
  #arrived: Arrived[] = [];
  #working: Promise<void> | undefined;
  #turn: Turn | undefined;
  #timer: Timer | undefined;
  #stopped = false;
  #endPause: (() => void) | undefined;

  constructor(update: FirmwareUpdate, context: UpdateContext) {
    this.#update = update;
    this.#context = context;
  }

  get update(): FirmwareUpdate {
    return this.#update;
  }

  /** Goes on with an update that was under way when the process before this one ended. */
  resume(): void {
    const { todo, operationId, state } = this.#update;
    this.#arm();
    if (todo.length > 0 && operationId !== undefined) {
      void this.#await(operationId, this.#begin('operation'));
    } else if (state === 'QUEUED') {
      void this.take({ kind: 'start' });
    } else if (state !== 'RETRYING') {
      void this.take({ kind: 'restarted' });
    }
  }

  /** Something has happened. Resolves when all that has is done, as far as it can be done here. Never rejects. */
  take(input: FirmwareInput, turn?: Turn): Promise<void> {
    const isHint = input.kind === 'heard' || input.kind === 'notified' || input.kind === 'progress';
    if (!(isHint && this.#arrived.length >= limits.maxFirmwareInputs)) this.#arrived.push({ input, turn });
    return (this.#working ??= this.#work());
  }

  /** Does nothing more. What is in the durable queue stays there. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#turn?.controller.abort();
    this.#endPause?.();
    await this.#working;
  }

  async #work(): Promise<void> {
    for (let next = this.#arrived.shift(); next !== undefined && !this.#stopped; next = this.#arrived.shift()) {
      if (next.turn === undefined || next.turn === this.#turn) await this.#step(next.input);
    }
    this.#working = undefined;
  }

  async #step(input: FirmwareInput): Promise<void> {
    const previous = this.#update;
    const { update, commands } = stepUpdate(previous, input, this.#context.clock.wallTime());
    if (update !== previous) {
      if (input.kind !== 'progress' && !(await this.#save(update))) return;
      this.#update = update;
      this.#context.onChange(update, previous);
    }
    for (const command of commands) this.#do(command);
    this.#arm();
  }

  /** Saves, however often it takes. False when the updater stops before. */
  async #save(update: FirmwareUpdate): Promise<boolean> {
    const { store, report, timers } = this.#context;
    while (!this.#stopped) {
      try {
        await store.save(update);
        return true;
      } catch (error) {
        report(error, `the update ${update.id} of ${update.endpointName} could not be saved; it is tried again`);
        await new Promise<void>((resolve) => {
          const timer = timers.schedule(STORE_RETRY_MS, resolve);
          this.#endPause = () => {
            timer.cancel();
            resolve();
          };
        });
        this.#endPause = undefined;
      }
    }
    return false;
  }

  #do(command: FirmwareCommand): void {
    if (this.#stopped) return;
    switch (command.kind) {
      case 'operate':
        void this.#operate(this.#update, this.#begin('operation'));
        return;
      case 'push':
        if (this.#turn?.kind !== 'push') void this.#push(this.#update, this.#begin('push'));
        return;
      case 'findUri':
        void this.#findUri(this.#update, command.schemes, this.#begin('uri'));
        return;
      case 'abandon':
        this.#endTurn();
        return;
      case 'tidy':
        for (const operation of command.operations) void this.#tidy(operation);
        return;
    }
  }

  #begin(kind: Turn['kind']): Turn {
    this.#endTurn();
    this.#turn = { controller: new AbortController(), kind };
    return this.#turn;
  }

  #endTurn(): void {
    this.#turn?.controller.abort();
    this.#turn = undefined;
  }

  /** Puts the first of `todo` into the durable queue, in the place of what the update has there still, and takes what becomes of it. */
  async #operate(update: FirmwareUpdate, turn: Turn): Promise<void> {
    const [operation] = update.todo;
    if (operation === undefined) return;
    const { operations } = this.#context.server;
    let queued: QueuedOperation;
    try {
      const bounds = update.state === 'EXECUTING' ? EXECUTE_WITHIN : {};
      queued = await operations.add(update.endpointName, operation, { ...bounds, key: keyOf(update) });
    } catch (error) {
      if (isStopped(error)) return;
      const message = error instanceof Error ? error.message : String(error);
      await this.take({ kind: 'failed', failure: { reason: 'timeout', message } }, turn);
      return;
    }
    if (turn === this.#turn) void this.take({ kind: 'queued', operationId: queued.id }, turn);
    await this.#await(queued.id, turn);
  }

  async #await(operationId: string, turn: Turn): Promise<void> {
    const { operations } = this.#context.server;
    const { signal } = turn.controller;
    try {
      const { state, result, failure } = await operations.finished(operationId, { signal });
      if (state === 'CONFIRMED') await this.take(this.#answered(result?.records), turn);
      else if (failure !== undefined) await this.take({ kind: 'failed', failure }, turn);
    } catch (error) {
      if (this.#stopped || isStopped(error)) return;
      // Nobody waits for it any more: what can still be taken back is.
      if (signal.aborted) await this.#cancelOperation(operationId);
      else if (isUnknown(error)) await this.take({ kind: 'restarted' }, turn);
      else {
        // It is in the queue, or was; asked at once the queue would say the same again.
        const message = error instanceof Error ? error.message : String(error);
        await this.take({ kind: 'failed', failure: { reason: 'outcome-unknown', message } }, turn);
      }
    }
  }

  #answered(records: readonly ResourceRecord[] = []): FirmwareInput {
    const { endpointName, objectId } = this.#update;
    const objectVersion = this.#context.server.registration(endpointName)?.objectVersions.get(objectId);
    return { kind: 'answered', records, objectVersion };
  }

  async #cancelOperation(operationId: string): Promise<void> {
    try {
      await this.#context.server.operations.cancel(operationId);
    } catch (error) {
      this.#context.report(error, `the operation ${operationId} could not be taken back`);
    }
  }

  async #push(update: FirmwareUpdate, turn: Turn): Promise<void> {
    const { server, packages } = this.#context;
    const outcome = await pushPackage(server, packages, update, {
      signal: turn.controller.signal,
      onProgress: (progress) => void this.take(progress, turn),
    });
    if (outcome !== undefined) await this.take(outcome, turn);
    if (turn === this.#turn) this.#endTurn();
  }

  async #findUri(update: FirmwareUpdate, schemes: readonly string[], turn: Turn): Promise<void> {
    const { packageUri, report } = this.#context;
    const uri = await findPackageUri(packageUri, update, schemes, report);
    await this.take({ kind: 'uri', uri }, turn);
  }

  async #tidy(operation: QueuedOperation['operation']): Promise<void> {
    const { endpointName, settings } = this.#update;
    // Each of its own: a later one of the same kind takes its place.
    const key = `${keyOf(this.#update)} ${JSON.stringify(operation)}`.slice(0, limits.maxOperationKeyLength);
    try {
      await this.#context.server.operations.add(endpointName, operation, { key, timeToLiveMs: settings.contactMs });
    } catch (error) {
      if (!isStopped(error)) this.#context.report(error, `what an update left behind at ${endpointName} stays there`);
    }
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const { nextAt, deadlineAt } = this.#update;
    const atMs = Math.min(nextAt ?? Infinity, deadlineAt ?? Infinity);
    if (this.#stopped || isFinal(this.#update) || atMs === Infinity) return;
    const { timers, clock } = this.#context;
    this.#timer = timers.schedule(Math.max(0, atMs - clock.wallTime()), () => void this.take({ kind: 'due' }));
  }
}

/** Of what an update has in the durable queue only the latest is to be sent. */
function keyOf(update: FirmwareUpdate): string {
  return `firmware ${instancePath(update)}`;
}

function isUnknown(error: unknown): boolean {
  return error instanceof Lwm2mServerError && error.code === 'ERR_LWM2M_SERVER_UNKNOWN_OPERATION';
}

function isStopped(error: unknown): boolean {
  return error instanceof Lwm2mServerError && error.code === 'ERR_LWM2M_SERVER_STATE';
}
