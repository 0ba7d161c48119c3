import { Code, type CoapEndpoint, type CoapReply, type IncomingRequest } from '@flownexus/coap';
import type { PeerIdentity } from '@flownexus/datagram';
import type { BootstrapOptions } from '../api/bootstrap.ts';
import type { Lwm2mServerOptions } from '../api/options.ts';
import { RegisteredDevice, type DeviceContext } from '../downlink/device.ts';
import { performAny } from '../downlink/perform-any.ts';
import { EndpointTraces } from '../endpoint-traces.ts';
import { andThen, type MaybePromise } from '../maybe-promise.ts';
import type { Observations } from '../observation/observations.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import type { SendInterface } from '../reporting/send-interface.ts';
import type { CredentialStore } from '../security/credential-store.ts';
import type { ServerStatistics } from '../statistics.ts';
import { createBootstrapping, PACK_ECHO, type Bootstrapping } from './bootstrapping.ts';
import { CoapEndpoints, type EndpointsContext } from './coap-endpoints.ts';
import { credentialsOf, followCredentials } from './credentials-of.ts';
import { createDownlink, type Downlink } from './downlink.ts';
import { Foundation } from './foundation.ts';
import { createObservations } from './observing.ts';
import { createRegistering, type Registering, type RegistrationFollower } from './registering.ts';
import { createSendInterface } from './reporting.ts';
import { ServedResources } from './served-resources.ts';

/**
 * The parts of a server, and who tells whom: the one place where they are put together. What a part is made of stands in a file
 * of this folder (`registering.ts`, `observing.ts`), and what all have in common in `Foundation`.
 *
 * - A request comes from `endpoints` to `#route`, by its path.
 * - Whatever comes from an endpoint is told to its presence, by which operations have their turns.
 * - What happens to registrations goes to the listeners of the server and then to the followers, in the order in which they are given.
 * - `start` loads the stores before the endpoints open; the function that `open` gets is called for each, before anything comes in there.
 */
export class ServerParts {
  readonly foundation: Foundation;
  readonly endpoints: CoapEndpoints;
  readonly observations: Observations;
  readonly downlink: Downlink;
  readonly traces: EndpointTraces;
  readonly #sends: SendInterface;
  readonly #credentials: readonly CredentialStore[];
  readonly #resources: ServedResources;
  readonly #followers: readonly RegistrationFollower[];
  readonly #registering: Registering;
  readonly #bootstrapping: Bootstrapping | undefined;
  /** What comes in while endpoints are still being opened waits: nothing is heard before all is known that was. */
  #starting: Promise<undefined> | undefined;
  readonly #deviceContext: DeviceContext;

