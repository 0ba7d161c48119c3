export interface RepeatedOptions {
  /** Between the end of one run and the next, in milliseconds. */
  readonly everyMs: number;
  readonly run: () => Promise<void>;
  /** Told of what a run rejects with; the next run comes all the same. Must not throw. */
  readonly onError: (error: unknown) => void;
}

/** Work that is done again and again while the app runs, never twice at a time. */
export class Repeated {
  readonly #options: RepeatedOptions;
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: RepeatedOptions) {
    this.#options = options;
  }

  /** Aborted when it stops: a run that takes long looks at it and ends early. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Runs for the first time after one interval. */
  start(): void {
    if (this.stopping.aborted) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#run();
    }, this.#options.everyMs).unref();
  }

  /** Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    try {
      await this.#options.run();
    } catch (error) {
      this.#options.onError(error);
    }
    this.start();
  }
}
