import { Code, CoapEndpoint, sumStatistics, type CoapReply, type IncomingRequest } from '@flownexus/coap';
import { systemClock, systemRandom, TimerQueue, type Clock, type RandomSource } from '@flownexus/datagram';
import type { Device } from './api/device.ts';
import type { Lwm2mServerEvents } from './api/events.ts';
import type { Notification } from './api/observation.ts';
import type { Lwm2mServerOptions } from './api/options.ts';
import type { ServerAddress } from './api/server-endpoint.ts';
import { AfterSent } from './after-sent.ts';
import { RegisteredDevice } from './downlink/device.ts';
import { Lwm2mServerError } from './errors.ts';
import { EventSource, ReportedError, safeReporter, type ErrorReporter } from './events.ts';
import { limits } from './limits.ts';
import { Observations } from './observation/observations.ts';
import { parsePolicies } from './observation/observation-policy.ts';
import type { RegisteredEndpoint } from './registration/registered-endpoint.ts';
import { RegistrationInterface, type RegistrationObserver } from './registration/registration-interface.ts';
import { RegistrationTable } from './registration/registration-table.ts';
import type { Registration } from './registration/registration.ts';
import { Authorization } from './security/authorization.ts';
import type { CredentialStore } from './security/credential-store.ts';
import { newCounters, type ServerStatistics } from './statistics.ts';

