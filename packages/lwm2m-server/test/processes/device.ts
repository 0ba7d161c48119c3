import {
  Code,
  CoapEndpoint,
  formatCode,
  type CoapReply,
  type IncomingRequest,
  type ObserveRelation,
} from '@flownexus/coap';
import { udpTransport, type Peer } from '@flownexus/datagram';
import { dtlsTransport } from '@flownexus/dtls';
import { LINKS } from '../scripted-device.ts';

/** A device over DTLS and UDP that observes what a server asks it to, and answers Reads when it is told to. */
export class Device {
  readonly #coap: CoapEndpoint;
  #server!: Peer;
  #location: readonly string[] = [];
  #relation: ObserveRelation | undefined;
  #value = 20;
  /** Reads that it was asked for and has not answered, with what answers them. */
  readonly #unanswered: { readonly path: string; readonly answer: (reply: CoapReply) => void }[] = [];
  #waiting: { readonly count: number; readonly resolve: () => void } | undefined;

  constructor(identity: string, key: Uint8Array) {
    this.#coap = new CoapEndpoint({
      transport: dtlsTransport({ transport: udpTransport({ host: '127.0.0.1' }), client: { psk: { identity, key } } }),
      // Sooner than a slow network would allow, and often enough for a process that takes its time to start.
      parameters: { ackTimeoutMs: 500, maxRetransmit: 7 },
      onRequest: (request) => this.#handle(request),
    });
  }

  async connect(port: number): Promise<void> {
    await this.#coap.open();
    this.#server = await this.#coap.connect('127.0.0.1', port);
  }

  async register(query: string): Promise<string> {
    const payload = new TextEncoder().encode(LINKS);
    const request = { method: Code.POST, path: ['rd'], query: query.split('&'), contentFormat: 40, payload };
    const { code, locationPath } = await this.#coap.request(this.#server, request);
    this.#location = locationPath;
    return formatCode(code);
  }

  async update(): Promise<string> {
    return formatCode((await this.#coap.request(this.#server, { method: Code.POST, path: this.#location })).code);
  }

  /** Notifies the next value; resolves when that is acknowledged. */
  async notify(): Promise<number> {
    if (this.#relation === undefined) throw new Error('nobody observes');
    this.#value += 1;
    await this.#relation.notify(text(String(this.#value)), { confirmable: true });
    return this.#value;
  }

  /** Resolves when it was asked for so many Reads that it has not answered. */
  async asked(count: number): Promise<void> {
    if (this.#unanswered.length >= count) return;
    await new Promise<void>((resolve) => {
      this.#waiting = { count, resolve };
    });
  }

  /** Answers the oldest Read, with its path. */
  answer(): string | undefined {
    const read = this.#unanswered.shift();
    read?.answer(text(`value of ${read.path}`));
    return read?.path;
  }

  /** Forgets what it was asked, as a device that has lost its power for a moment. */
  forget(): void {
    this.#unanswered.splice(0);
  }

  async close(): Promise<void> {
    await this.#coap.close();
  }

  #handle(request: IncomingRequest): CoapReply | Promise<CoapReply> {
    if (request.observe === 0) {
      this.#relation = request.acceptObservation();
      return text(String(this.#value));
    }
    return new Promise((answer) => {
      this.#unanswered.push({ path: request.path.join('/'), answer });
      if (this.#unanswered.length >= (this.#waiting?.count ?? Infinity)) this.#waiting?.resolve();
    });
  }
}

function text(value: string): CoapReply {
  return { code: Code.CONTENT, contentFormat: 0, payload: new TextEncoder().encode(value) };
}
