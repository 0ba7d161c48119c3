import { Code, type CoapMessage } from '@flownexus/coap';
import { expect, test } from 'vitest';
import { FirmwareUpdater, MemoryFirmwareStore, type FirmwareUpdate } from '../../src/index.ts';
import { inFull } from '../operation-stage.ts';
import { Stage, type ScriptedDevice } from '../scripted-device.ts';

const packages = {
  open: () => ({
    size: 4,
    etag: Uint8Array.of(1),
    read: (offset: number, length: number) => Uint8Array.of(1, 2, 3, 4).subarray(offset, offset + length),
  }),
};

async function begun(): Promise<{
  readonly stage: Stage;
  readonly device: ScriptedDevice;
  readonly updater: FirmwareUpdater;
  readonly id: string;
}> {
  const stage = await Stage.start();
  const device = stage.device();
  await device.register('lwm2m=1.0&ep=dev&lt=86400', '</1/0>,</3/0>,</5/0>');
  const updater = new FirmwareUpdater(stage.server, { packages, clock: stage.clock });
  await updater.start();
  const { id } = await updater.update('dev', { packageId: 'app' });
  return { stage, device, updater, id };
}

/** Answers requests one after another by what is at their paths. */
async function serve(
  device: ScriptedDevice,
  answer: (words: string) => readonly [code: number, text?: string],
): Promise<string[]> {
  const requests: string[] = [];
  for (let request = await next(device); request !== undefined; request = await next(device)) {
    const words = inFull(request).replace(/^CON /, '');
    requests.push(words);
    const [code, text] = answer(words);
    device.answer(request, code, text === undefined ? {} : { contentFormat: 0, payload: text });
  }
  return requests;
}

async function next(device: ScriptedDevice): Promise<CoapMessage | undefined> {
  const requests = (await device.received()).filter(({ code }) => code > 0 && code < 32);
  return requests[0];
}

test('where the Object Instance can not be read its Resources are read one by one', async () => {
  const { device, updater, id } = await begun();
  let state = '0';
  let result = '0';
  const requests = await serve(device, (words) => {
    if (words.startsWith('GET 5/0 ')) return [Code.METHOD_NOT_ALLOWED];
    if (words.startsWith('GET 5/0/3')) return [Code.CONTENT, state];
    if (words.startsWith('GET 5/0/5')) return [Code.CONTENT, result];
    if (words.startsWith('GET 5/0/9')) return [Code.CONTENT, '1'];
    if (words.startsWith('GET 3/0/3')) return [Code.CONTENT, '1.0'];
    if (words.startsWith('PUT 5/0/0')) state = '2';
    if (words.startsWith('POST 5/0/2')) [state, result] = ['0', '1'];
    return words.startsWith('GET') ? [Code.NOT_FOUND] : [Code.CHANGED];
  });
  const withoutOptions = requests.map((words) => words.split(' ').slice(0, 2).join(' '));
  expect(withoutOptions.slice(0, 7)).toEqual([
    'GET 5/0',
    'GET 5/0/3',
    'GET 5/0/5',
    'GET 5/0/8',
    'GET 5/0/9',
    'GET 5/0/7',
    'GET 5/0/14',
  ]);
  // The instance is not asked for again.
  expect(withoutOptions.filter((words) => words === 'GET 5/0')).toHaveLength(1);
  const execute = withoutOptions.indexOf('POST 5/0/2');
  expect(withoutOptions.slice(execute - 2, execute)).toEqual(['GET 5/0/3', 'GET 5/0/5']);
  expect(await updater.get(id)).toMatchObject({ state: 'UPDATING', device: { readable: 'resources' } });
});

test('a device that a broken push has left behind is reset as often as it takes', async () => {
  const { device, updater, id } = await begun();
  let state = 1;
  const requests = await serve(device, (words) => {
    if (words.startsWith('GET 5/0/3')) return [Code.CONTENT, String(state)];
    if (words.startsWith('GET 5/0/5')) return [Code.CONTENT, '0'];
    if (words.startsWith('PUT 5/0/0')) {
      // As Zephyr: the NUL byte is taken for the rest of the package.
      if (state === 1) state = 2;
      return [Code.CHANGED];
    }
    if (words.startsWith('PUT 5/0/1')) {
      if (state === 2) state = 0;
      return [Code.CHANGED];
    }
    return [words.startsWith('GET') ? Code.NOT_FOUND : Code.CHANGED];
  });
  const writes = requests.filter((words) => words.startsWith('PUT')).map((words) => words.split(' ')[1]);
  expect(writes.slice(0, 4)).toEqual(['5/0/1', '5/0/0', '5/0/1', '5/0/0']);
  expect(await updater.get(id)).toMatchObject({ attempts: 1, state: 'DOWNLOADING' });
});

test('a device without a State that can be read', async () => {
  const { device, updater, id } = await begun();
  await serve(device, () => [Code.METHOD_NOT_ALLOWED]);
  expect(await updater.get(id)).toMatchObject({
    state: 'FAILED',
    failure: { reason: 'no-firmware-object', responseCode: '4.05' },
  });
});

test('a device that has just started, and does not know the server yet, is asked later', async () => {
  const { device, updater, id } = await begun();
  await serve(device, () => [Code.UNAUTHORIZED]);
  expect(await updater.get(id)).toMatchObject({
    state: 'RETRYING',
    device: { readable: 'instance' },
    failure: { reason: 'device-error', responseCode: '4.01' },
  });
});

test.each([
  [Code.REQUEST_ENTITY_TOO_LARGE, 'FAILED', 'not-enough-flash'],
  [Code.NOT_FOUND, 'FAILED', 'refused'],
  [Code.REQUEST_ENTITY_INCOMPLETE, 'RETRYING', 'refused'],
  [Code.INTERNAL_SERVER_ERROR, 'RETRYING', 'device-error'],
  [Code.UNAUTHORIZED, 'RETRYING', 'device-error'],
])('a push that is answered %i', async (code, state, reason) => {
  const { device, updater, id } = await begun();
  await serve(device, (words) => {
    if (words.startsWith('PUT 5/0/0')) return [code];
    if (/^GET 5\/0\/[35] /.test(words)) return [Code.CONTENT, '0'];
    if (words.startsWith('GET 5/0/9')) return [Code.CONTENT, '1'];
    return [Code.NOT_FOUND];
  });
  expect(await updater.get(id)).toMatchObject({ state, failure: { reason } });
});

test('a change that can not be stored is tried again, and nothing is done before', async () => {
  let failures = 0;
  class Flaky extends MemoryFirmwareStore {
    override save(update: FirmwareUpdate): void {
      if (update.state === 'READING' && update.operationId === undefined && failures++ < 2)
        throw new Error('disk full');
      super.save(update);
    }
  }
  const stage = await Stage.start();
  const device = stage.device();
  await device.register('lwm2m=1.0&ep=dev&lt=86400', '</5/0>');
  const updater = new FirmwareUpdater(stage.server, {
    packages,
    store: new Flaky(),
    clock: stage.clock,
    onError: (_error, context) => stage.log.push(context),
  });
  await updater.start();
  const update = updater.update('dev', { packageId: 'app' });
  await stage.clock.advanceAsync(9_000);
  expect(await next(device)).toBeUndefined();
  expect(stage.log.filter((line) => line.endsWith('could not be saved; it is tried again'))).toHaveLength(2);
  await stage.clock.advanceAsync(2_000);
  expect((await update).state).toBe('READING');
  expect(inFull((await next(device))!)).toMatch(/^CON GET 5\/0 /);
});
