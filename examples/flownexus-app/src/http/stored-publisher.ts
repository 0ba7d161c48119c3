import type { Logger } from 'pino';
import type { EndpointItem } from '../endpoints/endpoint-item.ts';
import { limits } from '../limits.ts';
import type { StoredBatch, StoredValueKey } from '../values/batch.ts';
import type { EndpointValue } from '../values/value-reader.ts';
import type { LiveStream } from './live-stream.ts';

export interface StoredPublisherOptions {
  readonly stream: LiveStream;
  readonly endpoints: { getAll(names: readonly string[]): Promise<readonly EndpointItem[]> };
  /** Reads what was committed a moment ago. */
  readonly values: { byKeys(keys: readonly StoredValueKey[]): Promise<readonly EndpointValue[]> };
  readonly log: Logger;
}

/** What happened to one endpoint. */
interface Change {
  readonly endpoint: string;
  /** Whether its item is another now. */
  readonly changed: boolean;
  readonly keys: readonly StoredValueKey[];
}

/** Tells the stream of what was stored. It is read back from the database, so that the stream shows what the lists show. */
export class StoredPublisher {
  readonly #options: StoredPublisherOptions;
  #waiting: Change[] = [];
  #running = false;

  constructor(options: StoredPublisherOptions) {
    this.#options = options;
  }

  /** Tells of what one transaction has stored. */
  publish(stored: readonly StoredBatch[]): void {
    this.#add(stored.map(({ batch, values }) => ({ endpoint: batch.endpoint, changed: changesEndpoint(batch), keys: values }))); // prettier-ignore
  }

  /** Tells that an endpoint is another now, such as asleep, or admitted. */
  endpointChanged(endpoint: string): void {
    this.#add([{ endpoint, changed: true, keys: [] }]);
  }

  #add(changes: readonly Change[]): void {
    const { stream } = this.#options;
    if (!stream.wanted) return;
    if (this.#waiting.length + changes.length > limits.unpublishedBatches) {
      // More comes in than can be read back: the pages have to fetch it.
      this.#waiting = [];
      stream.lose();
      return;
    }
    for (const change of changes) this.#waiting.push(change);
    if (!this.#running) void this.#run();
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { stream, log } = this.#options;
    this.#running = true;
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, limits.batchesPerCommit);
      try {
        await this.#tell(group);
      } catch (error) {
        // It is stored, which is what counts.
        log.error({ err: error }, 'live update failed');
        stream.lose();
      }
    }
    this.#running = false;
  }

  async #tell(group: readonly Change[]): Promise<void> {
    const { stream, endpoints, values } = this.#options;
    const changed = [...new Set(group.filter((change) => change.changed).map(({ endpoint }) => endpoint))];
    const [items, found] = await Promise.all([
      endpoints.getAll(changed),
      values.byKeys(group.flatMap(({ keys }) => keys)),
    ]);
    for (const item of items) stream.publish('endpoint', item.name, () => item);
    for (const { endpoint, item } of found) stream.publish('resource', endpoint, () => ({ endpoint, ...item }));
  }
}

/** Whether the endpoint's item is another now: its registration, or what its Device object says. */
function changesEndpoint({ change, reboots, records }: StoredBatch['batch']): boolean {
  return (
    change !== undefined ||
    reboots === true ||
    records.some(({ path }) => path.objectId === 3 && path.prefix === undefined)
  );
}
