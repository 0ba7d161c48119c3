/** A request as a test description states it. */
export interface PlugtestRequest {
  readonly method: number;
  readonly path: readonly string[];
  readonly query?: readonly string[];
  /** Default true. */
  readonly confirmable?: boolean;
  readonly payload?: Uint8Array;
  readonly contentFormat?: number;
  readonly accept?: number;
  readonly etags?: readonly Uint8Array[];
  readonly ifMatch?: readonly Uint8Array[];
  readonly ifNoneMatch?: boolean;
  /** Of a GET: asks for blocks of this size in its first message. Of a PUT or POST: sends blocks of this size. */
  readonly blockSize?: number;
  /** Of an observation: registers again when nothing comes for longer than Max-Age (RFC 7641 §3.3.1). */
  readonly reregister?: boolean;
  /** A token of no bytes. Clients choose their tokens: for many this takes a message made by hand. */
  readonly emptyToken?: boolean;
}

/** What a client shows of a response. */
export interface PlugtestReply {
  readonly code: number;
  readonly payload: Uint8Array;
  readonly contentFormat: number | undefined;
  readonly etag: Uint8Array | undefined;
  readonly locationPath: readonly string[];
  readonly locationQuery: readonly string[];
}

export interface PlugtestObservation {
  /** The response that established the observation. */
  readonly first: PlugtestReply;
  /** The next notification that was not taken yet. One that ends the observation is the last. */
  next(): Promise<PlugtestReply>;
  /** Active cancellation: a GET with Observe=1 (RFC 7641 §3.6). */
  cancel(): Promise<void>;
  /** Passive cancellation: the next notification is answered with a Reset. */
  forget(): Promise<void>;
}

/** A CoAP client as the test descriptions know one: ours, or that of a foreign stack. */
export interface PlugtestClient {
  request(request: PlugtestRequest): Promise<PlugtestReply>;
  observe(request: PlugtestRequest): Promise<PlugtestObservation>;
  /** An Empty Confirmable message (RFC 7252 §4.3). Resolves on its Reset. */
  ping(): Promise<void>;
}

/** Things that arrive and are waited for, in order. */
export class Inbox<T> {
  readonly #things: T[] = [];
  readonly #waiting: ((thing: T) => void)[] = [];

  push(thing: T): void {
    const waiter = this.#waiting.shift();
    if (waiter === undefined) this.#things.push(thing);
    else waiter(thing);
  }

  next(): Promise<T> {
    const thing = this.#things.shift();
    if (thing !== undefined) return Promise.resolve(thing);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}
