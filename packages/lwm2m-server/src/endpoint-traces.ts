import {
  Code,
  codeClass,
  OptionNumber,
  stringOptions,
  type CoapMessage,
  type TraceEvent,
  type TraceHook,
} from '@flownexus/coap';
import type { Clock } from '@flownexus/datagram';
import { Lwm2mServerError } from './errors.ts';
import type { ErrorReporter } from './events.ts';
import { limits } from './limits.ts';
import type { CoapClient } from './registration/registered-endpoint.ts';
import type { RegistrationTable } from './registration/registration-table.ts';

/** Sees all datagrams of a CoAP endpoint. */
export type CoapTraceHook = (event: TraceEvent, coap: CoapClient) => void;

export interface EndpointTracesOptions {
  readonly table: Pick<RegistrationTable, 'byEndpointName' | 'byRegistrationId'>;
  /** Turns the traces of all CoAP endpoints on, or off. */
  readonly setTrace: (hook: CoapTraceHook | undefined) => void;
  readonly reportError: ErrorReporter;
  readonly clock: Clock;
}

interface Traced {
  readonly hooks: Set<TraceHook>;
  /** A peer that asks to be the endpoint, and until when it is taken for it: its request may be refused. */
  asking: { readonly coap: CoapClient; readonly peerKey: string; readonly untilMs: number } | undefined;
}

/**
 * Shows the CoAP messages of single endpoints, wherever they are. A peer counts as the endpoint that it is registered as, and for a while as the one
 * that it asks to be, so that the first Register is seen, one that is refused, and an Update from another address. As long as nobody looks at any endpoint
 * the CoAP engine shows nothing.
 */
export class EndpointTraces {
  readonly #options: EndpointTracesOptions;
  readonly #traced = new Map<string, Traced>();

  constructor(options: EndpointTracesOptions) {
    this.#options = options;
  }

  /**
   * Calls `hook` for each message from and to an endpoint, until the function that it returns is called.
   *
   * @throws Lwm2mServerError `ERR_LWM2M_SERVER_LIMIT` when too many endpoints are traced
   */
  add(endpointName: string, hook: TraceHook): () => void {
    let traced = this.#traced.get(endpointName);
    if (traced === undefined) {
      if (this.#traced.size >= limits.maxTracedEndpoints) {
        throw new Lwm2mServerError('ERR_LWM2M_SERVER_LIMIT', 'too many endpoints are traced');
      }
      traced = { hooks: new Set(), asking: undefined };
      this.#traced.set(endpointName, traced);
      if (this.#traced.size === 1) this.#options.setTrace((event, coap) => this.#see(event, coap));
    }
    const { hooks } = traced;
    const own: TraceHook = (event) => hook(event); // its own, also for one that is added twice
    hooks.add(own);
    return () => {
      if (!hooks.delete(own) || hooks.size > 0) return;
      this.#traced.delete(endpointName);
      if (this.#traced.size === 0) this.#options.setTrace(undefined);
    };
  }

  #see(event: TraceEvent, coap: CoapClient): void {
    const asked = event.direction === 'in' ? this.#asked(event.message) : undefined;
    for (const [name, traced] of this.#traced) {
      if (name === asked?.name) {
        const untilMs = this.#options.clock.now() + asked.forMs;
        traced.asking = { coap, peerKey: event.peer.key, untilMs };
      }
      if (!this.#isEndpoint(name, traced, event, coap)) continue;
      for (const hook of traced.hooks) {
        try {
          hook(event);
        } catch (error) {
          this.#options.reportError(error, `a trace of ${name} threw`);
        }
      }
    }
  }

  #isEndpoint(name: string, { asking }: Traced, { peer }: TraceEvent, coap: CoapClient): boolean {
    const endpoint = this.#options.table.byEndpointName(name);
    if (endpoint?.coap === coap && endpoint.peer.key === peer.key) return true;
    if (asking === undefined || asking.untilMs < this.#options.clock.now()) return false;
    return asking.coap === coap && asking.peerKey === peer.key;
  }

  /** The endpoint that a request under `/rd`, or one of the bootstrap interface, is for, as far as it says so; and how long its sender counts as that. */
  #asked(message: CoapMessage | undefined): { readonly name: string | undefined; readonly forMs: number } | undefined {
    if (message === undefined || codeClass(message.code) !== 0 || message.code === Code.EMPTY) return undefined;
    const [interfaceName = '', registrationId] = stringOptions(message.options, OptionNumber.URI_PATH);
    const forMs = INTERFACES.get(interfaceName);
    if (forMs === undefined) return undefined;
    if (registrationId !== undefined) {
      return { name: this.#options.table.byRegistrationId(registrationId)?.endpointName, forMs };
    }
    const query = stringOptions(message.options, OptionNumber.URI_QUERY);
    return { name: query.find((parameter) => parameter.startsWith('ep='))?.slice('ep='.length), forMs };
  }
}

/** Where devices say who they are, and how long that is of interest: until the answer is there, or the session is over. */
const INTERFACES: ReadonlyMap<string, number> = new Map([
  ['rd', limits.maxTransmitWaitMs],
  ['bs', limits.maxBootstrapSessionMs],
  ['bspack', limits.maxTransmitWaitMs],
]);