  /**
   * @throws TypeError for an observation policy whose path is none, and for resources with a path that is taken
   * @throws RangeError for an option out of its range
   */
  constructor(options: Lwm2mServerOptions) {
    this.foundation = new Foundation(options);
    this.endpoints = new CoapEndpoints(endpointsContext(this.foundation), (request, coap) =>
      this.#handle(request, coap),
    );
    this.#credentials = credentialsOf(options);
    this.#resources = new ServedResources({
      resources: options.resources,
      credentials: this.#credentials,
      proverOf: (coap) => this.endpoints.proverOf(coap),
    });
    this.traces = new EndpointTraces({
      table: this.foundation.table,
      setTrace: (hook) => this.endpoints.setTrace(hook),
      reportError: this.foundation.report,
      clock: this.foundation.clock,
    });
    this.downlink = createDownlink(this.foundation, (endpoint, operation, bounds) =>
      performAny(endpoint, operation, this.#deviceContext, bounds),
    );
    this.observations = createObservations(this.foundation, this.downlink);
    this.#followers = [this.downlink.follower, this.observations];
    this.#registering = createRegistering(this.foundation, this.#credentials, this.endpoints, this.#followers);
    this.#sends = createSendInterface(
      this.foundation,
      this.#credentials,
      (coap) => this.endpoints.proverOf(coap),
      (endpoint) => {
        this.downlink.presence.heard(endpoint, 'send');
        this.observations.heard(endpoint);
      },
    );
    this.#bootstrapping = options.bootstrap && this.#createBootstrapping(options.bootstrap);
    this.#deviceContext = this.#createDeviceContext();
  }

  /** The downlink operations on an endpoint name. */
  device(endpointName: string): RegisteredDevice {
    return new RegisteredDevice(endpointName, this.#deviceContext);
  }

  /** What is counted and held at this moment. */
  statistics(): ServerStatistics {
    const { foundation, downlink } = this;
    let asleep = 0;
    for (const endpoint of foundation.table.endpoints()) if (!downlink.presence.isAwake(endpoint)) asleep += 1;
    return {
      uptimeMs: foundation.clock.now() - foundation.createdAtMs,
      registrations: foundation.table.size,
      asleep,
      observations: this.observations.size,
      queued: downlink.queue.size,
      waiting: downlink.turns.waiting,
      ...foundation.counters,
      coap: this.endpoints.statistics,
    };
  }

  /** Ends the registration of an endpoint; with `forget` also what is observed on it for queued operations. False when it has none. */
  endRegistration(endpointName: string, forget: boolean): MaybePromise<boolean> {
    return andThen(
      this.#registering.ends.revoke(endpointName, () => true),
      (isEnded) => {
        if (forget) this.observations.forget(endpointName);
        return isEnded;
      },
    );
  }

  /** Rejects when a store can't be loaded or an endpoint can't be opened, with all stopped. */
  async start(): Promise<void> {
    this.#followCredentials();
    const { restoration } = this.#registering;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#starting = promise;
    try {
      await restoration?.load();
      await this.observations.load();
      await this.downlink.queue.load();
      const open = await this.endpoints.open((coap) => {
        this.#restored(restoration?.opened(coap, this.endpoints.addressOf(coap)));
      });
      for (const [coap, scheme] of open) this.#restored(restoration?.openedAll(coap, scheme));
      this.#restored(restoration?.rest());
      this.observations.allRestored();
      this.downlink.queue.start();
    } catch (error) {
      this.foundation.abort();
      this.foundation.timers.clear();
      throw error;
    } finally {
      this.#starting = undefined;
      resolve(undefined);
    }
  }

  /** Resolves when the handlers that were running are done and their events are emitted. */
  async stop(): Promise<void> {
    const { foundation } = this;
    foundation.abort();
    await this.#starting;
    this.downlink.queue.stop(); // before what is being sent ends with the endpoints
    this.downlink.turns.stop();
    this.observations.stop();
    this.#bootstrapping?.sessions.stop();
    foundation.timers.clear();
    await this.endpoints.close();
    await foundation.idle();
    foundation.afterSent.flush();
    foundation.timers.clear(); // a handler that was running may have begun a lifetime
  }

  #restored(endpoints: readonly RegisteredEndpoint[] = []): void {
    for (const endpoint of endpoints) for (const follower of this.#followers) follower.restored?.(endpoint);
  }

  #createDeviceContext(): DeviceContext {
    const { options, clock, table } = this.foundation;
    const { presence, turns } = this.downlink;
    return {
      find: (name) => table.byEndpointName(name),
      turns,
      presenceOf: (endpoint) => presence.of(endpoint),
      observations: this.observations,
      objects: options.objects,
      clock,
    };
  }

  #createBootstrapping(options: BootstrapOptions): Bootstrapping {
    const { foundation, endpoints } = this;
    return createBootstrapping(options, {
      runtime: foundation,
      objects: foundation.options.objects,
      admission: this.#registering.admission,
      proverOf: (coap) => endpoints.proverOf(coap),
      events: foundation.events,
      counters: foundation.counters,
      refused: foundation.refused,
    });
  }

  #handle(request: IncomingRequest, coap: CoapEndpoint): CoapReply | Promise<CoapReply> {
    const reply = this.#starting?.then(() => this.#route(request, coap)) ?? this.#route(request, coap);
    return reply instanceof Promise ? this.foundation.track(reply) : reply;
  }

  #route(request: IncomingRequest, coap: CoapEndpoint): CoapReply | Promise<CoapReply> {
    if (this.foundation.stopped.aborted) return { code: Code.SERVICE_UNAVAILABLE };
    switch (request.path[0]) {
      case 'rd':
        return this.#registering.registrations.handle(request, coap);
      case 'dp':
        return this.#sends.handle(request, coap);
      default:
        return this.#bootstrapping?.handle(request, coap) ?? this.#resources.handle(request, coap);
    }
  }

  #followCredentials(): void {
    followCredentials(this.#credentials, this.foundation.stopped, (change) => {
      const { admission, ends } = this.#registering;
      admission.credentialChanged(change.endpointName);
      const isRevoked = (identity: PeerIdentity): boolean => change.isRevoked(identity);
      void ends.revoke(change.endpointName, isRevoked);
      this.#bootstrapping?.sessions.revoke(change.endpointName, isRevoked);
    });
  }
}

/** What its endpoints need of a server, with what bootstrapping needs of them. */
function endpointsContext(foundation: Foundation): EndpointsContext {
  const { options, clock, random, stopped, report, table } = foundation;
  if (options.bootstrap === undefined) return foundation;
  return { options: { ...options, echo: options.echo ?? PACK_ECHO }, clock, random, stopped, report, table };
}
