import { Code } from '@flownexus/coap';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Stage } from '../scripted-device.ts';

const unhandled: unknown[] = [];
const note = (error: unknown): void => {
  unhandled.push(error);
};

beforeEach(() => {
  unhandled.length = 0;
  process.on('unhandledRejection', note);
});
afterEach(() => {
  process.off('unhandledRejection', note);
});

test('a handler that rejects the first value while the store still writes is reported, and nothing more comes of it', async () => {
  const saved = Promise.withResolvers<undefined>();
  const stage = await Stage.start({
    observe: [{ path: '/3/0/9' }],
    observationStore: {
      load: () => [],
      save: () => saved.promise,
      remove: () => undefined,
      endRegistration: () => undefined,
    },
    onNotify: () => Promise.reject(new Error('no')),
  });
  const device = stage.device();
  await device.register();
  device.answer(await device.one(), Code.CONTENT, { observe: 1, contentFormat: 0, payload: '7' });
  await stage.settle();
  // What nobody handles is told when the microtasks are done.
  await new Promise((resolve) => setImmediate(resolve));
  saved.resolve(undefined);
  await stage.settle();
  expect(unhandled).toEqual([]);
  expect(stage.log.filter((line) => line.startsWith('error'))).toEqual([
    'error: onNotify failed for dev /3/0/9: Error: no',
  ]);
});
