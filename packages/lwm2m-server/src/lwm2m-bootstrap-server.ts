import type { TraceHook } from '@flownexus/coap';
import type { Lwm2mBootstrapServerEvents, Lwm2mBootstrapServerOptions } from './api/bootstrap-server.ts';
import type { ServerAddress } from './api/server-endpoint.ts';
import { BootstrapParts } from './composition/bootstrap-parts.ts';
import { Lifecycle } from './composition/lifecycle.ts';
import type { BootstrapServerStatistics } from './statistics.ts';

/**
 * An LwM2M Bootstrap-Server: devices ask it which servers they are to register with, and with which keys.
 *
 * @example
 * const configurations = new MemoryBootstrapStore();
 * configurations.set('urn:imei:123456789012345', {
 *   instances: serverAccount({ shortServerId: 1, uri: 'coap://lwm2m.example.com' }),
 * });
 * const server = new Lwm2mBootstrapServer({
 *   endpoints: [coap({ port: 5783 })],
 *   objects: await ObjectRegistry.bundled(),
 *   configurations,
 * });
 * server.on('bootstrapFinished', ({ endpointName }) => console.log(endpointName));
 * await server.start();
 */
export class Lwm2mBootstrapServer {
  readonly #parts: BootstrapParts;
  readonly #lifecycle = new Lifecycle();

  /** @throws RangeError for an option out of its range */
  constructor(options: Lwm2mBootstrapServerOptions) {
    this.#parts = new BootstrapParts(options);
  }

  /** The addresses that the server listens on, in the order of its endpoints; empty while it does not run. */
  get addresses(): readonly ServerAddress[] {
    return this.#parts.endpoints.addresses;
  }

  /** What the server counted since it was made, and what it holds now: a snapshot, made anew by each call. */
  get statistics(): BootstrapServerStatistics {
    return this.#parts.statistics();
  }

  /**
   * Shows the CoAP messages from and to a device that asks to be bootstrapped under this name, until the function that it returns is called: see `Lwm2mServer.trace`.
   *
   * @throws Lwm2mServerError `ERR_LWM2M_SERVER_LIMIT` when as many endpoints are traced as may be
   */
  trace(endpointName: string, hook: TraceHook): () => void {
    return this.#parts.traces.add(endpointName, hook);
  }

  /** Opens the endpoints; a server starts once. Rejects when one can't be opened (`TransportError`), with none left open. */
  async start(): Promise<void> {
    await this.#lifecycle.start(() => this.#parts.start());
  }

  /** Closes the endpoints. Sessions that are under way fail. Resolves when their events are emitted. */
  async stop(): Promise<void> {
    await this.#lifecycle.stop(() => this.#parts.stop());
  }

  /**
   * Calls `listener` at each event of that name, after those that were added before it. One that throws, or whose promise
   * rejects, goes to `onError`; nobody waits for its promise.
   */
  on<Name extends keyof Lwm2mBootstrapServerEvents>(
    name: Name,
    listener: (...args: Lwm2mBootstrapServerEvents[Name]) => unknown,
  ): this {
    this.#parts.events.on(name, listener);
    return this;
  }

  /** Takes back what `on` added, each time that it was. An event being emitted still reaches it. */
  off<Name extends keyof Lwm2mBootstrapServerEvents>(
    name: Name,
    listener: (...args: Lwm2mBootstrapServerEvents[Name]) => unknown,
  ): this {
    this.#parts.events.off(name, listener);
    return this;
  }

  /** Like `on`, for the next event of that name only. It can't be taken back. */
  once<Name extends keyof Lwm2mBootstrapServerEvents>(
    name: Name,
    listener: (...args: Lwm2mBootstrapServerEvents[Name]) => unknown,
  ): this {
    this.#parts.events.once(name, listener);
    return this;
  }
}
