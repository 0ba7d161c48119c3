import {
  Code,
  CoapEndpoint,
  CoapError,
  type CoapReply,
  type CoapRequest,
  type CoapResponse,
  type IncomingRequest,
} from '@flownexus/coap';
import {
  systemClock,
  systemRandom,
  udpTransport,
  type Clock,
  type DatagramTransport,
  type Peer,
  type RandomSource,
  type Timer,
} from '@flownexus/datagram';
import { DtlsError } from '@flownexus/dtls';
import { Lwm2mClientError } from './errors.ts';
import { limits } from './limits.ts';
import { Notifier, type NotificationOutcome } from './reporting/notifier.ts';
import { DeviceInterface } from './operations/device-interface.ts';
import { defaultContentFormats } from './operations/formats.ts';
import { AttributeStore } from './reporting/attribute-store.ts';
import type { ObjectTree } from './objects/object-tree.ts';
import { deregisterRequest, registerRequest, registrationLocation, updateRequest } from './registration-requests.ts';

export interface Lwm2mClientOptions {
  readonly endpointName: string;
  readonly server: { readonly host: string; readonly port: number };
  readonly objects: ObjectTree;
  /** Seconds; default 300. */
  readonly lifetime?: number;
  /** Default `1.1`. */
  readonly lwm2mVersion?: '1.0' | '1.1' | '1.2';
  /** Default: UDP on any free port. One of `dtlsTransport` with its `client` options makes it CoAP over DTLS. */
  readonly transport?: DatagramTransport;
  readonly clock?: Clock;
  readonly random?: RandomSource;
  /** Called after each Register that the server accepted. */
  readonly onRegistered?: (registrationId: string) => void;
  /**
   * Called when a Register or an Update found no answer or was refused, in which case the client tries again by itself, and with what a
   * handler of the tree throws that is no `Refusal`.
   */
  readonly onTrouble?: (error: Error) => void;
  /** Called for each notification that was acknowledged, rejected or lost. */
  readonly onNotified?: (outcome: NotificationOutcome) => void;
}

/**
 * The device side of LwM2M: registers an {@link ObjectTree} with a server, answers Read and Observe, notifies changes,
 * updates before its lifetime ends, and registers anew when the server has forgotten it (TS Core §6.2). Over DTLS it makes a new
 * association when the server has ended the one it had, or does not answer there.
 */
export class Lwm2mClient {
  readonly objects: ObjectTree;
  readonly #options: Lwm2mClientOptions;
  readonly #clock: Clock;
  readonly #transport: DatagramTransport;
  readonly #coap: CoapEndpoint;
  readonly #device: DeviceInterface;
  readonly #notifier: Notifier;
  readonly #lifetime: number;
  readonly #attributes: AttributeStore = new AttributeStore();
  #state: 'new' | 'running' | 'stopped' = 'new';
  #server: Peer | undefined;
  #location: readonly string[] | undefined;
  /** The Object Instances that the server knows. */
  #registeredPaths: readonly string[] = [];
  #timer: Timer | undefined;
  #stopWatching: (() => void) | undefined;
  readonly #abort = new AbortController();

