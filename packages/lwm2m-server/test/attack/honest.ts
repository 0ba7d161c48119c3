import { Code, type CoapMessage } from '@flownexus/coap';
import { expect } from 'vitest';
import { held } from '../operation-stage.ts';
import { inWords, type ScriptedDevice, type Stage } from '../scripted-device.ts';

const QUERY = 'lwm2m=1.1&ep=good&lt=4000000';

/** A device that does nobody any harm, registered as `good`. */
export async function honest(stage: Stage): Promise<ScriptedDevice> {
  const device = stage.device(49_000);
  expect(await device.register(QUERY)).toBe('2.01');
  return device;
}

/** The server does for an honest device what it is there for, and what was done to it by others left nothing behind but what they registered. */
export async function expectUnharmed(stage: Stage, device: ScriptedDevice): Promise<void> {
  await device.ignore();
  expect(await device.update()).toBe('2.04');
  const read = held(stage.server.device('good').read('/3/0/9', { accept: null }));
  // Policies ask first: one answer lets the next request out.
  for (let requests = await device.received(); requests.length > 0; requests = await device.received()) {
    for (const request of requests) answerHonestly(device, request);
  }
  await stage.settle();
  expect((await read).records).toMatchObject([{ value: 7 }]);
  device.report('[{"n":"/3/0/9","v":8}]', { contentFormat: 110 });
  expect((await device.received()).map(inWords)).toEqual(['ACK 2.04']);
  expect(stage.log.filter((line) => line.startsWith('error'))).toEqual([]);
  await stage.clock.advanceAsync(300_000);
  expect(stage.server.statistics).toMatchObject({ waiting: 0 });
}

function answerHonestly(device: ScriptedDevice, request: CoapMessage): void {
  if (inWords(request) !== 'CON GET 3/0/9') device.answer(request, Code.NOT_FOUND);
  else device.answer(request, Code.CONTENT, { contentFormat: 0, payload: '7' });
}
