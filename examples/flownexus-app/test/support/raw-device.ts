import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import {
  buildOptions,
  Code,
  type CoapMessage,
  decodeMessage,
  encodeMessage,
  MessageType,
  type OptionFields,
  OptionNumber,
  stringOptions,
} from '@flownexus/coap';
import { onTestFinished } from 'vitest';

/** What is sent: everything of a message but its numbers. */
export interface Sent {
  readonly code: number;
  readonly options?: OptionFields;
  readonly payload?: Uint8Array | string;
}

/** A device of which a test says every message, over UDP. It never sends anything again. */
export class RawDevice {
  readonly #socket: Socket;
  readonly #serverPort: number;
  /** Requests of the server that nobody has taken yet. */
  readonly #requests: CoapMessage[] = [];
  readonly #waiting: ((request: CoapMessage) => void)[] = [];
  readonly #answers = new Map<number, (answer: CoapMessage) => void>();
  /** By token, in hexadecimal: who waits for an answer that does not come in the ACK (RFC 7252 §5.2.2). */
  readonly #separate = new Map<string, (answer: CoapMessage) => void>();
  #messageId = 1;

  private constructor(socket: Socket, serverPort: number) {
    this.#socket = socket;
    this.#serverPort = serverPort;
    socket.on('message', (datagram) => this.#receive(decodeMessage(datagram)));
    onTestFinished(() => void socket.close());
  }

  static async open(serverPort: number): Promise<RawDevice> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new RawDevice(socket, serverPort);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Sends a Confirmable request or notification; resolves to what comes back for its Message ID: an answer, an ACK or a RST. */
  send(sent: Sent, token: Uint8Array = new Uint8Array([this.#messageId])): Promise<CoapMessage> {
    const messageId = this.#messageId++;
    return new Promise((resolve) => {
      this.#answers.set(messageId, (answer) => {
        const isLater = isRequest(sent.code) && answer.type === MessageType.ACK && answer.code === Code.EMPTY;
        if (isLater) this.#separate.set(hex(token), resolve);
        else resolve(answer);
      });
      this.#transmit({ type: MessageType.CON, messageId, token, ...this.#fields(sent) });
    });
  }

  /** Registers; gives the path of the registration: `['rd', 'abc']`. */
  async register(
    endpointName: string,
    parameters: Readonly<Record<string, string>>,
    links: string,
  ): Promise<readonly string[]> {
    const query = Object.entries({ ep: endpointName, lwm2m: '1.1', lt: '60', ...parameters }).map(([name, value]) => `${name}=${value}`); // prettier-ignore
    const { code, options } = await this.send({ code: Code.POST, options: { path: ['rd'], query, contentFormat: 40 }, payload: links }); // prettier-ignore
    if (code !== Code.CREATED) throw new Error(`not registered: ${String(code >> 5)}.${String(code & 31)}`);
    return stringOptions(options, OptionNumber.LOCATION_PATH);
  }

  /** The next request of the server. */
  async request(): Promise<CoapMessage> {
    return this.#requests.shift() ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The next request for a path; those for others are answered 4.04. */
  async requestFor(path: string): Promise<CoapMessage> {
    for (;;) {
      const request = await this.request();
      if (pathOf(request) === path) return request;
      this.answer(request, { code: Code.NOT_FOUND });
    }
  }

  /** Answers a request in its ACK. */
  answer(request: CoapMessage, sent: Sent): void {
    this.#transmit({
      type: MessageType.ACK,
      messageId: request.messageId,
      token: request.token,
      ...this.#fields(sent),
    });
  }

  #fields({ code, options = {}, payload = '' }: Sent): Pick<CoapMessage, 'code' | 'options' | 'payload'> {
    return {
      code,
      options: buildOptions(options),
      payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
    };
  }

  #transmit(message: CoapMessage): void {
    this.#socket.send(encodeMessage(message), this.#serverPort, '127.0.0.1');
  }

  #receive(message: CoapMessage): void {
    if (message.type === MessageType.ACK || message.type === MessageType.RST) {
      this.#answers.get(message.messageId)?.(message);
      this.#answers.delete(message.messageId);
      return;
    }
    const separate = isRequest(message.code) ? undefined : this.#separate.get(hex(message.token));
    if (separate !== undefined) {
      this.#separate.delete(hex(message.token));
      if (message.type === MessageType.CON) this.answer({ ...message, token: new Uint8Array() }, { code: Code.EMPTY });
      separate(message);
      return;
    }
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#requests.push(message);
    else waiting(message);
  }
}

/** `/3/0/0` */
export function pathOf({ options }: CoapMessage): string {
  return `/${stringOptions(options, OptionNumber.URI_PATH).join('/')}`;
}

function isRequest(code: number): boolean {
  return code >> 5 === 0 && code !== Code.EMPTY;
}

function hex(token: Uint8Array): string {
  return Buffer.from(token).toString('hex');
}
