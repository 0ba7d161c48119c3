import { OptionNumber, stringOptions, uintOption, type CoapMessage, type OptionFields } from '@flownexus/coap';
import { describeContentFormat } from '@flownexus/lwm2m-core';
import { expect } from 'vitest';
import type { Device, Lwm2mServerOptions } from '../src/index.ts';
import { inWords, Stage, type ScriptedDevice } from './scripted-device.ts';

/** A device that has registered, and the server's operations on it. */
export interface Conversation {
  readonly stage: Stage;
  readonly device: ScriptedDevice;
  /** The operations. */
  readonly target: Device;
}

/** An endpoint `dev` that has registered. */
export async function converse(
  query?: string,
  links?: string,
  options: Partial<Lwm2mServerOptions> = {},
): Promise<Conversation> {
  const stage = await Stage.start(options);
  const device = stage.device();
  expect(await device.register(query, links)).toBe('2.01');
  return { stage, device, target: stage.server.device('dev') };
}

/** The promise, whose rejection may be looked at later. */
export function held<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** A request with all that it says: `CON PUT 3/0/14 cf=0 "Europe"`, `CON PUT 3/0?pmin=1`, `CON PUT 5/0/0 cf=42 00ff`. */
export function inFull(message: CoapMessage): string {
  const { options, payload } = message;
  const withoutPath = options.filter(({ number }) => number !== OptionNumber.URI_PATH);
  const [type, method, ...others] = inWords({ ...message, options: withoutPath }).split(' ');
  const query = stringOptions(options, OptionNumber.URI_QUERY);
  const target = [stringOptions(options, OptionNumber.URI_PATH).join('/'), query.join('&')].filter(
    (part) => part !== '',
  );
  const contentFormat = uintOption(options, OptionNumber.CONTENT_FORMAT);
  const isText = contentFormat !== undefined && describeContentFormat(contentFormat)?.text === true;
  const body = isText ? JSON.stringify(Buffer.from(payload).toString()) : Buffer.from(payload).toString('hex');
  const format = contentFormat === undefined ? '' : `cf=${contentFormat}`;
  const words = [type, method, target.join('?'), ...others, format, payload.length === 0 ? '' : body];
  return words.filter((word) => word !== '').join(' ');
}

/** An answer of a device. */
export type Answer = readonly [code: number, fields?: OptionFields & { payload?: string | Uint8Array }];

/**
 * Lets a device answer the requests of an operation, one after another. Returns them in words, and what the operation came to.
 */
export async function answer<T>(
  { stage, device }: Pick<Conversation, 'stage' | 'device'>,
  operation: Promise<T>,
  ...answers: readonly Answer[]
): Promise<{ readonly requests: readonly string[]; readonly result: T }> {
  void held(operation);
  const requests: string[] = [];
  for (const [code, fields] of answers) {
    const request = await device.one();
    requests.push(inFull(request));
    device.answer(request, code, fields);
  }
  await stage.settle();
  return { requests, result: await operation };
}

/** As {@link answer}, for an operation that fails: what it rejected with. */
export async function fail(
  conversation: Pick<Conversation, 'stage' | 'device'>,
  operation: Promise<unknown>,
  ...answers: readonly Answer[]
): Promise<{ readonly requests: readonly string[]; readonly error: unknown }> {
  const reversed = operation.then(
    () => {
      throw new Error('the operation did not fail');
    },
    (error: unknown) => error,
  );
  const { requests, result } = await answer(conversation, reversed, ...answers);
  return { requests, error: result };
}
