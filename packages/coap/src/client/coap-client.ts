import { systemClock, TimerQueue, type DatagramTransport, type Peer } from '@flownexus/datagram';
import type { CoapNotification, CoapRequest, CoapResponse, ObserveOptions, RequestOptions } from '../api.ts';
import { Code } from '../code.ts';
import { CoapError } from '../errors.ts';
import { boundedPromise } from '../engine/bounded-promise.ts';
import { CoapEndpoint, type CoapEndpointOptions } from '../engine/coap-endpoint.ts';
import { parseCoapUri, type CoapUri } from './coap-uri.ts';
import { isIpAddress } from './ip-address.ts';
import { NotificationStream } from './notification-stream.ts';

/** What a `CoapClient` is made of: its transports, and options of the endpoint that it makes on each of them. */
export type CoapClientOptions = Omit<CoapEndpointOptions, 'transport' | 'onRequest' | 'separateResponseAfterMs'> &
  (
    | { readonly transport: DatagramTransport; readonly transports?: undefined }
    | {
        /** One for each URI scheme. */
        readonly transports: readonly DatagramTransport[];
        readonly transport?: undefined;
      }
  );

/** A request to a URI, which says the host, the path and the query; and the bounds of its exchange. */
export interface ClientRequest
  extends Omit<CoapRequest, 'method' | 'path' | 'query' | 'uriHost' | 'uriPort'>, RequestOptions {
  /** Default `Code.GET`. */
  readonly method?: number;
}

/** A request whose method is in the name of the call. */
export type ClientRequestOptions = Omit<ClientRequest, 'method'>;

/** A registration: with GET, or with FETCH where `method` says so. `timeoutMs` is about the registration, `signal` about it all. */
export interface ClientObserveOptions extends ClientRequest, ObserveOptions {}

/** The states of an observed resource. Leaving a `for await` loop over it cancels the observation. */
export interface CoapNotifications extends AsyncIterableIterator<CoapNotification, undefined> {
  /** States that were not seen: the consumer was too slow for them, or their blocks could not be fetched. */
  readonly dropped: number;
  [Symbol.asyncDispose](): Promise<void>;
}

interface Member {
  readonly endpoint: CoapEndpoint;
  opening: Promise<void> | undefined;
}

/**
 * A CoAP client that speaks to URIs (RFC 7252 §6). It opens when it is first used.
 *
 * Requests resolve to whatever response comes, 4.xx and 5.xx as well. They reject like `CoapEndpoint.request`; with `ERR_COAP_URI` for a
 * URI that can't be, or whose scheme no transport has; and with what the transport's `connect` rejects with. A host name is looked
 * up by the transport, for each request, and goes along as Uri-Host.
 *
 * @example
 * const client = new CoapClient({ transport: udpTransport() });
 * const response = await client.get('coap://192.0.2.1/sensors/temp', { accept: ContentFormat.TEXT_PLAIN });
 * console.log(formatCode(response.code), new TextDecoder().decode(response.payload));
 * await client.put('coap://192.0.2.1/firmware', { payload: image, onProgress: ({ transferred }) => console.log(transferred) });
 * await client.close();
 *
 * @example
 * const abort = AbortSignal.timeout(60_000);
 * for await (const { payload } of client.observe('coap://192.0.2.1/sensors/temp', { signal: abort })) {
 *   console.log(new TextDecoder().decode(payload));
 *   if (enough()) break; // cancels the observation
 * }
 */
export class CoapClient {
  readonly #members = new Map<string, Member>();
  readonly #timers: TimerQueue;
  #closed = false;

