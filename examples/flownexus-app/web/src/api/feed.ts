import { openStream, type StreamBatch, type StreamOptions, type StreamState } from './stream.ts';

/** The server's live events, shared by everything on the page that follows them. */
export class LiveFeed {
  readonly #batchListeners = new Set<(batch: StreamBatch) => void>();
  readonly #recoveryListeners = new Set<() => void>();
  readonly #stateListeners = new Set<() => void>();
  #state: StreamState = 'connecting';

  get state(): StreamState {
    return this.#state;
  }

  /** Connects; returns what disconnects. */
  open(options: Pick<StreamOptions, 'connect' | 'schedule'>): () => void {
    return openStream({
      ...options,
      onBatch: (batch) => {
        for (const listener of this.#batchListeners) listener(batch);
        if (batch.overflowed) this.#recovered();
      },
      onState: (state) => {
        this.#state = state;
        for (const listener of this.#stateListeners) listener();
      },
      onRecovered: () => this.#recovered(),
    });
  }

  readonly onBatch = (listener: (batch: StreamBatch) => void): (() => void) => {
    this.#batchListeners.add(listener);
    return () => this.#batchListeners.delete(listener);
  };

  /** Events were missed: fetch again what is shown. */
  readonly onRecovered = (listener: () => void): (() => void) => {
    this.#recoveryListeners.add(listener);
    return () => this.#recoveryListeners.delete(listener);
  };

  readonly onState = (listener: () => void): (() => void) => {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  };

  #recovered(): void {
    for (const listener of this.#recoveryListeners) listener();
  }
}
