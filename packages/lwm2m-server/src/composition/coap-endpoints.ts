import {
  CoapEndpoint,
  sumStatistics,
  type CoapEndpointOptions,
  type CoapReply,
  type CoapStatistics,
  type IncomingRequest,
} from '@flownexus/coap';
import { formatAddress, type Peer } from '@flownexus/datagram';
import type { Lwm2mServerOptions } from '../api/options.ts';
import type { ServerAddress, ServerEndpoint } from '../api/server-endpoint.ts';
import type { CoapTraceHook } from '../endpoint-traces.ts';
import { Lwm2mServerError } from '../errors.ts';
import { ReportedError } from '../events.ts';
import type { CoapClient } from '../registration/registered-endpoint.ts';
import type { RegistrationTable } from '../registration/registration-table.ts';
import type { CredentialStore } from '../security/credential-store.ts';
import type { Runtime } from './runtime.ts';

/** What the endpoints of a server need of it. */
export interface EndpointsContext extends Pick<Runtime, 'clock' | 'random' | 'stopped' | 'report'> {
  readonly options: Pick<Lwm2mServerOptions, 'endpoints' | 'credentials' | 'peerSettings' | 'coapLimits' | 'echo'>;
  readonly table: Pick<RegistrationTable, 'byPeer'>;
}

export type RequestHandler = (request: IncomingRequest, coap: CoapEndpoint) => CoapReply | Promise<CoapReply>;

/** The CoAP endpoints of a server: one for each of its options `endpoints`. */
export class CoapEndpoints {
  readonly #context: EndpointsContext;
  readonly #handle: RequestHandler;
  /** The stores that belong to single endpoints. */
  readonly #provers = new Map<CoapClient, CredentialStore>();
  /** Of those that are open, in the order of the options. */
  readonly #addresses = new Map<CoapClient, ServerAddress>();
  /** In the order of the options. */
  #endpoints: CoapEndpoint[] = [];
  #trace: CoapTraceHook | undefined;

  constructor(context: EndpointsContext, handle: RequestHandler) {
    this.#context = context;
    this.#handle = handle;
  }

  /** In the order of the options; empty unless they are open. */
  get addresses(): readonly ServerAddress[] {
    return [...this.#addresses.values()];
  }

  /** The address of a CoAP endpoint as a text: `coap://192.0.2.1:5683`. Empty when it is not open, or has none. */
  addressOf(coap: CoapClient): string {
    const address = this.#addresses.get(coap);
    return address === undefined ? '' : `${address.scheme}://${formatAddress(address.host, address.port)}`;
  }

  /** Summed over the endpoints. */
  get statistics(): CoapStatistics {
    return sumStatistics(this.#endpoints.map(({ statistics }) => statistics));
  }

  /** Sees all datagrams of all endpoints from now on; undefined: nobody does. */
  setTrace(hook: CoapTraceHook | undefined): void {
    this.#trace = hook;
    for (const endpoint of this.#endpoints) this.#traceOf(endpoint);
  }

  #traceOf(endpoint: CoapEndpoint): void {
    const hook = this.#trace;
    endpoint.setTrace(hook && ((event) => hook(event, endpoint)));
  }

  /** The store by which peers of a CoAP endpoint have proven their identities, if there is one for it alone. */
  proverOf(coap: CoapClient): CredentialStore | undefined {
    return this.#provers.get(coap);
  }

  /**
   * Opens all; returns them with their schemes. Rejects when one can't be opened, with none left open. `opened` is called for each, before anything comes in
   * there.
   */
  async open(opened: (coap: CoapEndpoint) => void): Promise<readonly (readonly [CoapEndpoint, string])[]> {
    const { options, stopped } = this.#context;
    const open: (readonly [CoapEndpoint, string])[] = [];
    try {
      for (const serverEndpoint of options.endpoints) {
        const { endpoint, scheme } = this.#create(serverEndpoint);
        this.#endpoints.push(endpoint);
        await endpoint.open();
        if (stopped.aborted)
          throw new Lwm2mServerError('ERR_LWM2M_SERVER_STATE', 'the server was stopped as it started');
        open.push([endpoint, scheme]);
        const address = endpoint.localAddress;
        if (address !== undefined) this.#addresses.set(endpoint, { scheme, host: address.host, port: address.port });
        opened(endpoint);
      }
    } catch (error) {
      await this.close();
      this.#endpoints = [];
      throw error;
    }
    return open;
  }

  /** Closes all. What fails is reported. */
  async close(): Promise<void> {
    const closed = await Promise.allSettled(this.#endpoints.map((endpoint) => endpoint.close()));
    this.#addresses.clear();
    for (const result of closed) {
      if (result.status === 'rejected') this.#context.report(result.reason, 'an endpoint could not be closed');
    }
  }

  #create(serverEndpoint: ServerEndpoint): { readonly endpoint: CoapEndpoint; readonly scheme: string } {
    const { options, clock, random, stopped, report } = this.#context;
    const transport = serverEndpoint.createTransport({ clock, random, signal: stopped, onError: report });
    const endpoint: CoapEndpoint = new CoapEndpoint({
      transport,
      clock,
      random,
      onRequest: (request) => this.#handle(request, endpoint),
      onError: (error, context) => {
        if (!(error instanceof ReportedError)) report(error, context);
      },
      ...this.#engineOptions(() => endpoint),
    });
    this.#traceOf(endpoint);
    const { credentials } = serverEndpoint;
    if (credentials !== undefined && options.credentials === undefined) this.#provers.set(endpoint, credentials);
    return { endpoint, scheme: transport.scheme };
  }

  /** What of the options is for the CoAP engine. */
  #engineOptions(endpoint: () => CoapClient): Partial<CoapEndpointOptions> {
    const { options, table } = this.#context;
    const { peerSettings, coapLimits, echo } = options;
    return {
      ...(coapLimits === undefined ? {} : { limits: coapLimits }),
      ...(echo === undefined ? {} : { echo }),
      ...(peerSettings === undefined
        ? {}
        : { peerSettings: (peer: Peer) => peerSettings(peer, table.byPeer(endpoint(), peer.key)?.registration) }),
    };
  }
}
