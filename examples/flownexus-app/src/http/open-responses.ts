import type { ServerResponse } from 'node:http';

/** The responses of a server that are not finished. */
export class OpenResponses {
  readonly #open = new Set<ServerResponse>();
  #stopping = false;
  #onEmpty: () => void = () => undefined;

  add(response: ServerResponse): void {
    this.#open.add(response);
    if (this.#stopping) this.#hurry(response);
    response.once('close', () => {
      this.#open.delete(response);
      if (this.#open.size === 0) this.#onEmpty();
    });
  }

  /** Ends event streams, and resolves when the others are finished, or after so many milliseconds. */
  async end(ms: number): Promise<void> {
    this.#stopping = true;
    for (const response of this.#open) this.#hurry(response);
    if (this.#open.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #hurry(response: ServerResponse): void {
    if (!response.headersSent) response.setHeader('Connection', 'close');
    else if (String(response.getHeader('content-type') ?? '').startsWith('text/event-stream')) response.end();
  }
}
