import { Code, OptionNumber, stringOptions, uintOption, type CoapMessage } from '@flownexus/coap';
import {
  decodePathList,
  encodeRecords,
  formatPath,
  parsePath,
  ROOT_PATH,
  type ResourceRecord,
} from '@flownexus/lwm2m-core';
import { expect } from 'vitest';
import type { Lwm2mServerOptions } from '../../src/index.ts';
import { inWords, Stage, type ScriptedDevice } from '../scripted-device.ts';

/** Answers the only waiting request as a device that observes, with a text value. Returns its token. */
export async function accept(device: ScriptedDevice, value: string, words?: string): Promise<Uint8Array> {
  const request = await device.one();
  if (words !== undefined) expect(inFull(request)).toBe(words);
  device.answer(request, Code.CONTENT, { observe: 0, contentFormat: 0, payload: value });
  return request.token;
}

/** Answers the only waiting request as a device that observes several paths, with values by path. Returns its token. */
export async function acceptComposite(
  device: ScriptedDevice,
  values: Readonly<Record<string, number>>,
  words?: string,
): Promise<Uint8Array> {
  const request = await device.one();
  if (words !== undefined) expect(inFull(request)).toBe(words);
  device.answer(request, Code.CONTENT, { observe: 0, contentFormat: 112, payload: senml(values) });
  return request.token;
}

/** Values by path as SenML CBOR. */
export function senml(values: Readonly<Record<string, number>>): Uint8Array {
  const records = Object.entries(values).map(([path, value]): ResourceRecord => ({
    path: parsePath(path),
    type: 'float',
    value,
    time: undefined,
  }));
  return encodeRecords(records, 112, ROOT_PATH);
}

/** A request in words, with its query and the paths in it: `CON FETCH observe=0 accept=112 pmin=5 112[/3/0/9 /1/0/1]`. */
export function inFull(message: CoapMessage): string {
  const words = [inWords(message), ...stringOptions(message.options, OptionNumber.URI_QUERY)];
  if (message.code === Code.FETCH) {
    const contentFormat = uintOption(message.options, OptionNumber.CONTENT_FORMAT) ?? 0;
    const paths = decodePathList(message.payload, contentFormat).map(formatPath);
    words.push(`${contentFormat}[${paths.join(' ')}]`);
  }
  return words.join(' ');
}

export async function staged(options: Partial<Lwm2mServerOptions>): Promise<{ stage: Stage; device: ScriptedDevice }> {
  const stage = await Stage.start(options);
  return { stage, device: stage.device() };
}
