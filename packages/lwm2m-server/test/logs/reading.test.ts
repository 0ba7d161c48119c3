import { Code } from '@flownexus/coap';
import { describe, expect, test } from 'vitest';
import { MemoryOperationStore, type LogEntry } from '../../src/index.ts';
import { answer, held } from '../operation-stage.ts';
import { bytes, collecting, senml } from './log-stage.ts';

const LINES = bytes('[00:00:01.000,000] <inf> app: started\n[00:00:02.500,000] <err> net: no carrier\n');
const IN_JSON = { contentFormat: 110 };

describe('the Event Log', () => {
  test('is read as an Object Instance, and comes as lines', async () => {
    const { stage, device, collector, entries } = await collecting();
    const { requests, result } = await answer({ stage, device }, collector.read('dev', '/20/0'), [
      Code.CONTENT,
      { ...IN_JSON, payload: senml({ '/20/0/4010': 1, '/20/0/4013': 2, '/20/0/4014': LINES }) },
    ]);
    expect(requests).toEqual(['CON GET 20/0 accept=110']);
    expect(result).toBe(2);
    expect(entries).toEqual(['read /20/0/4014 info app: started', 'read /20/0/4014 error net: no carrier']);
  });

  test('says what its data is, and a decoder is chosen by it', async () => {
    const { stage, device, collector, entries } = await collecting({
      formats: { 100: (data) => [`${data.length} bytes`, data.subarray(0, 1)] },
    });
    const payload = senml({ '/20/0/4014': Uint8Array.of(0x61, 0x62), '/20/0/4015': 100 });
    await answer({ stage, device }, collector.read('dev', '/20/0'), [Code.CONTENT, { ...IN_JSON, payload }]);
    expect(entries).toEqual(['read /20/0/4014 - 2 bytes', 'read /20/0/4014 61']);
  });

  test('without a format is text or bytes, by what it has', async () => {
    const { stage, device, collector, entries } = await collecting();
    const payload = Uint8Array.of(0x80, 1, 2);
    const { requests } = await answer({ stage, device }, collector.read('dev', '/20/1/4014'), [
      Code.CONTENT,
      { contentFormat: 42, payload },
    ]);
    expect(requests).toEqual(['CON GET 20/1/4014 accept=110']);
    expect(entries).toEqual(['read /20/1/4014 800102']);
  });
});

describe('the System Log', () => {
  test.each([
    [false, 'CON GET 10259/0/1 accept=110', '/10259/0/1'],
    [true, 'CON GET 10259/0/2 accept=110', '/10259/0/2'],
  ])('since the last time: %s', async (sinceLast, request, path) => {
    const { stage, device, collector, entries } = await collecting();
    const { requests } = await answer({ stage, device }, collector.read('dev', '/10259/0', { sinceLast }), [
      Code.CONTENT,
      { contentFormat: 0, payload: '<12>Oct  1 22:14:15 host app: low\n' },
    ]);
    expect(requests).toEqual([request]);
    expect(entries).toEqual([`read ${path} warning app: low`]);
  });
});

test('a Resource that was declared a log is one', async () => {
  const { stage, device, collector, entries } = await collecting({
    resources: [{ path: '/26241/*/1', format: 'text' }],
  });
  await answer({ stage, device }, collector.read('dev', '/26241/0/1'), [
    Code.CONTENT,
    { contentFormat: 0, payload: 'HELLO' },
  ]);
  expect(entries).toEqual(['read /26241/0/1 - HELLO']);
});

test.each(['/3/0', '/3/0/0', '/20', '/10259/0/0', '/20/0/4013'])('%s is no log, and nothing is asked', async (path) => {
  const { device, collector } = await collecting();
  await expect(collector.read('dev', path)).rejects.toThrow(TypeError);
  expect(await device.received()).toEqual([]);
});

test.each(['/3/0', '/26241', 'x', '/26241/0/70000', '/26241/0/*'])('%s can not be declared a log', async (path) => {
  await expect(collecting({ resources: [{ path }] })).rejects.toThrow();
});

test('entries say where they are from, and when they were', async () => {
  const received: LogEntry[] = [];
  const { stage, device, collector } = await collecting({ onEntries: (batch) => void received.push(...batch) });
  const { result } = await answer({ stage, device }, collector.read('dev', '/20/0'), [
    Code.CONTENT,
    {
      ...IN_JSON,
      payload: JSON.stringify([
        {
          bn: '/20/0/4014',
          bt: 1_767_225_600,
          vd: Buffer.from('INFO a\n<14>1 2026-01-02T03:04:05Z h app - - - b').toString('base64url'),
        },
      ]),
    },
  ]);
  const origin = { kind: 'text', endpointName: 'dev', path: '/20/0/4014', source: 'read' };
  const receivedAt = stage.clock.wallTime();
  expect(result).toBe(2);
  expect(received).toMatchObject([
    { ...origin, receivedAt, time: 1_767_225_600_000, text: 'INFO a', message: 'a', level: 'info' },
    { ...origin, receivedAt, time: Date.parse('2026-01-02T03:04:05Z'), message: 'b', module: 'app' },
  ]);
});

