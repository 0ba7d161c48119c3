import type { Logger } from 'pino';
import type { EndpointReader } from '../endpoints/endpoint-reader.ts';
import type { StoredBatch } from '../values/batch.ts';
import type { ValueReader } from '../values/value-reader.ts';
import type { LiveStream } from './live-stream.ts';

export interface LiveFeedOptions {
  readonly stream: LiveStream;
  readonly endpoints: EndpointReader;
  /** Of the connection for short reads. */
  readonly values: ValueReader;
  readonly log: Logger;
}

/** Tells the stream of what was stored, as the lists show it: it is read back from the database, and only while somebody wants to know. */
export class LiveFeed {
  readonly #options: LiveFeedOptions;
  #waiting: StoredBatch[] = [];
  #running: Promise<void> | undefined;

  constructor(options: LiveFeedOptions) {
    this.#options = options;
  }

  /** Called with what was committed. What comes while the batches before are read back waits for them, so that the order is kept. */
  stored(batches: readonly StoredBatch[]): void {
    if (!this.#options.stream.wanted) return;
    this.#waiting.push(...batches);
    this.#running ??= this.#run();
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { stream, log } = this.#options;
    while (this.#waiting.length > 0) {
      try {
        await this.#tell(this.#waiting.splice(0));
      } catch (error) {
        log.error({ err: error }, 'live update failed');
        // The pages have to fetch what they miss.
        stream.lose();
      }
    }
    this.#running = undefined;
  }

  async #tell(batches: readonly StoredBatch[]): Promise<void> {
    const { stream, endpoints, values } = this.#options;
    const changed = new Set(batches.filter(({ batch }) => changesEndpoint(batch)).map(({ batch }) => batch.endpoint));
    for (const name of changed) {
      const item = await endpoints.get(name);
      if (item !== undefined) stream.publish('endpoint', name, () => item);
    }
    for (const { endpoint, item } of await values.byKeys(batches.flatMap((stored) => stored.values))) {
      stream.publish('resource', endpoint, () => ({ endpoint, ...item }));
    }
  }
}

/** What the Device object says of itself is part of the endpoint as the API shows it. */
function changesEndpoint({ change, records }: StoredBatch['batch']): boolean {
  return change !== undefined || records.some(({ path }) => path.prefix === undefined && path.objectId === 3);
}
