import {
  buildOptions,
  Code,
  decodeMessage,
  decodeString,
  encodeMessage,
  formatCode,
  MessageType,
  OptionNumber,
  stringOptions,
  uintOption,
  type CoapMessage,
  type CoapOption,
  type OptionFields,
} from '@flownexus/coap';
import { seededRandom, VirtualClock, MemoryNetwork, type LockStepPeer } from '@flownexus/datagram/testing';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { Lwm2mServer, overTransport, type Lwm2mServerOptions } from '../src/index.ts';

export const SERVER = { host: '192.0.2.1', port: 5683 };
export const LINKS = '</>;ct=112,</1/0>,</3/0>,</3303/0>,</3303/1>';

const objects = await ObjectRegistry.bundled();

/** What a server did, in order, one line each. */
export type Log = string[];

/** A server on a virtual clock and a memory network, and devices that say what a test tells them. */
export class Stage {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  /** Events, and errors that had no caller. */
  readonly log: Log = [];
  readonly server: Lwm2mServer;

  constructor(
    options: Partial<Lwm2mServerOptions> = {},
    world: { readonly clock?: VirtualClock; readonly network?: MemoryNetwork } = {},
  ) {
    this.clock = world.clock ?? new VirtualClock();
    this.network = world.network ?? new MemoryNetwork(this.clock);
    this.server = new Lwm2mServer({
      endpoints: [overTransport(this.network.transport(SERVER))],
      objects,
      clock: this.clock,
      random: seededRandom(1),
      onError: (error, context) => this.log.push(`error: ${context}: ${String(error)}`),
      ...options,
    });
    const { server, log } = this;
    server.on('registered', ({ endpointName }) => log.push(`registered ${endpointName}`));
    server.on('updated', ({ endpointName }) => log.push(`updated ${endpointName}`));
    server.on('deregistered', ({ endpointName }, reason) => log.push(`${reason} ${endpointName}`));
    server.on('refused', ({ operation, endpointName, code, reason }) =>
      log.push(`refused ${operation} of ${endpointName ?? '?'}: ${code} ${reason}`),
    );
    server.on('notification', ({ path, records, initial }) => {
      const values = records.map(({ value }) => (value instanceof Uint8Array ? 'bytes' : JSON.stringify(value)));
      log.push(
        `${initial ? 'initial' : 'notification'} /${Object.values(path)
          .filter((id) => id !== undefined)
          .join('/')} ${values.join(' ')}`,
      );
    });
    server.on('observationFailed', (_registration, path, error) =>
      log.push(`observation failed ${path}: ${error.message}`),
    );
  }

  static async start(options: Partial<Lwm2mServerOptions> = {}): Promise<Stage> {
    const stage = new Stage(options);
    await stage.server.start();
    return stage;
  }

  device(port: number = 50_000): ScriptedDevice {
    return new ScriptedDevice(this, port);
  }

  /** Lets everything happen that is due now. */
  settle(): Promise<void> {
    return this.clock.settle();
  }

  /** The latest message that the server sent. */
  lastSent(): string {
    const last = this.network.log.findLast(({ from }) => from.port === SERVER.port);
    return last === undefined ? 'nothing' : inWords(decodeMessage(last.bytes));
  }

  /** Takes what was logged. */
  taken(): Log {
    return this.log.splice(0);
  }
}

/** A message in words: `CON GET 3/0/9 observe=0 accept=112`, `ACK 2.05 60`. */
export function inWords(message: CoapMessage): string {
  const type = ['CON', 'NON', 'ACK', 'RST'][message.type] ?? '?';
  const methods = ['', 'GET', 'POST', 'PUT', 'DELETE', 'FETCH', 'PATCH', 'iPATCH'];
  const words = [type];
  if (message.code === Code.EMPTY) return [...words, 'empty'].join(' ');
  words.push(methods[message.code] ?? formatCode(message.code));
  const path = stringOptions(message.options, OptionNumber.URI_PATH);
  if (path.length > 0) words.push(path.join('/'));
  const observe = uintOption(message.options, OptionNumber.OBSERVE);
  if (observe !== undefined) words.push(`observe=${observe}`);
  const accept = uintOption(message.options, OptionNumber.ACCEPT);
  if (accept !== undefined) words.push(`accept=${accept}`);
  return words.join(' ');
}

/** A device that acts only as told, message by message. */
export class ScriptedDevice {
  readonly peer: LockStepPeer;
  /** What arrived together with the latest answer, as the first request after a Register does. */
  readonly #early: CoapMessage[] = [];
  /** Path of its registration, as the server chose it. */
  location: readonly string[] = [];
  readonly #stage: Pick<Stage, 'settle' | 'network'>;
  #messageId: number;
  #token = 0;

