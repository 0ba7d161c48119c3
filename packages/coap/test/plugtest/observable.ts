import type { Clock, Timer } from '@flownexus/datagram';
import { type CoapReply, Code, type IncomingRequest, type ObserveRelation } from '../../src/index.ts';

export interface ObservableOptions {
  readonly clock: Clock;
  readonly periodMs: number;
  readonly confirmable: boolean;
  /** The representation after so many changes. */
  readonly represent: (changes: number) => CoapReply;
}

/** A resource that changes by itself, and when somebody puts something into it. */
export class Observable {
  readonly #options: ObservableOptions;
  readonly #relations = new Set<ObserveRelation>();
  #timer: Timer;
  #changes = 0;
  #current: CoapReply;

  constructor(options: ObservableOptions) {
    this.#options = options;
    this.#current = options.represent(0);
    this.#timer = this.#schedule();
  }

  get(request: IncomingRequest): CoapReply {
    if (request.observe === 0) {
      const relation = request.acceptObservation();
      this.#relations.add(relation);
      relation.onEnd = () => this.#relations.delete(relation);
    }
    return this.#current;
  }

  /** A value of the same Content-Format is notified; another format ends the observations (RFC 7641 §4.2). */
  put(reply: CoapReply): CoapReply {
    const sameFormat = reply.contentFormat === this.#current.contentFormat;
    this.#current = reply;
    if (sameFormat) this.#notify(reply);
    else this.#notify({ code: Code.NOT_ACCEPTABLE });
    return { code: Code.CHANGED };
  }

  delete(): CoapReply {
    this.#notify({ code: Code.NOT_FOUND });
    return { code: Code.DELETED };
  }

  /** Forgets its observers without a word, as by a restart. */
  forgetObservers(): void {
    for (const relation of this.#relations) relation.end();
    this.#relations.clear();
  }

  stop(): void {
    this.#timer.cancel();
  }

  #schedule(): Timer {
    return this.#options.clock.schedule(this.#options.periodMs, () => {
      this.#changes += 1;
      this.#current = this.#options.represent(this.#changes);
      this.#notify(this.#current);
      this.#timer = this.#schedule();
    });
  }

  #notify(reply: CoapReply): void {
    for (const relation of this.#relations) {
      relation.notify(reply, { confirmable: this.#options.confirmable }).catch(() => this.#relations.delete(relation));
    }
  }
}
