import { Code } from '@flownexus/coap';
import { expect, test } from 'vitest';
import type { LogCollector, LogStatus } from '../../src/index.ts';
import { answer, fail, held } from '../operation-stage.ts';
import { collecting } from './log-stage.ts';

type Act = (collector: LogCollector) => Promise<unknown>;

test.each<[string, Act, readonly string[]]>([
  ['an Event Log starts', (logs) => logs.start('dev', '/20/0'), ['CON POST 20/0/4011']],
  [
    'after what there is already',
    (logs) => logs.start('dev', '/20/1', { append: true }),
    [`CON POST 20/1/4011 cf=0 "0='1'"`],
  ],
  [
    'for a while',
    (logs) => logs.start('dev', '/20/0', { append: true, stopAfterSeconds: 60 }),
    [`CON POST 20/0/4011 cf=0 "0='1',1='60'"`],
  ],
  [
    'with a class and a format, which are written first',
    (logs) => logs.start('dev', '/20/0', { logClass: 2, dataFormat: 4 }),
    [
      `CON POST 20/0 cf=110 ${JSON.stringify('[{"bn":"/20/0/","n":"4010","v":2},{"n":"4015","v":4}]')}`,
      'CON POST 20/0/4011',
    ],
  ],
  ['it stops', (logs) => logs.stop('dev', '/20/0'), ['CON POST 20/0/4012']],
  ['and is emptied', (logs) => logs.stop('dev', '/20/0', { clear: true }), [`CON POST 20/0/4012 cf=0 "0='1'"`]],
  ['by the path of its data', (logs) => logs.stop('dev', '/20/0/4014'), ['CON POST 20/0/4012']],
  [
    'it sends increments',
    (logs) => logs.sendIncrements('dev', '/20/0', 30),
    [`CON PUT 20/0/4017 cf=110 ${JSON.stringify('[{"bn":"/20/0/4017","v":30}]')}`],
  ],
  [
    'a System Log starts',
    (logs) => logs.start('dev', '/10259/0', { level: 'warning' }),
    [`CON POST 10259/0 cf=110 ${JSON.stringify('[{"bn":"/10259/0/","n":"3","vb":true},{"n":"4","v":5}]')}`],
  ],
  [
    'and stops',
    (logs) => logs.stop('dev', '/10259/0'),
    [`CON POST 10259/0 cf=110 ${JSON.stringify('[{"bn":"/10259/0/","n":"3","vb":false}]')}`],
  ],
])('%s', async (_name, act, expected) => {
  const { stage, device, collector } = await collecting();
  const answers = expected.map(() => [Code.CHANGED] as const);
  const { requests } = await answer({ stage, device }, act(collector), ...answers);
  expect(requests).toEqual(expected);
});

test.each<[string, string, string | number, LogStatus]>([
  ['runs', '/20/0', 0, { running: true, hasData: false, failed: false, incremental: false }],
  ['is stopped with data', '/20/0', 3, { running: false, hasData: true, failed: false, incremental: false }],
  ['has failed, and sends', '/20/0', 12, { running: true, hasData: false, failed: true, incremental: true }],
  ['is enabled', '/10259/0', 1, { running: true, hasData: undefined, failed: undefined, incremental: undefined }],
  ['is disabled', '/10259/0', 0, { running: false, hasData: undefined, failed: undefined, incremental: undefined }],
])('the status of a log that %s', async (_name, log, value, expected) => {
  const { stage, device, collector } = await collecting();
  const { requests, result } = await answer({ stage, device }, collector.status('dev', log), [
    Code.CONTENT,
    { contentFormat: 0, payload: String(value) },
  ]);
  expect(requests).toEqual([`CON GET ${log === '/20/0' ? '20/0/4013' : '10259/0/3'} accept=110`]);
  expect(result).toEqual(expected);
});

test('a System Log that can not be turned off is on', async () => {
  const { stage, device, collector } = await collecting();
  const { result } = await answer({ stage, device }, collector.status('dev', '/10259/0'), [Code.NOT_FOUND]);
  expect(result).toMatchObject({ running: true });
});

test('an Event Log without a status has none', async () => {
  const { stage, device, collector } = await collecting();
  const { error } = await fail({ stage, device }, collector.status('dev', '/20/0'), [Code.NOT_FOUND]);
  expect(error).toMatchObject({ responseCode: '4.04' });
});

test('nothing is started when the class is refused', async () => {
  const { stage, device, collector } = await collecting();
  const { error, requests } = await fail({ stage, device }, collector.start('dev', '/20/0', { logClass: 99 }), [
    Code.METHOD_NOT_ALLOWED,
  ]);
  expect(error).toMatchObject({ responseCode: '4.05' });
  expect(requests).toHaveLength(1);
  expect(await device.received()).toEqual([]);
});

test('a start waits for a device that sleeps, and a stop takes its place', async () => {
  const { stage, device, collector } = await collecting({}, {}, 'lwm2m=1.1&ep=dev&lt=600&Q');
  await stage.clock.advanceAsync(100_000);
  const starting = held(collector.start('dev', '/20/0'));
  await stage.settle();
  const stopping = held(collector.stop('dev', '/20/0'));
  expect(await device.received()).toEqual([]);
  await device.update();
  const { requests } = await answer({ stage, device }, stopping, [Code.CHANGED]);
  expect(requests).toEqual(['CON POST 20/0/4012']);
  await expect(starting).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_FAILED', cause: { reason: 'replaced' } });
});

test.each<[string, Act, typeof TypeError | typeof RangeError]>([
  ['what is no log', (logs) => logs.start('dev', '/3/0'), TypeError],
  ['an Object', (logs) => logs.stop('dev', '/20'), TypeError],
  ['increments of a System Log', (logs) => logs.sendIncrements('dev', '/10259/0', 1), TypeError],
  ['a level of an Event Log', (logs) => logs.start('dev', '/20/0', { level: 'warning' }), TypeError],
  ['a class of a System Log', (logs) => logs.start('dev', '/10259/0', { logClass: 1 }), TypeError],
  ['a System Log that is to be emptied', (logs) => logs.stop('dev', '/10259/0', { clear: true }), TypeError],
  ['a class that is none', (logs) => logs.start('dev', '/20/0', { logClass: -1 }), RangeError],
  ['half a second', (logs) => logs.start('dev', '/20/0', { logClass: 1, stopAfterSeconds: 0.5 }), RangeError],
])('nothing is asked for %s', async (_name, act, error) => {
  const { device, collector } = await collecting();
  await expect(act(collector)).rejects.toThrow(error);
  expect(await device.received()).toEqual([]);
});
