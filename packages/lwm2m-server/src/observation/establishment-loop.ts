import { Lwm2mServerError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import type { ObservationContext } from './observation-context.ts';
import type { TargetObservation } from './target-observation.ts';

/** Errors that say that the device was not there, not that it refuses: worth another try when it is heard again. */
const PASSING: ReadonlySet<string> = new Set([
  'ERR_LWM2M_SERVER_TIMEOUT',
  'ERR_LWM2M_SERVER_EXCHANGE',
  'ERR_LWM2M_SERVER_ASLEEP',
  'ERR_LWM2M_SERVER_LIMIT',
]);
/** Of those, the ones of which nothing was sent. */
const UNSENT: ReadonlySet<string> = new Set(['ERR_LWM2M_SERVER_ASLEEP', 'ERR_LWM2M_SERVER_LIMIT']);

/** Whose observations are established. */
export interface LoopOwner {
  readonly endpoint: RegisteredEndpoint;
  readonly context: ObservationContext;
  /** The observations of the endpoint, in the order in which they are asked for. */
  all(): Iterable<TargetObservation>;
  /** One got no answer: the others come first the next time, and it is dropped where nobody wants it any more. */
  unanswered(observation: TargetObservation): void;
}

/**
 * Establishes what an endpoint is to be observed for, one after another (NSTART, RFC 7252 §4.7), each in its turn among the operations on the device.
 * When the device doesn't answer, or sleeps, the rest waits until it is heard again. One that gets no answer is tried once each time that the device is
 * heard, without end; what the device answers, unless it observes, is final until it registers anew.
 */
export class EstablishmentLoop {
  readonly #owner: LoopOwner;
  #running = false;
  #again = false;
  #ended = false;
  /** Nothing was due when it was last looked for, and nothing has changed since. */
  #idle = false;

  constructor(owner: LoopOwner) {
    this.#owner = owner;
  }

  /** An observation may wait that did not, or may be wanted otherwise. */
  changed(): void {
    this.#idle = false;
  }

  /** Tries what waits. Called each time that the device is heard. */
  resume(): void {
    if (this.#ended || this.#idle) return;
    if (!this.#hasDue()) {
      this.#idle = true;
      return;
    }
    this.#again = true;
    if (this.#running) return;
    this.#running = true;
    this.#run().catch((error: unknown) => {
      const { endpoint, context } = this.#owner;
      context.reportError(error, `establishing the observations of ${endpoint.endpointName} failed`);
    });
  }

  /** Nothing is tried any more. */
  end(): void {
    this.#ended = true;
  }

  #hasDue(): boolean {
    for (const observation of this.#owner.all()) if (isDue(observation)) return true;
    return false;
  }

  async #run(): Promise<void> {
    try {
      while (this.#again) {
        this.#again = false;
        for (const observation of this.#owner.all()) {
          if (this.#ended) return;
          if (isDue(observation) && !(await this.#establish(observation))) break;
        }
      }
    } finally {
      this.#running = false;
    }
  }

  /** Returns false when the device was not there. */
  async #establish(observation: TargetObservation): Promise<boolean> {
    const { endpoint, context } = this.#owner;
    try {
      await context.turns.run(endpoint.endpointName, { whenAsleep: 'fail' }, async (present) => {
        // What has been waiting for the turn may be done, not wanted any more, or belong to a registration that was replaced.
        if (present === endpoint && isDue(observation)) await observation.establish();
      });
      return true;
    } catch (error) {
      if (this.#ended || observation.isReady() || !observation.wanted) return true;
      const code = error instanceof Lwm2mServerError ? error.code : undefined;
      if (code === 'ERR_LWM2M_SERVER_REGISTRATION_ENDED') return true; // overtaken by a reset, which begins anew
      if (code !== undefined && PASSING.has(code)) {
        if (!UNSENT.has(code)) this.#silent(observation, error);
        return false;
      }
      observation.fail(error);
      if (observation.keptUp) context.failed(endpoint.registration, observation.target.name, error);
      return true;
    }
  }

  #silent(observation: TargetObservation, error: unknown): void {
    const { endpoint, context } = this.#owner;
    observation.silences += 1;
    const { silences, keptUp, target } = observation;
    if (silences === limits.maxSilences && keptUp) context.failed(endpoint.registration, target.name, error);
    if (silences >= limits.maxSilences) observation.failCallers(error);
    this.#owner.unanswered(observation);
  }
}

/** To be asked for, or to be asked for anew with other attributes. */
function isDue(observation: TargetObservation): boolean {
  return (
    observation.wanted && (observation.state === 'waiting' || (observation.state === 'active' && observation.outdated))
  );
}
