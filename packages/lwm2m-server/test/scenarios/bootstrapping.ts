import { Code, decodeString, formatCode, type CoapMessage } from '@flownexus/coap';
import { expect } from 'vitest';
import {
  MemoryBootstrapStore,
  type BootstrapOptions,
  type BootstrapSession,
  type Lwm2mServerOptions,
} from '../../src/index.ts';
import { inWords, Stage, type ScriptedDevice } from '../scripted-device.ts';

/** A server that bootstraps devices, and what it told of that. */
export class BootstrapStage extends Stage {
  readonly configurations: MemoryBootstrapStore;
  readonly sessions: BootstrapSession[] = [];

  constructor(bootstrap: Partial<BootstrapOptions> = {}, options: Partial<Lwm2mServerOptions> = {}) {
    const configurations = new MemoryBootstrapStore();
    super({ bootstrap: { configurations, ...bootstrap }, ...options });
    this.configurations = configurations;
    const { server, log, sessions } = this;
    server.on('bootstrapStarted', ({ endpointName }) => log.push(`started ${endpointName}`));
    server.on('bootstrapFinished', (session) => {
      sessions.push(session);
      log.push(`finished ${session.endpointName}`);
    });
    server.on('bootstrapFailed', (session) => {
      sessions.push(session);
      log.push(`failed ${session.endpointName}: ${session.reason ?? 'no reason'}`);
    });
    server.on('bootstrapPackSent', ({ endpointName, contentFormat }) =>
      log.push(`pack of ${endpointName} in ${contentFormat}`),
    );
  }

  static async begin(
    bootstrap: Partial<BootstrapOptions> = {},
    options: Partial<Lwm2mServerOptions> = {},
  ): Promise<BootstrapStage> {
    const stage = new BootstrapStage(bootstrap, options);
    await stage.server.start();
    return stage;
  }

  /** The steps of the latest session in words: `write /0/1 11542: 2.04`. */
  steps(): readonly string[] {
    const steps = this.sessions.at(-1)?.steps ?? [];
    return steps.map(({ operation, path, contentFormat, responseCode, diagnostic }) =>
      [operation, path, contentFormat]
        .filter((word) => word !== undefined)
        .join(' ')
        .concat(`: ${responseCode ?? diagnostic}`),
    );
  }
}

const SUCCESS: Readonly<Record<number, number>> = {
  [Code.GET]: Code.CONTENT,
  [Code.POST]: Code.CHANGED,
  [Code.PUT]: Code.CHANGED,
  [Code.DELETE]: Code.DELETED,
};

/** Sends a Bootstrap-Request; returns the answer and the request that came with it. */
export async function request(
  device: ScriptedDevice,
  query: string = 'ep=dev',
): Promise<{ readonly answer: CoapMessage; readonly first: CoapMessage | undefined }> {
  device.request(Code.POST, { path: ['bs'], query: query.split('&') });
  const [answer, first] = await device.received();
  if (answer === undefined) throw new Error('the Bootstrap-Request was not answered');
  return { answer, first };
}

/** What a device answers in the place of success: by method and path, each once unless it is a function. */
export type Answers = Readonly<
  Record<
    string,
    (message: CoapMessage) => Parameters<ScriptedDevice['answer']> extends [unknown, ...infer Rest] ? Rest : never
  >
>;

/** Answers everything that comes with success, or as told; returns what came, in words, until nothing comes any more. */
export async function serve(
  device: ScriptedDevice,
  first: CoapMessage | undefined,
  answers: Answers = {},
): Promise<readonly string[]> {
  const heard: string[] = [];
  for (let message = first; message !== undefined; [message] = await device.received()) {
    const words = inWords(message).replace(/^CON /, '');
    heard.push(words);
    const own = answers[words];
    if (own === undefined) device.answer(message, SUCCESS[message.code] ?? Code.BAD_REQUEST);
    else device.answer(message, ...own(message));
  }
  return heard;
}

/** Expects a refusal with its code and reason. */
export function expectRefused(answer: CoapMessage, expected: string): void {
  expect(`${formatCode(answer.code)} ${decodeString(answer.payload)}`).toBe(expected);
}
