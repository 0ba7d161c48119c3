import { Code, type CoapEndpoint, type CoapReply, type IncomingRequest } from '@flownexus/coap';
import type { Lwm2mBootstrapServerEvents, Lwm2mBootstrapServerOptions } from '../api/bootstrap-server.ts';
import { EndpointTraces } from '../endpoint-traces.ts';
import { EventSource } from '../events.ts';
import { Admission } from '../security/admission.ts';
import { Authorization } from '../security/authorization.ts';
import type { BootstrapServerStatistics } from '../statistics.ts';
import { createBootstrapping, PACK_ECHO, type Bootstrapping } from './bootstrapping.ts';
import { CoapEndpoints } from './coap-endpoints.ts';
import { credentialsOf, followCredentials } from './credentials-of.ts';
import { Runtime } from './runtime.ts';

/** A Bootstrap-Server knows devices only as long as it bootstraps them. */
const NO_REGISTRATIONS = {
  byPeer: () => undefined,
  byEndpointName: () => undefined,
  byRegistrationId: () => undefined,
};

/** The parts of a Bootstrap-Server, put together: as `ServerParts`, without registrations. */
export class BootstrapParts {
  readonly events: EventSource<Lwm2mBootstrapServerEvents>;
  readonly endpoints: CoapEndpoints;
  readonly traces: EndpointTraces;
  readonly #options: Lwm2mBootstrapServerOptions;
  readonly #runtime: Runtime;
  readonly #admission: Admission;
  readonly #bootstrapping: Bootstrapping;
  readonly #counters = { bootstraps: 0, bootstrapFailures: 0, bootstrapPacks: 0, refusals: 0 };
  /** On the monotonic clock. */
  readonly #createdAtMs: number;

  /** @throws RangeError for an option out of its range */
  constructor(options: Lwm2mBootstrapServerOptions) {
    this.#options = options;
    const runtime = new Runtime(options);
    this.#runtime = runtime;
    const { clock, random, stopped, report } = runtime;
    this.#createdAtMs = clock.now();
    this.events = new EventSource(report);
    this.endpoints = new CoapEndpoints(
      {
        options: { ...options, echo: options.echo ?? PACK_ECHO },
        clock,
        random,
        stopped,
        report,
        table: NO_REGISTRATIONS,
      },
      (request, coap) => this.#handle(request, coap),
    );
    this.traces = new EndpointTraces({
      table: NO_REGISTRATIONS,
      setTrace: (hook) => this.endpoints.setTrace(hook),
      reportError: report,
      clock,
    });
    this.#admission = new Admission({
      authorization: new Authorization(credentialsOf(options)),
      rules: options,
      registrationOf: () => undefined,
      reportError: report,
    });
    this.#bootstrapping = createBootstrapping(options, {
      runtime,
      objects: options.objects,
      admission: this.#admission,
      proverOf: (coap) => this.endpoints.proverOf(coap),
      events: this.events,
      counters: this.#counters,
      refused: (refusal) => {
        this.#counters.refusals += 1;
        this.events.emit('refused', refusal);
      },
    });
  }

  /** What is counted and held at this moment. */
  statistics(): BootstrapServerStatistics {
    return {
      uptimeMs: this.#runtime.clock.now() - this.#createdAtMs,
      sessions: this.#bootstrapping.sessions.size,
      ...this.#counters,
      coap: this.endpoints.statistics,
    };
  }

  /** Rejects when an endpoint can't be opened, with none left open. */
  async start(): Promise<void> {
    followCredentials(credentialsOf(this.#options), this.#runtime.stopped, (change) => {
      this.#admission.credentialChanged(change.endpointName);
      this.#bootstrapping.sessions.revoke(change.endpointName, (identity) => change.isRevoked(identity));
    });
    try {
      await this.endpoints.open(() => undefined);
    } catch (error) {
      this.#runtime.abort();
      throw error;
    }
  }

  /** Resolves when what was under way is over and its events are emitted. */
  async stop(): Promise<void> {
    this.#runtime.abort();
    this.#bootstrapping.sessions.stop();
    await this.endpoints.close();
    await this.#runtime.idle();
    this.#runtime.timers.clear();
  }

  #handle(request: IncomingRequest, coap: CoapEndpoint): CoapReply | Promise<CoapReply> {
    if (this.#runtime.stopped.aborted) return { code: Code.SERVICE_UNAVAILABLE };
    const reply = this.#bootstrapping.handle(request, coap) ?? { code: Code.NOT_FOUND };
    return reply instanceof Promise ? this.#runtime.track(reply) : reply;
  }
}
