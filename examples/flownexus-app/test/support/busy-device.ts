import { Lwm2mClient, zephyrSampleObjects } from '@flownexus/lwm2m-client';
import type { ObjectRegistry } from '@flownexus/lwm2m-core';

/** Paths that the app observes on each device. */
const OBSERVED = 4;

/** A device that notifies as fast as it is acknowledged, and remembers what was. No value comes twice. */
export class BusyDevice {
  readonly name: string;
  readonly acknowledged = new Set<number>();
  /** How often it was told that it is registered. */
  registrations = 0;
  readonly #objects;
  readonly #onAcknowledged: () => void;
  readonly #onRegistered: () => void;
  #value = 0;
  #client: Lwm2mClient | undefined;

  constructor(name: string, registry: ObjectRegistry, onAcknowledged: () => void, onRegistered: () => void) {
    this.name = name;
    this.#objects = zephyrSampleObjects(registry, { serialNumber: name, lifetime: 300 });
    this.#onAcknowledged = onAcknowledged;
    this.#onRegistered = onRegistered;
  }

  /** Switched on: registers, and is observed from then on. */
  start(port: number): void {
    this.#next();
    const client = new Lwm2mClient({
      endpointName: this.name,
      server: { host: '127.0.0.1', port },
      objects: this.#objects,
      onNotified: ({ path, error }) => {
        if (path !== '/3303/0/5700' || this.#client !== client) return;
        // The value changes only here, so it is what the notification carried.
        if (error === undefined) {
          this.acknowledged.add(this.#value);
          this.#onAcknowledged();
        }
        this.#next();
      },
    });
    this.#client = client;
    client.start().then(
      () => {
        this.registrations += 1;
        this.#onRegistered();
        this.#whenObserved(client);
      },
      // The server was killed before it answered.
      () => undefined,
    );
  }

  /** Loses its power. */
  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.close();
  }

  #next(): void {
    this.#value += 1;
    this.#objects.set('/3303/0/5700', this.#value);
  }

  /** The first change after the server observes starts the chain of notifications. */
  #whenObserved(client: Lwm2mClient): void {
    if (this.#client !== client) return;
    if (client.observations < OBSERVED) {
      setImmediate(() => this.#whenObserved(client));
      return;
    }
    this.#next();
  }
}
