import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Lwm2mServerOptions, ServerEndpoint } from '../../src/index.ts';
import { openSqliteStores, type SqliteStores } from '../../src/sqlite/index.ts';
import type { DeviceStage } from './device-stage.ts';

/** A server of a stage that keeps what it has in SQLite, and can be started again at its address. */
export class DurableServer {
  readonly #stage: DeviceStage;
  readonly #file: string;
  readonly #endpoint: (stores: SqliteStores, port: number) => ServerEndpoint;
  readonly #options: Partial<Lwm2mServerOptions>;
  #stores: SqliteStores;

  private constructor(
    stage: DeviceStage,
    folder: string,
    endpoint: (stores: SqliteStores, port: number) => ServerEndpoint,
    options: Partial<Lwm2mServerOptions>,
  ) {
    this.#stage = stage;
    this.#file = join(folder, 'lwm2m.db');
    this.#endpoint = endpoint;
    this.#options = options;
    this.#stores = openSqliteStores({ file: this.#file });
  }

  /** Starts it, for the present test. `endpoint` is asked again after each restart. */
  static async start(
    stage: DeviceStage,
    endpoint: (stores: SqliteStores, port: number) => ServerEndpoint,
    options: Partial<Lwm2mServerOptions> = {},
  ): Promise<DurableServer> {
    const folder = mkdtempSync(join(tmpdir(), 'durable-server-'));
    const server = new DurableServer(stage, folder, endpoint, options);
    onTestFinished(async () => {
      await stage.close();
      server.#stores.close();
      rmSync(folder, { recursive: true });
    });
    await server.#open(0);
    return server;
  }

  get stores(): SqliteStores {
    return this.#stores;
  }

  /** Stops it, closes its stores, and starts another one on what they have. */
  async restart(): Promise<void> {
    const port = this.#stage.server.addresses[0]?.port ?? 0;
    await this.#stage.server.stop();
    this.#stores.close();
    this.#stores = openSqliteStores({ file: this.#file });
    await this.#open(port);
  }

  async #open(port: number): Promise<void> {
    const { registrations, observations, operations } = this.#stores;
    await this.#stage.open({
      endpoints: [this.#endpoint(this.#stores, port)],
      registrationStore: registrations,
      observationStore: observations,
      operationStore: operations,
      ...this.#options,
    });
  }
}
