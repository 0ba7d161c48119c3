import { describe, expect, test } from 'vitest';
import { Code, decodeString, OptionNumber, type CoapMessage } from '@flownexus/coap';
import {
  MemoryOperationStore,
  type Lwm2mServerOptions,
  type Operation,
  type QueuedOperation,
} from '../../src/index.ts';
import { inWords, Stage, type ScriptedDevice } from '../scripted-device.ts';

const QUEUE_MODE = 'lwm2m=1.1&ep=dev&lt=86400&b=U&Q';
const REBOOT: Operation = { kind: 'execute', path: '/3/0/4' };

function write(value: string): Operation {
  return {
    kind: 'write',
    path: '/3/0/14',
    mode: 'replace',
    node: { kind: 'singleResource', id: 14, type: 'string', value },
    contentFormat: 0,
  };
}

function inWordsOf({ operation, state, attempts, failure }: QueuedOperation): string {
  return [operation.kind, state, attempts, failure?.reason, failure?.responseCode]
    .filter((x) => x !== undefined)
    .join(' ');
}

async function started(
  options: Partial<Lwm2mServerOptions> = {},
  world: ConstructorParameters<typeof Stage>[1] = {},
): Promise<Stage> {
  const stage = new Stage(options, world);
  stage.server.on('operation', (operation) => stage.log.push(inWordsOf(operation)));
  await stage.server.start();
  return stage;
}

/** The only request that has arrived beside answers to the device's own. */
async function request(device: ScriptedDevice): Promise<CoapMessage> {
  const requests = (await device.received()).filter(({ code }) => code > 0 && code < 32);
  const [only] = requests;
  if (only === undefined || requests.length > 1) throw new Error(requests.map(inWords).join('; ') || 'no request');
  return only;
}

test('an operation for a device that sleeps is sent at its next Update, after the answer to that', async () => {
  const stage = await started();
  const device = stage.device();
  await device.register(QUEUE_MODE);
  await stage.clock.advanceAsync(100_000);
  const { id, state } = await stage.server.operations.add('dev', write('+02:00'));
  expect(state).toBe('QUEUED');
  await stage.clock.advanceAsync(1_000_000);
  expect(await device.received()).toEqual([]);
  const messageId = device.request(Code.POST, { path: device.location });
  const [answer, put] = await device.received();
  expect([answer?.messageId, answer?.code]).toEqual([messageId, Code.CHANGED]);
  if (put === undefined) throw new Error('nothing was sent');
  expect([inWords(put), decodeString(put.payload)]).toEqual(['CON PUT 3/0/14', '+02:00']);
  device.answer(put, Code.CHANGED);
  expect(await stage.clock.runUntil(stage.server.operations.finished(id))).toMatchObject({
    state: 'CONFIRMED',
    attempts: 1,
    result: { responseCode: '2.04' },
  });
  expect(stage.taken()).toEqual([
    'registered dev',
    'write QUEUED 0',
    'updated dev',
    'write SENDING 1',
    'write CONFIRMED 1',
  ]);
});

test('one for a device that is not registered is sent right after the answer to its Register', async () => {
  const stage = await started();
  await stage.server.operations.add('dev', write('+02:00'));
  const device = stage.device();
  await device.register(QUEUE_MODE);
  expect(inWords(await request(device))).toBe('CON PUT 3/0/14');
});

test('the order of five Writes is kept, and each waits for the answer to the one before', async () => {
  const stage = await started();
  for (const value of ['1', '2', '3', '4', '5']) await stage.server.operations.add('dev', write(value));
  expect(stage.server.statistics.queued).toBe(5);
  const device = stage.device();
  await device.register('lwm2m=1.1&ep=dev&lt=60');
  const values: string[] = [];
  for (let index = 0; index < 5; index += 1) {
    const put = await request(device);
    values.push(decodeString(put.payload));
    device.answer(put, Code.CHANGED);
  }
  expect(values).toEqual(['1', '2', '3', '4', '5']);
  await stage.settle();
  expect(stage.server.statistics.queued).toBe(0);
});

test('no answer three times: QUEUED, QUEUED, FAILED', async () => {
  const stage = await started();
  const device = stage.device();
  await device.register(QUEUE_MODE);
  await stage.server.operations.add('dev', write('+02:00'));
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    await stage.clock.advanceAsync(500_000);
    await device.ignore();
    await device.update();
  }
  expect(stage.taken().filter((line) => line.startsWith('write'))).toEqual([
    'write QUEUED 0',
    'write SENDING 1',
    'write QUEUED 1 timeout',
    'write SENDING 2 timeout',
    'write QUEUED 2 timeout',
    'write SENDING 3 timeout',
    'write FAILED 3 timeout',
  ]);
  await stage.clock.advanceAsync(10_000);
  expect(await device.received()).toEqual([]);
});

test('4.05 fails it at once, with what the device said', async () => {
  const stage = await started();
  const device = stage.device();
  await device.register(QUEUE_MODE);
  const { id } = await stage.server.operations.add('dev', REBOOT);
  device.answer(await request(device), Code.METHOD_NOT_ALLOWED, { payload: 'not now' });
  expect((await stage.clock.runUntil(stage.server.operations.finished(id))).failure).toEqual({
    reason: 'rejected',
    responseCode: '4.05',
    message: 'the device answered 4.05: not now',
  });
});