test('a refusal is that of the device', async () => {
  const { device, collector, stage } = await collecting();
  const reading = held(collector.read('dev', '/20/0'));
  device.answer(await device.one(), Code.NOT_FOUND);
  await stage.settle();
  await expect(reading).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_REJECTED', responseCode: '4.04' });
});

test('a read that is not done in time fails', async () => {
  const { device, collector, stage } = await collecting({}, {}, 'lwm2m=1.1&ep=dev&lt=600&Q');
  await stage.clock.advanceAsync(100_000); // it sleeps
  const reading = held(collector.read('dev', '/20/0', { timeToLiveMs: 10_000 }));
  await stage.clock.advanceAsync(11_000);
  expect(await device.received()).toEqual([]);
  await expect(reading).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_FAILED', cause: { reason: 'expired' } });
});

test('a handler that rejects fails the read', async () => {
  const { device, collector, stage } = await collecting({ onEntries: () => Promise.reject(new Error('disk full')) });
  const reading = held(collector.read('dev', '/20/0/4014'));
  device.answer(await device.one(), Code.CONTENT, { contentFormat: 42, payload: 'a' });
  await stage.settle();
  await expect(reading).rejects.toThrow('disk full');
});

describe('what nobody waits for', () => {
  test('is handed on: a read whose caller has gone', async () => {
    const { device, collector, stage, entries } = await collecting();
    const controller = new AbortController();
    const reading = held(collector.read('dev', '/20/0/4014', { signal: controller.signal }));
    const request = await device.one();
    controller.abort();
    await expect(reading).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_ABORTED' });
    device.answer(request, Code.CONTENT, { contentFormat: 42, payload: 'late' });
    await stage.settle();
    expect(entries).toEqual(['read /20/0/4014 - late']);
  });

  test('is handed on: a read that was queued before a restart', async () => {
    const operationStore = new MemoryOperationStore();
    const before = await collecting({}, { operationStore });
    await before.device.deregister();
    const reading = held(before.collector.read('dev', '/20/0/4014'));
    await before.stage.settle();
    await before.stage.server.stop();
    await expect(reading).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_STATE' });
    const { device, stage, entries } = await collecting({}, { operationStore });
    device.answer(await device.one(), Code.CONTENT, { contentFormat: 42, payload: 'late' });
    await stage.settle();
    expect(entries).toEqual(['read /20/0/4014 - late']);
  });

  test('is not handed on by a collector that is closed', async () => {
    const { device, collector, stage, entries } = await collecting();
    const controller = new AbortController();
    void held(collector.read('dev', '/20/0/4014', { signal: controller.signal }));
    const request = await device.one();
    controller.abort();
    collector.close();
    device.answer(request, Code.CONTENT, { contentFormat: 42, payload: 'late' });
    await stage.settle();
    expect(entries).toEqual([]);
  });

  test('a handler that fails for it is reported', async () => {
    const { device, stage } = await collecting({ onEntries: () => Promise.reject(new Error('disk full')) });
    await stage.server.operations.add('dev', { kind: 'read', path: '/20/0/4014' }, { key: 'log read /20/0/4014' });
    device.answer(await device.one(), Code.CONTENT, { contentFormat: 42, payload: 'a' });
    await stage.settle();
    expect(stage.log).toContain('error: a log that was read of dev is lost: Error: disk full');
  });
});

test('many entries come a thousand at a time, the next when the handler is done', async () => {
  const batches: number[] = [];
  let running = 0;
  const { device, collector, stage } = await collecting({
    resources: [{ path: '/26241/0/1', format: (data) => Array.from({ length: 2_500 }, () => data) }],
    onEntries: async (batch) => {
      expect((running += 1)).toBe(1);
      batches.push(batch.length);
      await Promise.resolve();
      running -= 1;
    },
  });
  const reading = collector.read('dev', '/26241/0/1');
  device.answer(await device.one(), Code.CONTENT, { contentFormat: 42, payload: 'x' });
  await stage.settle();
  expect(await reading).toBe(2_500);
  expect(batches).toEqual([1_000, 1_000, 500]);
});
