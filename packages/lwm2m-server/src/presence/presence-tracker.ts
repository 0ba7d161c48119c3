import type { Clock, TimerQueue } from '@flownexus/datagram';
import type { ErrorReporter } from '../events.ts';
import { limits } from '../limits.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import type { Registration } from '../registration/registration.ts';
import type { EndpointPresence } from './endpoint-presence.ts';
import type { Presence, PresenceReason, Uplink } from './presence.ts';

export interface PresenceTrackerOptions {
  readonly clock: Clock;
  readonly timers: TimerQueue;
  /** How long a device in queue mode is awake after an uplink. Default MAX_TRANSMIT_WAIT (TS Core §6.5); `Infinity` is for ever. */
  readonly awakeTimeMs?: number | ((registration: Registration) => number) | undefined;
  readonly reportError: ErrorReporter;
  /** The state of an endpoint changed. */
  readonly onChange: (endpoint: RegisteredEndpoint, presence: Presence) => void;
  /** An endpoint was heard, after `onChange`: what waits for it can go on. Called for each uplink. */
  readonly onHeard: (endpoint: RegisteredEndpoint) => void;
}

/**
 * Whether endpoints can be reached now (TS Core §6.5).
 *
 * ```
 *           heard                   awake time over (queue mode) ──► asleep: silence
 * asleep ──────────► awake ──────┤
 *                                   a request got no answer ───────► asleep: no-answer
 * ```
 *
 * An endpoint without queue mode that has always answered has no state here, and is awake since its Register. In queue mode an uplink only notes
 * when it came: the one timer of the endpoint finds out when it runs that it is not due yet, and is set again.
 */
export class PresenceTracker {
  readonly #options: PresenceTrackerOptions;

  /** @throws RangeError when `awakeTimeMs` is a number below 0, or none */
  constructor(options: PresenceTrackerOptions) {
    const { awakeTimeMs } = options;
    if (typeof awakeTimeMs === 'number' && !isAwakeTime(awakeTimeMs)) {
      throw new RangeError('awakeTimeMs is a number of milliseconds, 0 or more');
    }
    this.#options = options;
  }

  /** The present state; a snapshot. */
  of(endpoint: RegisteredEndpoint): Presence {
    return (
      endpoint.presence?.presence ?? { state: 'awake', since: endpoint.registration.registeredAt, reason: 'register' }
    );
  }

  isAwake(endpoint: RegisteredEndpoint): boolean {
    return endpoint.presence === undefined || endpoint.presence.presence.state === 'awake';
  }

  /** Something came from the endpoint: it is awake, in queue mode for its awake time from now on. */
  heard(endpoint: RegisteredEndpoint, by: Uplink): void {
    if (endpoint.ended) return;
    const known = endpoint.presence;
    if (known !== undefined) {
      known.heardAtMs = this.#options.clock.now();
      if (known.presence.state === 'asleep') this.#change(endpoint, known, 'awake', by);
      if (endpoint.registration.queueMode) this.#await(endpoint, known);
    } else if (endpoint.registration.queueMode) {
      this.#await(endpoint, this.#begin(endpoint, 'awake', by));
    }
    this.#options.onHeard(endpoint);
  }

  /** A request of ours got no answer: the endpoint is asleep until it is heard. */
  unanswered(endpoint: RegisteredEndpoint): void {
    if (endpoint.ended || !this.isAwake(endpoint)) return;
    const known = endpoint.presence ?? this.#begin(endpoint, 'awake', 'register');
    known.timer?.cancel();
    known.timer = undefined;
    this.#change(endpoint, known, 'asleep', 'no-answer');
  }

  /**
   * A registration was taken from the store: one in queue mode is awake for what is left of its awake time, others are awake, and one whose peer is
   * gone is asleep until it is heard. Nobody is told, since nothing changed.
   */
  restored(endpoint: RegisteredEndpoint): void {
    const { registration } = endpoint;
    if (!endpoint.reachable) {
      this.#begin(endpoint, 'asleep', 'no-answer');
      return;
    }
    if (!registration.queueMode) return;
    const { clock } = this.#options;
    const awakeTimeMs = this.#awakeTimeOf(registration);
    const agoMs = Math.max(0, clock.wallTime() - registration.updatedAt);
    const awake = agoMs < awakeTimeMs;
    const known = this.#begin(endpoint, awake ? 'awake' : 'asleep', awake ? 'restored' : 'silence');
    known.presence = { ...known.presence, since: registration.updatedAt + (awake ? 0 : awakeTimeMs) };
    known.heardAtMs -= agoMs;
    if (awake) this.#await(endpoint, known);
  }

  /** The registration ended. What was known stays on it: the registration that replaces it takes it over. */
  ended(endpoint: RegisteredEndpoint): void {
    const known = endpoint.presence;
    known?.timer?.cancel();
    if (known !== undefined) known.timer = undefined;
  }

  #begin(endpoint: RegisteredEndpoint, state: Presence['state'], reason: PresenceReason): EndpointPresence {
    const { clock } = this.#options;
    const presence: Presence = { state, since: clock.wallTime(), reason };
    return (endpoint.presence = { presence, heardAtMs: clock.now(), timer: undefined });
  }

  #change(
    endpoint: RegisteredEndpoint,
    known: EndpointPresence,
    state: Presence['state'],
    reason: PresenceReason,
  ): void {
    known.presence = { state, since: this.#options.clock.wallTime(), reason };
    this.#options.onChange(endpoint, known.presence);
  }

  /** Waits for the end of the awake time, unless it is being waited for. */
  #await(endpoint: RegisteredEndpoint, known: EndpointPresence): void {
    if (known.timer !== undefined) return;
    const restMs = known.heardAtMs + this.#awakeTimeOf(endpoint.registration) - this.#options.clock.now();
    if (restMs === Infinity) return;
    known.timer = this.#options.timers.schedule(restMs, this.#due, endpoint);
  }

  readonly #due = (endpoint: RegisteredEndpoint): void => {
    const known = endpoint.presence;
    if (known === undefined) return;
    known.timer = undefined;
    if (!endpoint.registration.queueMode) return; // an Update has ended it
    const awakeTimeMs = this.#awakeTimeOf(endpoint.registration);
    if (known.heardAtMs + awakeTimeMs > this.#options.clock.now()) this.#await(endpoint, known);
    else this.#change(endpoint, known, 'asleep', 'silence');
  };

  #awakeTimeOf(registration: Registration): number {
    const { awakeTimeMs = limits.maxTransmitWaitMs, reportError } = this.#options;
    if (typeof awakeTimeMs === 'number') return awakeTimeMs;
    try {
      const own = awakeTimeMs(registration);
      if (isAwakeTime(own)) return own;
      reportError(new RangeError(`awakeTimeMs gave ${own}`), `the awake time of ${registration.endpointName}`);
    } catch (error) {
      reportError(error, `the awake time of ${registration.endpointName}`);
    }
    return limits.maxTransmitWaitMs;
  }
}

function isAwakeTime(value: number): boolean {
  return value >= 0;
}