/** TS Core leaves it to the server how long it waits: one MAX_TRANSMIT_WAIT (RFC 7252 §4.8.2) for an Update under way. */
const DEFAULT_GRACE_PERIOD_MS = 93_000;

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
  readonly #options: Lwm2mServerOptions;
  readonly #clock: Clock;
  readonly #random: RandomSource;
  readonly #timers: TimerQueue;
  readonly #afterSent: AfterSent;
  readonly #report: ErrorReporter;
  readonly #events: EventSource<Lwm2mServerEvents>;
  readonly #counters = newCounters();
  readonly #table: RegistrationTable;
  readonly #registrations: RegistrationInterface;
  readonly #observations: Observations;
  readonly #credentials: readonly CredentialStore[];
  /** The stores that belong to single endpoints. */
  readonly #provers = new Map<unknown, CredentialStore>();
  /** Handlers that run. The CoAP engine bounds them: so many messages of so many peers are handled at a time. */
  readonly #underway = new Set<Promise<unknown>>();
  /** What ends with the server. */
  readonly #stopped = new AbortController();
  #endpoints: readonly CoapEndpoint[] = [];
  #addresses: readonly ServerAddress[] = [];
  #state: 'new' | 'running' | 'stopped' = 'new';

  /**
   * @throws TypeError for an observation policy whose path is none
   * @throws RangeError for an option out of its range
   */
  constructor(options: Lwm2mServerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    this.#report = safeReporter(options.onError);
    this.#events = new EventSource(this.#report);
    this.#timers = new TimerQueue({
      clock: this.#clock,
      onError: (error) => this.#report(error, 'a timer of the server threw'),
    });
    this.#afterSent = new AfterSent(this.#timers);
    this.#table = new RegistrationTable(options.maxRegistrations ?? limits.maxRegistrations);
    this.#observations = this.#createObservations();
    this.#credentials = credentialsOf(options);
    this.#registrations = new RegistrationInterface({
      table: this.#table,
      authorization: new Authorization(this.#credentials),
      proverOf: (coap) => this.#provers.get(coap),
      handlers: options,
      observer: this.#registrationObserver(),
      reportError: this.#report,
      clock: this.#clock,
      random: this.#random,
      timers: this.#timers,
      gracePeriodMs: options.gracePeriodMs ?? DEFAULT_GRACE_PERIOD_MS,
      track: (work) => this.#track(work),
    });
  }

  /** The addresses that the server listens on, in the order of its endpoints; empty while it does not run. */
  get addresses(): readonly ServerAddress[] {
    return this.#addresses;
  }

  /** What the server counted since it was made, and what it holds now: a snapshot, made anew by each call. */
  get statistics(): ServerStatistics {
    return {
      registrations: this.#table.size,
      observations: this.#observations.size,
      ...this.#counters,
      coap: sumStatistics(this.#endpoints.map(({ statistics }) => statistics)),
    };
  }

  /**
   * Opens the endpoints; a server starts once. Rejects when one can't be opened (`TransportError`), with none left open.
   */
  async start(): Promise<void> {
    if (this.#state !== 'new') throw new Lwm2mServerError('ERR_LWM2M_SERVER_STATE', 'a server starts once');
    this.#state = 'running';
    for (const store of this.#credentials) {
      const stopListening = store.onChange((change) => {
        this.#registrations.revoke(change.endpointName, (identity) => change.isRevoked(identity));
      });
      this.#stopped.signal.addEventListener('abort', stopListening, { once: true });
    }
    const endpoints: CoapEndpoint[] = [];
    const addresses: ServerAddress[] = [];
    try {
      for (const serverEndpoint of this.#options.endpoints) {
        const transport = serverEndpoint.createTransport({
          clock: this.#clock,
          random: this.#random,
          signal: this.#stopped.signal,
          onError: this.#report,
        });
        const endpoint: CoapEndpoint = new CoapEndpoint({
          transport,
          clock: this.#clock,
          random: this.#random,
          onRequest: (request) => this.#handle(request, endpoint),
          onError: (error, context) => {
            if (!(error instanceof ReportedError)) this.#report(error, context);
          },
        });
        endpoints.push(endpoint);
        const { credentials } = serverEndpoint;
        if (credentials !== undefined && this.#options.credentials === undefined) {
          this.#provers.set(endpoint, credentials);
        }
        await endpoint.open();
        const address = endpoint.localAddress;
        if (address !== undefined) addresses.push({ scheme: transport.scheme, host: address.host, port: address.port });
      }
    } catch (error) {
      this.#state = 'stopped';
      this.#stopped.abort();
      await Promise.allSettled(endpoints.map((endpoint) => endpoint.close()));
      throw error;
    }
    this.#endpoints = endpoints;
    this.#addresses = addresses;
  }

  /**
   * Closes the endpoints and ends all observations. Resolves when the handlers that were running are done and their
   * events are emitted. Devices are told nothing: their registrations stand until they expire.
   */
  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    this.#stopped.abort();
    this.#observations.stop();
    this.#timers.clear();
    const closed = await Promise.allSettled(this.#endpoints.map((endpoint) => endpoint.close()));
    this.#addresses = [];
    while (this.#underway.size > 0) await Promise.allSettled(this.#underway);
    this.#afterSent.flush();
    this.#timers.clear(); // a handler that was running may have begun a lifetime
    for (const result of closed) {
      if (result.status === 'rejected') this.#report(result.reason, 'an endpoint could not be closed');
    }
  }

  /** Downlink operations on an endpoint, whether it is registered at present or not. */
  device(endpointName: string): Pick<Device, 'endpointName' | 'registration' | 'read' | 'observe'> {
    return new RegisteredDevice(endpointName, {
      find: (name) => this.#table.byEndpointName(name),
      observe: (endpoint, path, options) => this.#observations.observe(endpoint, path, options),
      objects: this.#options.objects,
      clock: this.#clock,
    });
  }

  /** The present registrations, in the order of their Registers. */
  registrations(): Iterable<Registration> {
    return this.#table.registrations();
  }

  /** The present registration of an endpoint; undefined when it is not registered. */
  registration(endpointName: string): Registration | undefined {
    return this.#table.byEndpointName(endpointName)?.registration;
  }

  /**
   * Calls `listener` at each event of that name, after those that were added before it. One that throws, or whose promise
   * rejects, goes to `onError`; nobody waits for its promise.
   */
  on<Name extends keyof Lwm2mServerEvents>(name: Name, listener: (...args: Lwm2mServerEvents[Name]) => unknown): this {
    this.#events.on(name, listener);
    return this;
  }

  /** Takes back what `on` added, each time that it was. An event being emitted still reaches it. */
  off<Name extends keyof Lwm2mServerEvents>(name: Name, listener: (...args: Lwm2mServerEvents[Name]) => unknown): this {
    this.#events.off(name, listener);
    return this;
  }

  /** Like `on`, for the next event of that name only. It can't be taken back. */
  once<Name extends keyof Lwm2mServerEvents>(
    name: Name,
    listener: (...args: Lwm2mServerEvents[Name]) => unknown,
  ): this {
    this.#events.once(name, listener);
    return this;
  }

  #handle(request: IncomingRequest, endpoint: CoapEndpoint): CoapReply | Promise<CoapReply> {
    if (request.path[0] !== 'rd') return { code: Code.NOT_FOUND };
    const reply = this.#registrations.handle(request, endpoint);
    return reply instanceof Promise ? this.#track(reply) : reply;
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#underway.add(work);
    const done = (): void => {
      this.#underway.delete(work);
    };
    work.then(done, done);
    return work;
  }

  #registrationObserver(): RegistrationObserver {
    return {
      registered: (endpoint: RegisteredEndpoint) => {
        this.#counters.registers += 1;
        this.#events.emit('registered', endpoint.registration);
        this.#observations.registered(endpoint);
      },
      updated: (endpoint, previous, moved) => {
        this.#counters.updates += 1;
        this.#events.emit('updated', endpoint.registration, previous);
        this.#observations.updated(endpoint, previous, moved);
      },
      ended: (endpoint) => this.#observations.ended(endpoint),
      deregistered: (registration, reason) => {
        if (reason === 'deregistered') this.#counters.deregisters += 1;
        else if (reason === 'expired') this.#counters.expiries += 1;
        else if (reason === 'revoked') this.#counters.revocations += 1;
        this.#events.emit('deregistered', registration, reason);
      },
      refused: (refusal) => {
        this.#counters.refusals += 1;
        this.#events.emit('refused', refusal);
      },
    };
  }

  #createObservations(): Observations {
    const { objects, observe = [] } = this.#options;
    const failed = (registration: Registration, path: string, error: unknown): void => {
      const reason = error instanceof Error ? error : new Error(String(error));
      this.#afterSent.add(() => this.#events.emit('observationFailed', registration, path, reason));
    };
    return new Observations(parsePolicies(observe), {
      objects,
      clock: this.#clock,
      reportError: this.#report,
      timers: this.#timers,
      onNotify: (notification: Notification) => this.#options.onNotify?.(notification),
      track: (work) => this.#track(work),
      published: (notification) => {
        this.#counters.notifications += 1;
        this.#afterSent.add(() => this.#events.emit('notification', notification));
      },
      undecodable: (registration, path, error) => {
        this.#counters.undecodable += 1;
        failed(registration, path, error);
      },
      abandoned: (registration, path, error) => {
        this.#counters.abandoned += 1;
        failed(registration, path, error);
      },
      failed,
      dropped: () => {
        this.#counters.dropped += 1;
      },
    });
  }
}

/** The stores that a server asks, each once. */
function credentialsOf({ credentials, endpoints }: Lwm2mServerOptions): readonly CredentialStore[] {
  if (credentials !== undefined) return [credentials];
  const stores = endpoints.map((endpoint) => endpoint.credentials).filter((store) => store !== undefined);
  return [...new Set(stores)];
}
