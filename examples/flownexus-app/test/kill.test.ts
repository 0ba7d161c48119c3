import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Lwm2mClient, zephyrSampleObjects } from '@flownexus/lwm2m-client';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import { DATABASE_FILE } from '../src/database/open-database.ts';
import { startApp } from './support/app-process.ts';
import { temporaryDirectory } from './support/test-database.ts';

const ROUNDS = 18;
const DEVICES = 4;
/** Paths that the app observes on each device. */
const OBSERVED = 4;

/** A device that notifies as fast as it is acknowledged, and remembers what was. No value comes twice. */
class BusyDevice {
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

test(
  'killed at any moment under load, the app has every registration and value that a device saw acknowledged',
  { timeout: 180_000 },
  async () => {
    const directory = temporaryDirectory();
    const registry = await ObjectRegistry.bundled();
    let acknowledged = 0;
    let killAt = Number.POSITIVE_INFINITY;
    let kill = (): void => undefined;
    let killAtRegistration = (): void => undefined;
    const devices = Array.from({ length: DEVICES }, (_, index) => {
      const onAcknowledged = (): void => {
        acknowledged += 1;
        if (acknowledged === killAt) kill();
      };
      return new BusyDevice(`busy-${String(index)}`, registry, onAcknowledged, () => killAtRegistration());
    });

    let coapPort = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const app = await startApp({
        FLOWNEXUS_HTTP_PORT: '0',
        FLOWNEXUS_COAP_PORT: String(coapPort),
        FLOWNEXUS_COAP_HOST: '127.0.0.1',
        FLOWNEXUS_DATA_DIR: directory,
      });
      ({ coapPort } = app);
      kill = () => void setTimeout(() => app.child.kill('SIGKILL'), Math.random() * 10);
      killAtRegistration = () => undefined;
      killAt = Number.POSITIVE_INFINITY;
      if (round % 6 === 5) {
        // While the devices register.
        kill();
      } else if (round % 2 === 1) {
        // As soon as one was told that it is registered: that must be on the disk already.
        killAtRegistration = () => void app.child.kill('SIGKILL');
      } else {
        // Somewhere between two acknowledgements, and not always in the same place.
        killAt = acknowledged + 20 + Math.floor(Math.random() * 200);
      }
      for (const device of devices) device.start(coapPort);
      await once(app.child, 'exit');
      await Promise.all(devices.map((device) => device.close()));
      expect(await app.ended).toMatchObject({ signal: 'SIGKILL', stderr: '' });
    }

    const database = new DatabaseSync(join(directory, DATABASE_FILE));
    expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    const select =
      database.prepare(`SELECT r.float_value AS value FROM Resource r JOIN ResourceType t ON t.id = r.resource_type_id
    WHERE r.endpoint = ? AND t.object_id = 3303 AND t.resource_id = 5700`);
    const countRegistrations = database.prepare(`SELECT
      (SELECT count(*) FROM Endpoint e WHERE e.endpoint = :name) AS endpoints,
      (SELECT count(*) FROM Resource r JOIN ResourceType t ON t.id = r.resource_type_id
        WHERE r.endpoint = :name AND t.object_id = 10240 AND t.resource_id = 0) AS events`);
    for (const device of devices) {
      const stored = new Set(select.all(device.name).map(({ value }) => value));
      const lost = [...device.acknowledged].filter((value) => !stored.has(value));
      expect(device.acknowledged.size).toBeGreaterThan(ROUNDS / 2);
      expect(lost).toEqual([]);
      const { endpoints, events } = countRegistrations.get({ name: device.name }) ?? {};
      expect(device.registrations).toBeGreaterThanOrEqual(ROUNDS / 3);
      expect(endpoints).toBe(1);
      expect(events).toBeGreaterThanOrEqual(device.registrations);
    }
    database.close();
    expect(acknowledged).toBeGreaterThanOrEqual((ROUNDS / 2) * 20);
  },
);