  /** Throws `TypeError` for two transports with one scheme, and like `CoapEndpoint`. */
  constructor(options: CoapClientOptions) {
    this.#timers = new TimerQueue({ clock: options.clock ?? systemClock });
    for (const transport of options.transports ?? [options.transport]) {
      const { scheme } = transport;
      if (this.#members.has(scheme)) throw new TypeError(`two transports have the scheme ${scheme}`);
      this.#members.set(scheme, { endpoint: new CoapEndpoint({ ...options, transport }), opening: undefined });
    }
  }

  /** Opens all transports; rejects like them. Not needed: requests open the transport that they use. */
  async open(): Promise<void> {
    await Promise.all([...this.#members.values()].map((member) => this.#open(member)));
  }

  /** Rejects what is under way (`ERR_COAP_CLOSED`), ends observations, and closes the transports. Closing twice is harmless. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#members.values()].map(({ endpoint }) => endpoint.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  request(uri: string | URL, request: ClientRequest = {}): Promise<CoapResponse> {
    return this.#with(uri, request, (endpoint, peer, target, signal) =>
      endpoint.request(peer, requestTo(target, request), { ...request, signal }),
    );
  }

  get(uri: string | URL, options?: ClientRequestOptions): Promise<CoapResponse> {
    return this.request(uri, { ...options, method: Code.GET });
  }

  post(uri: string | URL, options?: ClientRequestOptions): Promise<CoapResponse> {
    return this.request(uri, { ...options, method: Code.POST });
  }

  put(uri: string | URL, options?: ClientRequestOptions): Promise<CoapResponse> {
    return this.request(uri, { ...options, method: Code.PUT });
  }

  delete(uri: string | URL, options?: ClientRequestOptions): Promise<CoapResponse> {
    return this.request(uri, { ...options, method: Code.DELETE });
  }

  /** RFC 8132 §2. */
  fetch(uri: string | URL, options?: ClientRequestOptions): Promise<CoapResponse> {
    return this.request(uri, { ...options, method: Code.FETCH });
  }

  /** RFC 8132 §3. */
  patch(uri: string | URL, options?: ClientRequestOptions): Promise<CoapResponse> {
    return this.request(uri, { ...options, method: Code.PATCH });
  }

  /** RFC 8132 §3. */
  ipatch(uri: string | URL, options?: ClientRequestOptions): Promise<CoapResponse> {
    return this.request(uri, { ...options, method: Code.IPATCH });
  }

  /**
   * Observes a resource (RFC 7641): yields its present state, then each new one in order. The registration is sent by the first
   * `next`, which a `for await` loop calls.
   *
   * It is about the present state: notifications that a newer one has overtaken are left out, and where the consumer is slower than
   * the resource at most 64 wait, the newest; `dropped` counts the others. A Confirmable notification is acknowledged when it is
   * queued, or a slow consumer would make the server give up. For a value that must be safe before it is acknowledged there
   * is `CoapEndpoint.observe`.
   *
   * Ends when the server ends the observation: after an error, which is yielded as the last, and after a response without Observe, as
   * of a resource that can't be observed. Throws a `CoapError` like `request`, `ERR_COAP_PEER_CLOSED` or `ERR_COAP_CLOSED` when the
   * peer or the client is gone, and `ERR_COAP_ABORTED` on `signal`. Leaving the loop and `signal` cancel the observation at the
   * server with Observe 1; leaving waits for that at most 5 s.
   */
  observe(uri: string | URL, options: ClientObserveOptions = {}): CoapNotifications {
    return new NotificationStream(
      (observerOf, signal) =>
        this.#with(uri, { ...options, signal }, (endpoint, peer, target, given) =>
          endpoint.observe(peer, requestTo(target, options), observerOf(peer), { ...options, signal: given }),
        ),
      options.signal,
    );
  }

  /** Asks whether the host of a URI is there: see `CoapEndpoint.ping`. */
  ping(uri: string | URL, options?: RequestOptions): Promise<void> {
    return this.#with(uri, options, (endpoint, peer, _target, signal) => endpoint.ping(peer, { ...options, signal }));
  }

  /** Does something with the peer that a URI names. The bounds of `options` are about connecting too. */
  #with<T>(
    uri: string | URL,
    options: RequestOptions | undefined,
    work: (endpoint: CoapEndpoint, peer: Peer, target: CoapUri, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return boundedPromise<T>(this.#timers, options, (resolve, reject) => {
      const abort = new AbortController();
      const target = parseCoapUri(String(uri));
      const member = this.#members.get(target.scheme);
      if (member === undefined) throw new CoapError('ERR_COAP_URI', `no transport has the scheme ${target.scheme}`);
      const { endpoint } = member;
      this.#open(member)
        .then(() => endpoint.connect(target.host, target.port))
        .then((peer) => work(endpoint, peer, target, abort.signal))
        .then(resolve, reject);
      return () => abort.abort();
    });
  }

  #open(member: Member): Promise<void> {
    if (this.#closed) return Promise.reject(new CoapError('ERR_COAP_CLOSED', 'the client is closed'));
    // One that failed may be tried again.
    member.opening ??= member.endpoint.open().catch((error: unknown) => {
      member.opening = undefined;
      throw error;
    });
    return member.opening;
  }
}

/** RFC 7252 §6.4: Uri-Host for a name, never for an address; no Uri-Port, as the request goes to that port. */
function requestTo({ host, path, query }: CoapUri, request: ClientRequest): CoapRequest {
  const target = { ...request, method: request.method ?? Code.GET, path, query };
  return isIpAddress(host) ? target : { ...target, uriHost: host };
}
