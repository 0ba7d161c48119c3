import { Code, CoapError, formatCode, type CoapRequest, type CoapResponse } from '@flownexus/coap';
import type { Clock, Timer } from '@flownexus/datagram';
import { DtlsError } from '@flownexus/dtls';
import { Lwm2mClientError } from '../errors.ts';
import { limits } from '../limits.ts';
import {
  deregisterRequest,
  registerRequest,
  registrationLocation,
  updateRequest,
  type RegisterParameters,
  type RegistrationFacts,
} from './registration-requests.ts';

/** What a registration needs. */
export interface RegistrationOptions {
  readonly clock: Clock;
  /** Asks the server. */
  readonly request: (request: CoapRequest, timeoutMs?: number) => Promise<CoapResponse>;
  /** What the server has to know now. */
  readonly facts: () => RegistrationFacts;
  readonly parameters: RegisterParameters;
  /** What was of the registration before is void. */
  readonly onRegistering: () => void;
  readonly onRegistered: (registrationId: string) => void;
  readonly onUpdated: () => void;
  /** A Register or an Update found no answer or was refused, and is tried again. */
  readonly onTrouble: (error: Error) => void;
}

/**
 * Keeps a device registered with one server (TS Core §6.2): registers until the server answers, updates before the lifetime ends,
 * registers anew when the server has forgotten it. One request is under way at a time.
 */
export class Registration {
  readonly #options: RegistrationOptions;
  #location: readonly string[] | undefined;
  /** What the server knows. */
  #known: RegistrationFacts | undefined;
  /** The work under way and what waits for it: never rejects. */
  #working: Promise<void> | undefined;
  #waitingUpdate: Promise<void> | undefined;
  #timer: Timer | undefined;
  #timerAt = Infinity;
  /** Ends the pause between two attempts. */
  #endPause: (() => void) | undefined;
  /** Counts what makes everything before void, so that what was under way ends without a word. */
  #generation = 0;
  #mustRegister = false;
  #stopped = false;

  constructor(options: RegistrationOptions) {
    this.#options = options;
  }

  /** The registration ID that the server gave, while registered. */
  get id(): string | undefined {
    return this.#location?.at(-1);
  }

  /**
   * Registers, until the server answers. Rejects with `ERR_LWM2M_CLIENT_REFUSED` when it refuses with 4.xx, with
   * `ERR_LWM2M_CLIENT_STOPPED` after `stop`.
   */
  async register(): Promise<void> {
    await this.#run(() => this.#registerUntilDone());
    // Something has begun it anew meanwhile.
    while (this.#location === undefined && this.#working !== undefined) await this.#working;
  }

  /**
   * Sends an Update now (TS Core §6.2.2), with what has changed since the server heard of it. Registers anew when the server no longer
   * knows this client. Rejects with `ERR_LWM2M_CLIENT_STATE` without a registration, else like `register`.
   */
  update(): Promise<void> {
    if (this.#location === undefined && this.#working === undefined) {
      return Promise.reject(new Lwm2mClientError('ERR_LWM2M_CLIENT_STATE', 'an Update needs a registration'));
    }
    if (this.#working === undefined) return this.#run(() => this.#update());
    // One that has not begun yet will tell everything.
    return (this.#waitingUpdate ??= this.#run(() => {
      this.#waitingUpdate = undefined;
      return this.#update();
    }));
  }

  /** Has the next Update be a Register. */
  registerNext(): void {
    this.#mustRegister = true;
  }

  /** Sends an Update by itself in a moment; `ifChanged`: only when there is something to tell then. */
  updateSoon(delayMs: number, ifChanged: boolean): void {
    if (this.#location !== undefined) this.#updateAfter(delayMs, ifChanged);
  }

  /** De-registers; without an answer the server forgets this client when its lifetime ends. Does nothing when not registered. */
  deregister(): Promise<void> {
    this.#cancelTimer();
    return this.#run(async () => {
      const location = this.#location;
      if (location === undefined) return;
      this.#leave();
      try {
        await this.#options.request(deregisterRequest(location), limits.deregisterTimeoutMs);
      } catch (error) {
        if (!isPassing(error)) throw error;
        if (!this.#stopped) this.#options.onTrouble(error);
      }
    });
  }

  /** Forgets the registration without a word to the server, and registers after a while unless told otherwise. */
  abandon(registerAfterMs?: number): void {
    this.#generation += 1;
    this.#leave();
    this.#cancelTimer();
    this.#endPause?.();
    if (registerAfterMs !== undefined) this.#registerAfter(registerAfterMs);
  }

  /** De-registers, and registers again after a while (Disable, TS Core §6.3.5). */
  async disable(timeoutMs: number): Promise<void> {
    await this.deregister();
    this.#registerAfter(timeoutMs);
  }

  /** Ends what is under way. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
    this.#location = undefined;
    this.#endPause?.();
  }

  /** Runs the work when that before it is done. */
  #run(work: () => Promise<void>): Promise<void> {
    const done = this.#working === undefined ? work() : this.#working.then(work);
    const settled = done.catch(() => undefined);
    this.#working = settled;
    void settled.then(() => {
      if (this.#working === settled) this.#working = undefined;
    });
    return done;
  }

