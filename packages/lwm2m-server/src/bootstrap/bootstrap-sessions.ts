import type { PeerIdentity, RandomSource, TimerQueue } from '@flownexus/datagram';
import type { BootstrapSession } from '../api/bootstrap.ts';
import { newRegistrationId } from '../registration/registration-id.ts';
import { RunningSession, type RunningSessionContext, type SessionStart } from './running-session.ts';

export interface BootstrapSessionsOptions extends RunningSessionContext {
  readonly sessionTimeoutMs: number;
  readonly maxSessions: number;
  readonly timers: TimerQueue;
  readonly random: RandomSource;
  /** Notes work that `stop` of the server waits for. */
  readonly track: (work: Promise<unknown>) => unknown;
  readonly started: (session: BootstrapSession) => void;
  readonly finished: (session: BootstrapSession) => void;
  readonly failed: (session: BootstrapSession) => void;
}

/** The bootstrap sessions of a server: one of each endpoint name at a time. */
export class BootstrapSessions {
  readonly #options: BootstrapSessionsOptions;
  readonly #running = new Map<string, RunningSession>();
  /** Sessions that begin when the answer to their Bootstrap-Request has left. */
  #reserved = 0;

  constructor(options: BootstrapSessionsOptions) {
    this.#options = options;
  }

  /** How many there are. */
  get size(): number {
    return this.#running.size;
  }

  /** Whether the endpoint has a session for a later request: what was looked up for this one took longer. */
  isOutdated(endpointName: string, order: number): boolean {
    return (this.#running.get(endpointName)?.order ?? 0) > order;
  }

  /** Keeps a place for a session of the endpoint; false when there is none. Each is given back by `begin` or by `release`. */
  reserve(endpointName: string): boolean {
    const own = this.#running.has(endpointName) ? 1 : 0; // that one ends
    if (this.#running.size + this.#reserved - own >= this.#options.maxSessions) return false;
    this.#reserved += 1;
    return true;
  }

  release(): void {
    this.#reserved -= 1;
  }

  /** Begins a session in a reserved place. One that the endpoint has ends: the device has asked anew, and waits for the new one alone. */
  begin(start: SessionStart): void {
    this.release();
    const { random, timers, sessionTimeoutMs } = this.#options;
    const earlier = this.#running.get(start.endpointName);
    if (earlier !== undefined) this.#end(earlier, 'the device asked to be bootstrapped again');
    const id = newRegistrationId(random, () => false);
    const session = new RunningSession(id, start, this.#options);
    this.#running.set(start.endpointName, session);
    // TS Core §6.1.7: a device that has heard nothing for EXCHANGE_LIFETIME has given up.
    const timer = timers.schedule(sessionTimeoutMs, () => session.end('the session took too long'));
    this.#options.started(session.snapshot());
    this.#options.track(
      session.run().then((reason) => {
        timer.cancel();
        this.#over(session, reason);
      }),
    );
  }

  /** Ends the session of an endpoint if its device is the endpoint no longer: nobody else is to get its keys. */
  revoke(endpointName: string, isRevoked: (identity: PeerIdentity) => boolean): void {
    const session = this.#running.get(endpointName);
    if (session === undefined || !isRevoked(session.identity)) return;
    this.#end(session, 'the credential of the endpoint was changed');
  }

  /** Ends all. */
  stop(): void {
    for (const session of [...this.#running.values()]) this.#end(session, 'the server stopped');
  }

  #end(session: RunningSession, reason: string): void {
    session.end(reason);
    this.#over(session, reason);
  }

  /** Says once how a session ended. */
  #over(session: RunningSession, reason: string | undefined): void {
    if (this.#running.get(session.endpointName) !== session) return;
    this.#running.delete(session.endpointName);
    if (reason === undefined) this.#options.finished(session.snapshot());
    else this.#options.failed(session.snapshot(reason));
  }
}