  constructor(options: Lwm2mClientOptions) {
    this.#options = options;
    this.objects = options.objects;
    this.#clock = options.clock ?? systemClock;
    this.#lifetime = options.lifetime ?? 300;
    const lwm2mVersion = options.lwm2mVersion ?? '1.1';
    this.#device = new DeviceInterface({
      tree: options.objects,
      attributes: this.#attributes,
      lwm2mVersion,
      contentFormats: defaultContentFormats(lwm2mVersion),
      rootPath: '/',
    });
    this.#notifier = new Notifier(
      (path, contentFormat) => this.#device.read(path, contentFormat),
      (outcome) => options.onNotified?.(outcome),
    );
    this.#transport = options.transport ?? udpTransport({ port: 0 });
    this.#coap = new CoapEndpoint({
      transport: this.#transport,
      clock: this.#clock,
      random: options.random ?? systemRandom,
      onRequest: (request) => this.#answer(request),
      onPeerClosed: (peer) => this.#closed(peer),
      onError: (error) => options.onTrouble?.(error instanceof Error ? error : new Error(String(error))),
    });
  }

  get endpointName(): string {
    return this.#options.endpointName;
  }

  /** The registration ID that the server gave, while registered. */
  get registrationId(): string | undefined {
    return this.#location?.at(-1);
  }

  /** How many observations the server has. */
  get observations(): number {
    return this.#notifier.size;
  }

  /**
   * Opens the transport and registers. Resolves when registered; where the server does not answer it goes on trying
   * until {@link stop}. Rejects with `ERR_LWM2M_CLIENT_REFUSED` when the server refuses with 4.xx.
   */
  async start(): Promise<void> {
    if (this.#state !== 'new') throw new Lwm2mClientError('ERR_LWM2M_CLIENT_STATE', 'a client starts once');
    this.#state = 'running';
    await this.#coap.open();
    this.#stopWatching = this.objects.onChange((path, kind) => {
      if (kind === 'removed') this.#attributes.forget(path);
      this.#notifier.changed(path);
    });
    await this.#registerUntilDone();
  }

  /**
   * Sends an Update now (TS Core §6.2.2), with the object list when Object Instances have come since the server heard of
   * them. Registers anew when the server no longer knows this client.
   */
  async update(): Promise<void> {
    const location = this.#location;
    if (this.#state !== 'running' || location === undefined) {
      throw new Lwm2mClientError('ERR_LWM2M_CLIENT_STATE', 'an Update needs a registration');
    }
    this.#timer?.cancel();
    try {
      const paths = this.objects.instancePaths();
      const changed = paths.join() !== this.#registeredPaths.join();
      const request = updateRequest(location, changed ? paths : undefined);
      const { code } = await this.#request(request);
      if (code === Code.CHANGED) {
        this.#registeredPaths = paths;
        this.#scheduleUpdate();
        return;
      }
      this.#options.onTrouble?.(
        new Lwm2mClientError('ERR_LWM2M_CLIENT_REFUSED', 'the server refused an Update', { responseCode: code }),
      );
    } catch (error) {
      if (!isPassing(error) || this.#stopped) throw error;
      this.#options.onTrouble?.(error);
    }
    await this.#registerUntilDone();
  }

  /** De-registers and closes. */
  async stop(): Promise<void> {
    const server = this.#server;
    const location = this.#location;
    if (this.#state === 'running' && server !== undefined && location !== undefined) {
      this.#timer?.cancel();
      try {
        await this.#coap.request(server, deregisterRequest(location), { timeoutMs: 5_000 });
      } catch (error) {
        // A server that is gone forgets this client when its lifetime ends.
        if (!(error instanceof CoapError)) throw error;
        this.#options.onTrouble?.(error);
      }
    }
    await this.close();
  }

  /** Closes without a word, as a device that loses power does. */
  async close(): Promise<void> {
    if (this.#stopped) return;
    this.#state = 'stopped';
    this.#timer?.cancel();
    this.#stopWatching?.();
    this.#abort.abort();
    this.#location = undefined;
    this.#notifier.clear();
    await this.#coap.close();
  }

  get #stopped(): boolean {
    return this.#state === 'stopped';
  }

  /** Asks the server, over the association that there is or a new one. */
  async #request(request: CoapRequest): Promise<CoapResponse> {
    const { host, port } = this.#options.server;
    const server = (this.#server ??= await this.#coap.connect(host, port));
    try {
      return await this.#coap.request(server, request, { signal: this.#abort.signal });
    } catch (error) {
      // A server that lost its associations does not say so (RFC 6347 §4.1.2.7): the next request makes a new one.
      if (error instanceof CoapError && error.code === 'ERR_COAP_TIMEOUT' && server === this.#server) {
        this.#server = undefined;
        this.#transport.disconnect?.(server, 'the server did not answer');
      }
      throw error;
    }
  }

  /** The server has ended the association: it is told where the device is now, over a new one. */
  #closed(peer: Peer): void {
    if (peer.key !== this.#server?.key) return;
    this.#server = undefined;
    if (this.#location !== undefined) this.#updateAfter(limits.registerBackoffMs.first);
  }

  async #registerUntilDone(): Promise<void> {
    for (
      let waitMs: number = limits.registerBackoffMs.first;
      ;
      waitMs = Math.min(waitMs * 2, limits.registerBackoffMs.longest)
    ) {
      try {
        await this.#register();
        return;
      } catch (error) {
        if (this.#stopped)
          throw new Lwm2mClientError('ERR_LWM2M_CLIENT_STOPPED', 'stopped while registering', { cause: error });
        if (!isPassing(error)) throw error;
        this.#options.onTrouble?.(error);
      }
      await this.#wait(waitMs);
    }
  }

  async #register(): Promise<void> {
    const { endpointName, lwm2mVersion = '1.1' } = this.#options;
    // TS Core §6.2.1: observations do not outlive the registration they were made under.
    this.#location = undefined;
    this.#notifier.clear();
    const instancePaths = this.objects.instancePaths();
    const request = registerRequest({
      endpointName,
      lifetime: this.#lifetime,
      lwm2mVersion,
      instancePaths,
    });
    const response = await this.#request(request);
    this.#location = registrationLocation(response);
    this.#registeredPaths = instancePaths;
    this.#scheduleUpdate();
    this.#options.onRegistered?.(this.#location.at(-1) ?? '');
  }

  #scheduleUpdate(): void {
    this.#updateAfter(1_000 * Math.max(this.#lifetime - limits.updateMarginSeconds, this.#lifetime / 2));
  }

  #updateAfter(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.schedule(delayMs, () => {
      this.update().catch((error: unknown) => {
        if (!this.#stopped) this.#options.onTrouble?.(error instanceof Error ? error : new Error(String(error)));
      });
    });
  }

  #answer(request: IncomingRequest): CoapReply | Promise<CoapReply> {
    return this.#device.answer(request, (path, contentFormat) =>
      this.#notifier.add(path, contentFormat, () => request.acceptObservation()),
    );
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        this.#abort.signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = this.#clock.schedule(ms, done);
      this.#abort.signal.addEventListener('abort', done, { once: true });
    });
  }
}

/** No answer, no association, or 5.xx: worth another try. */
function isPassing(error: unknown): error is Error {
  return (
    error instanceof CoapError ||
    error instanceof DtlsError ||
    (error instanceof Lwm2mClientError && (error.responseCode ?? 0) >= Code.INTERNAL_SERVER_ERROR)
  );
}
