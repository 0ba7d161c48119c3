import type { Engine } from './engine.ts';
import { limitError } from './limit-error.ts';
import type { PeerState, WaitingUpload } from './peer-state.ts';

/** The place of one upload in blocks among those to its resource: one at a time (RFC 7959 §2.5). */
export class UploadTurn implements WaitingUpload {
  readonly #engine: Engine;
  readonly #state: PeerState;
  readonly #key: string;
  readonly #start: () => void;
  /** It has a place among all exchanges as long. */
  #waiting = false;

  /** `key` names the resource. `start` is called once, unless the turn is left before. */
  constructor(engine: Engine, state: PeerState, key: string, start: () => void) {
    this.#engine = engine;
    this.#state = state;
    this.#key = key;
    this.#start = start;
  }

  /** Others are before it. */
  get waiting(): boolean {
    return this.#waiting;
  }

  /** Starts, now or when those before have left. Throws `CoapError` when too many wait. */
  take(): void {
    const { uploads } = this.#state;
    const queue = uploads.get(this.#key);
    if (queue === undefined) {
      uploads.set(this.#key, [this]);
      this.#start();
      return;
    }
    const { limits, exchanges } = this.#engine;
    if (queue.length > limits.queuedPerPeer) throw limitError(this.#engine, 'too many uploads wait for this resource');
    if (!exchanges.take(1)) throw limitError(this.#engine, 'too many exchanges');
    this.#waiting = true;
    queue.push(this);
  }

  begin(): void {
    this.#stopWaiting(); // its exchange takes what this gives back
    this.#start();
  }

  /** It is done, or not wanted any more: the next one begins. Harmless when it has left already. */
  leave(): void {
    const { uploads } = this.#state;
    const queue = uploads.get(this.#key);
    const index = queue?.indexOf(this) ?? -1;
    if (queue === undefined || index < 0) return;
    this.#stopWaiting();
    queue.splice(index, 1);
    if (queue.length === 0) uploads.delete(this.#key);
    else if (index === 0) queue[0]?.begin();
  }

  #stopWaiting(): void {
    if (this.#waiting) this.#engine.exchanges.giveBack(1);
    this.#waiting = false;
  }
}
