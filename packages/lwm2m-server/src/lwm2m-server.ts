import type { TraceHook } from '@flownexus/coap';
import type { Device } from './api/device.ts';
import type { Lwm2mServerEvents } from './api/events.ts';
import type { ObservationPolicy } from './api/observation.ts';
import type { Lwm2mServerOptions } from './api/options.ts';
import type { ServerAddress } from './api/server-endpoint.ts';
import { Lifecycle } from './composition/lifecycle.ts';
import { ServerParts } from './composition/server-parts.ts';
import type { EndpointStatistics } from './endpoint-statistics.ts';
import type { Presence } from './presence/presence.ts';
import type { OperationQueue } from './queue/queue-api.ts';
import type { Registration } from './registration/registration.ts';
import type { ServerStatistics } from './statistics.ts';

/**
 * An LwM2M server: devices register with it, and it reads and observes what they have.
 *
 * @example
 * const server = new Lwm2mServer({
 *   endpoints: [coap({ port: 5683 })],
 *   objects: await ObjectRegistry.bundled(),
 *   observe: [{ path: '/3303/*\/5700' }],
 *   onNotify: async (notification) => { await store(notification.records); },
 * });
 * server.on('registered', (registration) => console.log(registration.endpointName));
 * await server.start();
 * const { node } = await server.device('urn:imei:123456789012345').read('/3/0');
 */
export class Lwm2mServer {
  readonly #parts: ServerParts;
  readonly #lifecycle = new Lifecycle();

  /**
   * @throws TypeError for an observation policy whose path is none, and for resources with a path that is taken
   * @throws RangeError for an option out of its range
   */
  constructor(options: Lwm2mServerOptions) {
    this.#parts = new ServerParts(options);
  }

  /** The addresses that the server listens on, in the order of its endpoints; empty while it does not run. */
  get addresses(): readonly ServerAddress[] {
    return this.#parts.endpoints.addresses;
  }

  /** What the server counted since it was made, and what it holds now: a snapshot, made anew by each call. */
  get statistics(): ServerStatistics {
    return this.#parts.statistics();
  }

  /** What was counted of one endpoint, a snapshot; undefined while it is not registered. */
  endpointStatistics(endpointName: string): EndpointStatistics | undefined {
    return this.#parts.foundation.tallies.of(endpointName);
  }

  /**
   * Shows the CoAP messages from and to an endpoint, wherever it is, until the function that it returns is called: its Registers, also those that are
   * refused, too. It costs nothing while nobody looks at any endpoint. What the hook throws goes to `onError`.
   *
   * @throws Lwm2mServerError `ERR_LWM2M_SERVER_LIMIT` when as many endpoints are traced as may be
   *
   * @example
   * const stop = server.trace('urn:imei:123456789012345', ({ direction, message }) => console.log(direction, message));
   */
  trace(endpointName: string, hook: TraceHook): () => void {
    return this.#parts.traces.add(endpointName, hook);
  }

  /**
   * Opens the endpoints; a server starts once. Rejects when one can't be opened (`TransportError`), with none left open.
   */
  async start(): Promise<void> {
    await this.#lifecycle.start(() => this.#parts.start());
  }

  /**
   * Closes the endpoints and ends all observations. Resolves when the handlers that were running are done and their
   * events are emitted. Devices are told nothing: their registrations stand until they expire.
   */
  async stop(): Promise<void> {
    await this.#lifecycle.stop(() => this.#parts.stop());
  }

  /** Downlink operations on an endpoint, whether it is registered at present or not. */
  device(endpointName: string): Device {
    return this.#parts.device(endpointName);
  }

  /** The durable downlink queue: operations for endpoints that may be asleep or not registered at present. It runs while the server does. */
  get operations(): OperationQueue {
    return this.#parts.downlink.queue;
  }

  /**
   * Exchanges the observation policies. What is not wanted any more is ended at the devices, and what is new is established.
   *
   * @throws TypeError for a policy whose path is none, RangeError for one whose attributes have no form; all is as it was then
   */
  setPolicies(policies: readonly ObservationPolicy[]): void {
    this.#parts.observations.setPolicies(policies);
  }

  /** Whether an endpoint can be reached now; undefined while it is not registered. */
  presence(endpointName: string): Presence | undefined {
    return this.device(endpointName).presence;
  }

  /** The present registrations, in the order of their Registers. */
  registrations(): Iterable<Registration> {
    return this.#parts.foundation.table.registrations();
  }

  /** The present registration of an endpoint; undefined when it is not registered. */
  registration(endpointName: string): Registration | undefined {
    return this.#parts.foundation.table.byEndpointName(endpointName)?.registration;
  }

  /**
   * Ends the registration of an endpoint, after the requests of it that came before: `onDeregister` is called and `deregistered` emitted, with the reason `revoked`.
   * The device is not told: its next Update is answered 4.04, whereupon it registers anew, which the rule `authorize` may refuse. Resolves to false when it was not
   * registered. `forget`: what queued operations asked to observe is not established anew by then, which else outlives registrations. Default false.
   */
  async endRegistration(endpointName: string, options: { readonly forget?: boolean } = {}): Promise<boolean> {
    return this.#parts.endRegistration(endpointName, options.forget === true);
  }

  /**
   * Calls `listener` at each event of that name, after those that were added before it. One that throws, or whose promise
   * rejects, goes to `onError`; nobody waits for its promise.
   */
  on<Name extends keyof Lwm2mServerEvents>(name: Name, listener: (...args: Lwm2mServerEvents[Name]) => unknown): this {
    this.#parts.foundation.events.on(name, listener);
    return this;
  }

  /** Takes back what `on` added, each time that it was. An event being emitted still reaches it. */
  off<Name extends keyof Lwm2mServerEvents>(name: Name, listener: (...args: Lwm2mServerEvents[Name]) => unknown): this {
    this.#parts.foundation.events.off(name, listener);
    return this;
  }

  /** Like `on`, for the next event of that name only. It can't be taken back. */
  once<Name extends keyof Lwm2mServerEvents>(
    name: Name,
    listener: (...args: Lwm2mServerEvents[Name]) => unknown,
  ): this {
    this.#parts.foundation.events.once(name, listener);
    return this;
  }
}