test('an Execute that was answered by silence is not sent again', async () => {
  const stage = await started();
  const device = stage.device();
  await device.register(QUEUE_MODE);
  const { id } = await stage.server.operations.add('dev', REBOOT);
  await stage.clock.advanceAsync(500_000);
  expect((await stage.clock.runUntil(stage.server.operations.finished(id))).failure?.reason).toBe('outcome-unknown');
  await device.ignore();
  await device.update();
  await stage.settle();
  expect(await device.received()).toEqual([]);
});

test.each([
  ['is larger than any may be', [{ number: OptionNumber.SIZE2, value: Uint8Array.of(1, 0, 0, 0) }], 1_024],
  ['has a block that is too small', [], 10],
])('an Execute whose answer %s is not sent again', async (_case, more, size) => {
  const stage = await started();
  const device = stage.device();
  await device.register('lwm2m=1.1&ep=dev&lt=86400');
  const { id } = await stage.server.operations.add('dev', REBOOT);
  const options = [{ number: OptionNumber.BLOCK2, value: Uint8Array.of(0x0e) }, ...more];
  device.answer(await request(device), Code.CHANGED, { options, payload: new Uint8Array(size) });
  await stage.settle();
  expect((await stage.server.operations.get(id))?.failure?.reason).toBe('outcome-unknown');
  await stage.clock.advanceAsync(1_000_000);
  expect(await device.received()).toEqual([]);
  expect(stage.server.presence('dev')?.state).toBe('awake');
});

test('the answer to an operation that was cancelled changes nothing any more', async () => {
  const stage = await started();
  const device = stage.device();
  await device.register(QUEUE_MODE);
  const { id } = await stage.server.operations.add('dev', write('1'));
  const put = await request(device);
  expect(await stage.server.operations.cancel(id)).toBe(true);
  device.answer(put, Code.CHANGED);
  await stage.settle();
  expect(await stage.server.operations.get(id)).toMatchObject({ state: 'FAILED', failure: { reason: 'cancelled' } });
});

test('the time that a value is read at is that of the answer, and the result is kept', async () => {
  const stage = await started();
  const device = stage.device();
  await device.register(QUEUE_MODE);
  const { id } = await stage.server.operations.add('dev', { kind: 'read', path: '/3/0/14' });
  device.answer(await request(device), Code.CONTENT, { contentFormat: 0, payload: '+02:00' });
  expect((await stage.clock.runUntil(stage.server.operations.finished(id))).result).toMatchObject({
    responseCode: '2.05',
    node: { kind: 'singleResource', id: 14, value: '+02:00' },
  });
});

describe('what can never be sent is refused at once', () => {
  test.each<[string, Operation]>([
    ['a path that is none', { kind: 'read', path: 'nowhere' }],
    ['an Execute of an Object', { kind: 'execute', path: '/3' }],
    ['no kind that there is', { kind: 'dance' } as unknown as Operation],
  ])('%s', async (_name, operation) => {
    const stage = await started();
    await expect(stage.server.operations.add('dev', operation)).rejects.toThrow();
    expect(await stage.server.operations.list('dev')).toEqual([]);
  });
});

describe('a restart', () => {
  test('lets all go on where it stood', async () => {
    const operationStore = new MemoryOperationStore();
    const first = await started({ operationStore });
    const device = first.device();
    await device.register(QUEUE_MODE);
    const { id: sending } = await first.server.operations.add('dev', write('1'));
    const { id: queued } = await first.server.operations.add('dev', write('2'));
    await request(device);
    const stopping = first.server.stop();
    await first.clock.runUntil(stopping);
    expect([operationStore.get(sending)?.state, operationStore.get(queued)?.state]).toEqual(['SENDING', 'QUEUED']);

    const second = await started({ operationStore }, { clock: first.clock });
    expect(second.taken()).toEqual(['write QUEUED 1 timeout']);
    const again = second.device();
    await again.register(QUEUE_MODE);
    const put = await request(again);
    expect(decodeString(put.payload)).toBe('1');
    again.answer(put, Code.CHANGED);
    expect(decodeString((await request(again)).payload)).toBe('2');
    expect(operationStore.get(sending)).toMatchObject({ state: 'CONFIRMED', attempts: 2 });
  });

  test('does not repeat an Execute of which nobody knows what became', async () => {
    const operationStore = new MemoryOperationStore();
    const first = await started({ operationStore });
    const device = first.device();
    await device.register(QUEUE_MODE);
    await first.server.operations.add('dev', REBOOT);
    await request(device);
    await first.clock.runUntil(first.server.stop());

    const second = await started({ operationStore }, { clock: first.clock });
    expect(second.taken()).toEqual(['execute FAILED 1 outcome-unknown']);
  });
});

test('a server whose store can not be loaded does not start, and has nothing open', async () => {
  const operationStore = new MemoryOperationStore();
  operationStore.load = () => {
    throw new Error('disk gone');
  };
  const stage = new Stage({ operationStore });
  await expect(stage.server.start()).rejects.toThrow('disk gone');
  expect(stage.server.addresses).toEqual([]);
});

test('operations are taken while the server runs, and not before or after', async () => {
  const stage = new Stage();
  const state = { code: 'ERR_LWM2M_SERVER_STATE' };
  await expect(stage.server.operations.add('dev', REBOOT)).rejects.toMatchObject(state);
  await stage.server.start();
  const { id } = await stage.server.operations.add('dev', REBOOT);
  const finished = stage.server.operations.finished(id);
  finished.catch(() => undefined);
  await stage.clock.runUntil(stage.server.stop());
  await expect(finished).rejects.toMatchObject(state);
  await expect(stage.server.operations.add('dev', REBOOT)).rejects.toMatchObject(state);
});
