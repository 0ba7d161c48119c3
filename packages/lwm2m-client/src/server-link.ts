import {
  Code,
  CoapEndpoint,
  CoapError,
  type CoapEndpointOptions,
  type CoapReply,
  type CoapRequest,
  type CoapResponse,
  type IncomingRequest,
} from '@flownexus/coap';
import type { Clock, DatagramTransport, Peer, RandomSource } from '@flownexus/datagram';

/** What a link needs. */
export interface ServerLinkOptions {
  readonly server: { readonly host: string; readonly port: number };
  /** Called when the link is opened and each time it is restarted: a transport that has been open may come once only. */
  readonly createTransport: () => DatagramTransport;
  /** Whether `createTransport` gives a new one each time. */
  readonly isReplaceable: boolean;
  /** What the CoAP endpoint differs in from its defaults. Default: nothing. */
  readonly transfers?: Pick<CoapEndpointOptions, 'maxBodySize' | 'preferredBlockSize'>;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Answers what the server asks. */
  readonly onRequest: (request: IncomingRequest) => CoapReply | Promise<CoapReply>;
  /** Looks at a block of a request that others follow; what it throws ends the transfer. */
  readonly onBlock?: NonNullable<CoapEndpointOptions['onBlock']>;
  /** The server has ended the association. */
  readonly onClosed: () => void;
  readonly onError: (error: unknown) => void;
}

/** The way to one server: a CoAP endpoint, and the association that there is with the server. */
export class ServerLink {
  readonly #options: ServerLinkOptions;
  #transport: DatagramTransport;
  #coap: CoapEndpoint;
  #server: Peer | undefined;
  #pending = 0;
  #closed = false;

  constructor(options: ServerLinkOptions) {
    this.#options = options;
    this.#transport = options.createTransport();
    this.#coap = this.#endpoint();
  }

  /** Requests of the device that the server has not answered. */
  get pending(): number {
    return this.#pending;
  }

  /** Where the device is, once open. */
  get localAddress(): { readonly host: string; readonly port: number } | undefined {
    return this.#coap.localAddress;
  }

  /** Opens the transport. Rejects like it. */
  open(): Promise<void> {
    return this.#coap.open();
  }

  /** Asks the server, over the association that there is or a new one. Rejects like the CoAP endpoint and the transport. */
  async request(request: CoapRequest, timeoutMs?: number): Promise<CoapResponse> {
    const { host, port } = this.#options.server;
    const coap = this.#coap;
    this.#pending += 1;
    try {
      const server = (this.#server ??= await coap.connect(host, port));
      return await coap.request(server, request, { timeoutMs });
    } catch (error) {
      // A server that lost its associations does not say so (RFC 6347 §4.1.2.7): the next request makes a new one.
      if (error instanceof CoapError && error.code === 'ERR_COAP_TIMEOUT' && coap === this.#coap) {
        this.disconnect('the server did not answer');
      }
      throw error;
    } finally {
      this.#pending -= 1;
    }
  }

  /** Ends the association: the next request makes a new one. */
  disconnect(reason: string): void {
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) this.#transport.disconnect?.(server, reason);
  }

  /** Begins anew, as a device does that has lost its power: with nothing of what was under way, and on a new transport if there can be one. */
  async restart(): Promise<void> {
    if (!this.#options.isReplaceable) {
      this.disconnect('the device starts anew');
      return;
    }
    const before = this.#coap;
    this.#server = undefined;
    this.#transport = this.#options.createTransport();
    this.#coap = this.#endpoint();
    await before.close();
    if (!this.#closed) await this.#coap.open();
  }

  /** Closes without a word. What is under way is rejected. */
  close(): Promise<void> {
    this.#closed = true;
    return this.#coap.close();
  }

  #endpoint(): CoapEndpoint {
    const { transfers, clock, random, onRequest, onBlock, onClosed, onError } = this.#options;
    return new CoapEndpoint({
      ...transfers,
      transport: this.#transport,
      clock,
      random,
      onRequest: (request) =>
        // TS Core §6.3: the operations are the server's that the device is registered with.
        request.peer.key === this.#server?.key ? onRequest(request) : { code: Code.UNAUTHORIZED },
      onBlock: (request, block) => {
        if (request.peer.key === this.#server?.key) onBlock?.(request, block);
      },
      onPeerClosed: (peer) => {
        if (peer.key !== this.#server?.key) return;
        this.#server = undefined;
        onClosed();
      },
      onError,
    });
  }
}
