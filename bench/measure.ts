import { Code } from '@flownexus/coap';
import { Child } from './child.ts';
import type { RequestKind } from './messages.ts';
import { ASK_CPU, GO, type LoadMessage, type LoadOrder, type ServerMessage } from './protocol.ts';

/** A server under a kind of load. */
export interface Subject {
  readonly name: string;
  readonly module: string;
  readonly kind: RequestKind;
  readonly expectedCode: number;
}

export interface LoadSize {
  readonly peers: number;
  readonly warmUp: number;
  readonly requests: number;
}

/** What one run of a subject gave. */
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

/** Runs a subject once, in processes of its own. */
export async function measure(subject: Subject, size: LoadSize, serverOptions: readonly string[]): Promise<Sample> {
  const server = new Child<ServerMessage>(subject.module, serverOptions);
  const load = new Child<LoadMessage>('./load-generator.ts');
  try {
    const listening = await server.hear();
    if (listening.kind !== 'listening') throw new Error(`${subject.name} does not listen`);
    const { kind, expectedCode } = subject;
    load.say({ port: listening.port, kind, expectedCode, ...size } satisfies LoadOrder);
    await progress(load, 'warm');
    const before = await cpuOf(server);
    load.say(GO);
    const { elapsedMs } = await progress(load, 'done');
    const after = await cpuOf(server);
    const user = (after.user - before.user) / size.requests;
    const system = (after.system - before.system) / size.requests;
    return {
      requestsPerSecond: (size.requests / elapsedMs) * 1000,
      cpuMicrosPerRequest: user + system,
      systemMicrosPerRequest: system,
    };
  } finally {
    await Promise.all([load.end(), server.end()]);
  }
}

async function progress<Kind extends LoadMessage['kind']>(
  load: Child<LoadMessage>,
  kind: Kind,
): Promise<Extract<LoadMessage, { readonly kind: Kind }>> {
  const message = await load.hear();
  if (message.kind === 'failed') throw new Error(`the load generator failed: ${message.reason}`);
  if (message.kind !== kind) throw new Error(`the load generator is ${message.kind} instead of ${kind}`);
  return message as Extract<LoadMessage, { readonly kind: Kind }>;
}

async function cpuOf(server: Child<ServerMessage>): Promise<Extract<ServerMessage, { readonly kind: 'cpu' }>> {
  server.say(ASK_CPU);
  const message = await server.hear();
  if (message.kind !== 'cpu') throw new Error('the server does not tell its processor time');
  return message;
}
