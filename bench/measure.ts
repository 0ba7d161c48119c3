import { Code } from '@flownexus/coap';
import { Child } from './child.ts';
import type { RequestKind } from './messages.ts';
import { ASK_CPU, type LoadMessage, type LoadOrder, type ServerMessage } from './protocol.ts';

/** A server under a kind of load. */
export interface Subject {
  readonly name: string;
  readonly module: string;
  readonly kind: RequestKind;
  readonly expectedCode: number;
}

/** What one slice of a subject's load gave. */
export interface Sample {
  readonly requestsPerSecond: number;
  /** Processor time that the server process took for one request: user and system, all its threads. */
  readonly cpuMicrosPerRequest: number;
  /** The part of it that the kernel took. */
  readonly systemMicrosPerRequest: number;
}

const ECHOED_GET = { kind: 'get', expectedCode: Code.GET } as const;
const GET = { kind: 'get', expectedCode: Code.CONTENT } as const;
const POST = { kind: 'post', expectedCode: Code.CHANGED } as const;

export const ECHO: Subject = { name: 'node:dgram echo', module: './servers/echo.ts', ...ECHOED_GET };
export const FLOWNEXUS_GET: Subject = { name: '@flownexus/coap GET', module: './servers/flownexus.ts', ...GET };
export const FLOWNEXUS_POST: Subject = { name: '@flownexus/coap POST', module: './servers/flownexus.ts', ...POST };
export const NPM_COAP_GET: Subject = { name: 'coap (npm) GET', module: './servers/npm-coap.ts', ...GET };
export const NPM_COAP_POST: Subject = { name: 'coap (npm) POST', module: './servers/npm-coap.ts', ...POST };

/** In the order in which a round runs them. */
export const SUBJECTS: readonly Subject[] = [
  ECHO,
  { name: 'node:dgram echo, no lookup', module: './servers/echo-without-lookup.ts', ...ECHOED_GET },
  FLOWNEXUS_GET,
  NPM_COAP_GET,
  FLOWNEXUS_POST,
  NPM_COAP_POST,
];

/** A server and its load generator, each a process of its own. */
export class Measurement {
  readonly #server: Child<ServerMessage>;
  readonly #load: Child<LoadMessage>;

  private constructor(server: Child<ServerMessage>, load: Child<LoadMessage>) {
    this.#server = server;
    this.#load = load;
  }

  static async open(subject: Subject, peers: number, serverOptions: readonly string[]): Promise<Measurement> {
    const server = new Child<ServerMessage>(subject.module, serverOptions);
    const measurement = new Measurement(server, new Child<LoadMessage>('./load-generator.ts'));
    const listening = await server.hear();
    if (listening.kind !== 'listening') throw new Error(`${subject.name} does not listen`);
    const { kind, expectedCode } = subject;
    measurement.#load.say({ port: listening.port, kind, expectedCode, peers } satisfies LoadOrder);
    await measurement.#loadIs('ready');
    return measurement;
  }

  /** Sends `requests`, one outstanding per peer, and waits for all replies. */
  async run(requests: number): Promise<Sample> {
    const before = await this.#cpu();
    this.#load.say(requests);
    const { elapsedMs } = await this.#loadIs('done');
    const after = await this.#cpu();
    const user = (after.user - before.user) / requests;
    const system = (after.system - before.system) / requests;
    return {
      requestsPerSecond: (requests / elapsedMs) * 1000,
      cpuMicrosPerRequest: user + system,
      systemMicrosPerRequest: system,
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.#load.end(), this.#server.end()]);
  }

  async #loadIs<Kind extends LoadMessage['kind']>(kind: Kind): Promise<Extract<LoadMessage, { readonly kind: Kind }>> {
    const message = await this.#load.hear();
    if (message.kind === 'failed') throw new Error(`the load generator failed: ${message.reason}`);
    if (message.kind !== kind) throw new Error(`the load generator is ${message.kind} instead of ${kind}`);
    return message as Extract<LoadMessage, { readonly kind: Kind }>;
  }

  async #cpu(): Promise<Extract<ServerMessage, { readonly kind: 'cpu' }>> {
    this.#server.say(ASK_CPU);
    const message = await this.#server.hear();
    if (message.kind !== 'cpu') throw new Error('the server does not tell its processor time');
    return message;
  }
}
