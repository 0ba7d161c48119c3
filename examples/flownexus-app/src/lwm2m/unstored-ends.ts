import { limits } from '../limits.ts';

export interface UnstoredEndsOptions {
  /** Stores the end of an endpoint's registration, which was at that time in milliseconds since 1970. */
  readonly store: (endpoint: string, at: number) => Promise<void>;
  readonly maximum?: number;
  readonly retryMs?: number;
}

/**
 * Ends of registrations that could not be stored. An expiry is nobody's request, so no device repeats it: without
 * another try the endpoint would be shown as registered until the app starts anew.
 */
export class UnstoredEnds {
  readonly #store: UnstoredEndsOptions['store'];
  readonly #maximum: number;
  readonly #retryMs: number;
  readonly #ends = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor({ store, maximum, retryMs }: UnstoredEndsOptions) {
    this.#store = store;
    this.#maximum = maximum ?? limits.unstoredEnds;
    this.#retryMs = retryMs ?? limits.unstoredEndsRetryMs;
  }

  /** How many wait for another try. */
  get size(): number {
    return this.#ends.size;
  }

  add(endpoint: string, at: number): void {
    if (this.#stopped || (this.#ends.size >= this.#maximum && !this.#ends.has(endpoint))) return;
    this.#ends.set(endpoint, at);
    this.#schedule();
  }

  /**
   * Stores that an endpoint registers: an end that waits is from before, and must not be stored after it. When this
   * fails the endpoint is not registered, and its end waits on.
   */
  async supersede(endpoint: string, storeRegistration: () => Promise<void>): Promise<void> {
    const at = this.#ends.get(endpoint);
    this.#ends.delete(endpoint);
    try {
      await storeRegistration();
    } catch (error) {
      if (at !== undefined) this.add(endpoint, at);
      throw error;
    }
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#ends.clear();
  }

  #schedule(): void {
    if (this.#stopped || this.#timer !== undefined || this.#ends.size === 0) return;
    this.#timer = setTimeout(() => void this.#retry(), this.#retryMs).unref();
  }

  /** Never rejects. */
  async #retry(): Promise<void> {
    const endpoints = [...this.#ends.keys()];
    for (let stored = true; stored && endpoints.length > 0;) {
      const group = endpoints.splice(0, limits.unstoredEndsAtOnce);
      // As long as nothing can be stored the rest has no better prospects.
      stored = (await Promise.all(group.map((endpoint) => this.#try(endpoint)))).includes(true);
    }
    this.#timer = undefined;
    this.#schedule();
  }

  async #try(endpoint: string): Promise<boolean> {
    const at = this.#ends.get(endpoint);
    if (at === undefined) return true;
    try {
      await this.#store(endpoint, at);
    } catch {
      // It was reported when it failed first, and is tried again.
      return false;
    }
    if (this.#ends.get(endpoint) === at) this.#ends.delete(endpoint);
    return true;
  }
}
