import type { DatagramTransport, Peer } from '@flownexus/datagram';
import {
  type LockStepPeer,
  MemoryNetwork,
  type MemoryTransport,
  seededRandom,
  VirtualClock,
} from '@flownexus/datagram/testing';
import { expect } from 'vitest';
import {
  AllCoapNodes,
  CoapEndpoint,
  type CoapEndpointOptions,
  type CoapMessage,
  type CoapOption,
  decodeMessage,
  encodeBlock,
  encodeMessage,
  encodeUint,
  formatCode,
  MessageType,
  OptionNumber,
  parseCode,
} from '../../src/index.ts';

/** A message as tests write it: `code` as in the RFCs, everything but type and code optional. */
export interface Script {
  readonly type: keyof typeof MessageType;
  readonly code?: string;
  readonly messageId?: number;
  readonly token?: Uint8Array | string;
  readonly options?: readonly CoapOption[];
  readonly payload?: Uint8Array | string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const bytes = (text: string): Uint8Array => encoder.encode(text);
export const text = (value: Uint8Array): string => decoder.decode(value);

/** Options for scripts. */
export const opt = {
  path: (...segments: string[]): CoapOption[] =>
    segments.map((segment) => ({ number: OptionNumber.URI_PATH, value: bytes(segment) })),
  query: (value: string): CoapOption => ({ number: OptionNumber.URI_QUERY, value: bytes(value) }),
  observe: (value: number): CoapOption => ({ number: OptionNumber.OBSERVE, value: encodeUint(value) }),
  block1: (num: number, more: boolean, szx: number): CoapOption => ({
    number: OptionNumber.BLOCK1,
    value: encodeBlock({ num, more, szx }),
  }),
  block2: (num: number, more: boolean, szx: number): CoapOption => ({
    number: OptionNumber.BLOCK2,
    value: encodeBlock({ num, more, szx }),
  }),
  size1: (value: number): CoapOption => ({ number: OptionNumber.SIZE1, value: encodeUint(value) }),
  size2: (value: number): CoapOption => ({ number: OptionNumber.SIZE2, value: encodeUint(value) }),
  etag: (value: string): CoapOption => ({ number: OptionNumber.ETAG, value: bytes(value) }),
  raw: (number: number, value = ''): CoapOption => ({ number, value: bytes(value) }),
};

/** What arrived at the device, and when. */
export interface Arrival extends CoapMessage {
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

/** An endpoint and a scripted device on a network of their own. */
export class World {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork(this.clock);
  readonly endpoint: CoapEndpoint;
  readonly device: LockStepPeer;
  /** The device as the endpoint knows it. */
  peer!: Peer;
  #nextMessageId = 0x7000;

  private constructor(options: Partial<CoapEndpointOptions>, wrap: (transport: MemoryTransport) => DatagramTransport) {
    this.endpoint = new CoapEndpoint({
      transport: wrap(this.network.transport({ host: '10.0.0.1', port: 5683, groups: [AllCoapNodes.IPV4] })),
      clock: this.clock,
      random: seededRandom(1),
      ...options,
    });
    this.device = this.network.peer('10.0.0.2', 40_000);
  }

  static async open(
    options: Partial<CoapEndpointOptions> = {},
    wrap: (transport: MemoryTransport) => DatagramTransport = (transport) => transport,
  ): Promise<World> {
    const world = new World(options, wrap);
    await world.endpoint.open();
    world.peer = await world.endpoint.connect('10.0.0.2', 40_000);
    return world;
  }

  /** Sends from the device and lets everything happen that takes no time. */
  async say(script: Script, from: LockStepPeer = this.device): Promise<CoapMessage> {
    const message = this.message(script);
    from.send(this.endpoint.localAddress, encodeMessage(message));
    await this.clock.settle();
    return message;
  }

  message(script: Script): CoapMessage {
    const { token = '', payload = '', options = [] } = script;
    return {
      type: MessageType[script.type],
      code: parseCode(script.code ?? '0.00'),
      messageId: script.messageId ?? this.#nextMessageId++,
      token: typeof token === 'string' ? bytes(token) : token,
      options: [...options].sort((a, b) => a.number - b.number),
      payload: typeof payload === 'string' ? bytes(payload) : payload,
    };
  }

  /** Answers a request of the endpoint in its ACK. */
  async piggyback(request: CoapMessage, script: Omit<Script, 'type' | 'messageId' | 'token'>): Promise<void> {
    await this.say({ type: 'ACK', messageId: request.messageId, token: request.token, ...script });
  }

  /** The one message that arrived at the device. */
  async hear(at: LockStepPeer = this.device): Promise<CoapMessage> {
    await this.clock.settle();
    expect(at.received).toHaveLength(1);
    return decodeMessage(at.take());
  }

  /** The one message that arrived, in the words of a script: type, code and payload. */
  async hearLine(at: LockStepPeer = this.device): Promise<string> {
    return line(await this.hear(at));
  }

  async hearNothing(): Promise<void> {
    await this.clock.settle();
    expect(this.device.received).toHaveLength(0);
  }

  /** When datagrams were sent to the device, with those lost. */
  timesToDevice(): number[] {
    return this.network.log.filter(({ to }) => to.port === this.device.port).map(({ sentAtMs }) => sentAtMs);
  }

  /** Closes the endpoint and checks that it leaves nothing behind. */
  async end(): Promise<void> {
    await this.endpoint.close();
    await this.clock.settle();
    expect(this.clock.pendingTimers).toBe(0);
  }
}

/** `CON 0.01 "payload"`. */
export function line(message: CoapMessage): string {
  const type = Object.entries(MessageType).find(([, value]) => value === message.type)?.[0] ?? '?';
  const payload = message.payload.length === 0 ? '' : ` "${text(message.payload)}"`;
  return `${type} ${formatCode(message.code)}${payload}`;
}

/** `num/more/szx` of a block option, as the RFC's figures write it. */
export function block(message: { readonly options: readonly CoapOption[] }, number: number): string | undefined {
  const value = message.options.find((option) => option.number === number)?.value;
  if (value === undefined) return undefined;
  let bits = 0;
  for (const byte of value) bits = bits * 256 + byte;
  return `${bits >>> 4}/${(bits >>> 3) & 1}/${16 << (bits & 7)}`;
}

export function optionValue(
  message: { readonly options: readonly CoapOption[] },
  number: number,
): Uint8Array | undefined {
  return message.options.find((option) => option.number === number)?.value;
}

/** `length` bytes that differ from block to block. */
export function body(length: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 4) + seed) & 0xff);
}