  constructor(stage: Pick<Stage, 'settle' | 'network'>, port: number) {
    this.#stage = stage;
    this.#messageId = port & 0xff00;
    this.peer = stage.network.peer('192.0.2.99', port);
  }

  send(message: Partial<CoapMessage> & Pick<CoapMessage, 'type' | 'code' | 'messageId'>): void {
    this.sendBytes(encodeMessage({ token: new Uint8Array(0), options: [], payload: new Uint8Array(0), ...message }));
  }

  /** Sends bytes as they are. */
  sendBytes(bytes: Uint8Array): void {
    this.peer.send(SERVER, bytes);
  }

  /** Everything that has arrived. */
  async received(): Promise<CoapMessage[]> {
    await this.#stage.settle();
    return [...this.#early.splice(0), ...this.takeBytes().map((bytes) => decodeMessage(bytes))];
  }

  /** The datagrams that have arrived, as they are. */
  protected takeBytes(): Uint8Array[] {
    return this.peer.takeAll();
  }

  /** Forgets what has arrived. */
  async ignore(): Promise<void> {
    await this.received();
  }

  /** The only message that has arrived. */
  async one(): Promise<CoapMessage> {
    const messages = await this.received();
    const [message] = messages;
    if (message === undefined || messages.length > 1) {
      throw new Error(`expected one message, found ${messages.map(inWords).join('; ') || 'none'}`);
    }
    return message;
  }

  /** Sends a request. Returns its message ID. */
  request(method: number, fields: OptionFields & { payload?: string | Uint8Array }): number {
    const { payload = '', ...options } = fields;
    const messageId = this.#messageId++;
    this.send({
      type: MessageType.CON,
      code: method,
      messageId,
      token: Uint8Array.of(0x70, ++this.#token & 0xff),
      options: buildOptions(options),
      payload: typeof payload === 'string' ? new TextEncoder().encode(payload) : payload,
    });
    return messageId;
  }

  /** Sends a Register and returns the answer's code. */
  async register(query: string = 'lwm2m=1.1&ep=dev&lt=60', links: string = LINKS): Promise<string> {
    this.request(Code.POST, { path: ['rd'], query: query.split('&'), contentFormat: 40, payload: links });
    const [answer, ...others] = await this.received();
    this.#early.push(...others);
    if (answer === undefined) return 'no answer';
    if (answer.code === Code.CREATED) this.location = stringOptions(answer.options, OptionNumber.LOCATION_PATH);
    return formatCode(answer.code);
  }

  async update(query: string = '', links: string = ''): Promise<string> {
    this.request(Code.POST, {
      path: this.location,
      ...(query === '' ? {} : { query: query.split('&') }),
      ...(links === '' ? {} : { contentFormat: 40, payload: links }),
    });
    return this.#codeOfOne();
  }

  /** Sends values, in SenML CBOR unless told otherwise. Returns the Message ID. */
  report(payload: string | Uint8Array, fields: OptionFields = {}): number {
    return this.request(Code.POST, { path: ['dp'], contentFormat: 112, ...fields, payload });
  }

  async deregister(): Promise<string> {
    this.request(Code.DELETE, { path: this.location });
    return this.#codeOfOne();
  }

  /** Answers a request of the server in its ACK. */
  answer(request: CoapMessage, code: number, fields: OptionFields & { payload?: string | Uint8Array } = {}): void {
    const { payload = '', ...options } = fields;
    this.send({
      type: MessageType.ACK,
      code,
      messageId: request.messageId,
      token: request.token,
      options: buildOptions(options),
      payload: typeof payload === 'string' ? new TextEncoder().encode(payload) : payload,
    });
  }

  /** Sends a notification, text unless told otherwise. Returns its message ID. */
  notify(
    token: Uint8Array,
    observe: number | undefined,
    payload: string | Uint8Array,
    fields: {
      type?: MessageType;
      code?: number;
      contentFormat?: number;
      messageId?: number;
      options?: readonly CoapOption[];
    } = {},
  ): number {
    const { type = MessageType.CON, code = Code.CONTENT, contentFormat = 0, messageId = this.#messageId++ } = fields;
    this.send({
      type,
      code,
      messageId,
      token,
      options: buildOptions({ observe, contentFormat, options: fields.options }),
      payload: typeof payload === 'string' ? new TextEncoder().encode(payload) : payload,
    });
    return messageId;
  }

  async #codeOfOne(): Promise<string> {
    const [answer, ...others] = await this.received();
    this.#early.push(...others);
    return answer === undefined ? 'no answer' : formatCode(answer.code);
  }
}

/** The diagnostic payload of a response. */
export function diagnostic(message: CoapMessage): string {
  return decodeString(message.payload);
}