  #leave(): void {
    this.#location = undefined;
    this.#known = undefined;
    this.#mustRegister = false;
    this.#options.onRegistering();
  }

  async #registerUntilDone(): Promise<void> {
    const generation = this.#generation;
    let waitMs: number = limits.registerBackoffMs.first;
    for (;;) {
      this.#checkRunning();
      try {
        await this.#register(generation);
        return;
      } catch (error) {
        this.#checkRunning(error);
        if (generation !== this.#generation) return;
        if (!isPassing(error)) throw error;
        this.#options.onTrouble(error);
      }
      await this.#pause(waitMs);
      if (generation !== this.#generation) return;
      waitMs = Math.min(waitMs * 2, limits.registerBackoffMs.longest);
    }
  }

  async #register(generation: number, complete = false): Promise<void> {
    const { request, facts, parameters, onRegistered } = this.#options;
    // TS Core §6.2.1: observations do not outlive the registration they were made under.
    this.#leave();
    const told = facts();
    const response = await request(registerRequest(told, complete ? { ...parameters, profileIds: [] } : parameters));
    if (generation !== this.#generation) return;
    if (response.code === Code.CONFLICT && !complete && parameters.profileIds.length > 0) {
      // The server does not know the profile (TS Core 1.2 §6.2.1).
      await this.#register(generation, true);
      return;
    }
    this.#location = registrationLocation(response);
    this.#known = told;
    this.#scheduleUpdate();
    onRegistered(this.#location.at(-1) ?? '');
  }

  async #update(): Promise<void> {
    const location = this.#location;
    const known = this.#known;
    const generation = this.#generation;
    if (location === undefined || known === undefined) return;
    this.#cancelTimer();
    if (this.#mustRegister) return this.#registerUntilDone();
    const { request, facts, parameters, onUpdated, onTrouble } = this.#options;
    try {
      const told = facts();
      const { code } = await request(updateRequest(location, told, known, parameters.lwm2mVersion));
      if (generation !== this.#generation) return;
      if (code === Code.CHANGED) {
        this.#known = told;
        this.#scheduleUpdate();
        onUpdated();
        return;
      }
      onTrouble(
        new Lwm2mClientError('ERR_LWM2M_CLIENT_REFUSED', `the server refused an Update with ${formatCode(code)}`, {
          responseCode: code,
        }),
      );
    } catch (error) {
      this.#checkRunning(error);
      if (generation !== this.#generation) return;
      if (!isPassing(error)) throw error;
      onTrouble(error);
    }
    return this.#registerUntilDone();
  }

  /** Before the lifetime ends; one of 0 seconds never does (TS Core 1.2 §6.2.1). */
  #scheduleUpdate(): void {
    const lifetime = this.#known?.lifetime ?? 0;
    if (lifetime > 0) this.#updateAfter(1_000 * Math.max(lifetime - limits.updateMarginSeconds, lifetime / 2), false);
  }

  #updateAfter(delayMs: number, ifChanged: boolean): void {
    const at = this.#options.clock.now() + delayMs;
    if (at >= this.#timerAt) return; // what is different then is told then
    this.#setTimer(delayMs, () => {
      if (ifChanged && !this.#isChanged()) {
        this.#scheduleUpdate();
        return undefined;
      }
      return this.update();
    });
  }

  #isChanged(): boolean {
    const known = this.#known;
    if (known === undefined) return false;
    const facts = this.#options.facts();
    return (
      facts.lifetime !== known.lifetime ||
      facts.binding !== known.binding ||
      facts.queueMode !== known.queueMode ||
      facts.objectList !== known.objectList
    );
  }

  #registerAfter(delayMs: number): void {
    if (!this.#stopped) this.#setTimer(delayMs, () => this.register());
  }

  #setTimer(delayMs: number, work: () => Promise<void> | undefined): void {
    const { clock, onTrouble } = this.#options;
    this.#timer?.cancel();
    this.#timerAt = clock.now() + delayMs;
    this.#timer = clock.schedule(delayMs, () => {
      this.#timerAt = Infinity;
      work()?.catch((error: unknown) => {
        if (this.#stopped) return;
        onTrouble(error instanceof Error ? error : new Error(String(error)));
        // Nobody waits for it: it is tried again, though not soon.
        if (this.#location === undefined) this.#registerAfter(limits.refusedRetryMs);
      });
    });
  }

  #cancelTimer(): void {
    this.#timer?.cancel();
    this.#timerAt = Infinity;
  }

  #checkRunning(cause?: unknown): void {
    if (this.#stopped) {
      throw new Lwm2mClientError('ERR_LWM2M_CLIENT_STOPPED', 'stopped while registering', { cause });
    }
  }

  #pause(ms: number): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      this.#endPause = () => {
        timer.cancel();
        this.#endPause = undefined;
        resolve();
      };
      const timer = this.#options.clock.schedule(ms, this.#endPause);
    });
  }
}

/** Whether trying again may help: no answer, no association, or a server that says it can not at present. */
function isPassing(error: unknown): error is Error {
  return (
    error instanceof CoapError ||
    error instanceof DtlsError ||
    (error instanceof Lwm2mClientError && (error.responseCode ?? 0) >= Code.INTERNAL_SERVER_ERROR)
  );
}
