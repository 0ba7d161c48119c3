import { Code } from '@flownexus/coap';
import { expect } from 'vitest';
import type { Lwm2mServerOptions } from '../../src/index.ts';
import { inWords, Stage, type ScriptedDevice } from '../scripted-device.ts';

/** Answers the only waiting request as a device that observes, with a text value. Returns its token. */
export async function accept(device: ScriptedDevice, value: string, words?: string): Promise<Uint8Array> {
  const request = await device.one();
  if (words !== undefined) expect(inWords(request)).toBe(words);
  device.answer(request, Code.CONTENT, { observe: 0, contentFormat: 0, payload: value });
  return request.token;
}

export async function staged(options: Partial<Lwm2mServerOptions>): Promise<{ stage: Stage; device: ScriptedDevice }> {
  const stage = await Stage.start(options);
  return { stage, device: stage.device() };
}
