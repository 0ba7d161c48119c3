import { Code } from '@flownexus/coap';
import { expect, test, vi } from 'vitest';
import { fastClock } from '../support/fast-clock.ts';
import { sharedBlackBox } from './black-box.ts';

// A device that is silent is given 93 s (MAX_TRANSMIT_WAIT, RFC 7252 §4.8.2), which a fast clock makes a few.
const app = sharedBlackBox(fastClock(20));
const patient = { timeout: 60_000, interval: 100 };

test('a lifetime that ends, and the grace after it, end the registration', { timeout: 90_000 }, async () => {
  const box = app();
  const device = await box.rawDevice();
  await device.register('expiring', { lt: '60' }, '</3/0>');
  expect(await box.endpoint('expiring')).toMatchObject({ registered: true, lifetime: 60 });
  await vi.waitFor(async () => {
    expect(await box.endpoint('expiring')).toMatchObject({ registered: false });
  }, patient);
  const [registered, ended] = [await box.values('expiring', '/10240/0/0'), await box.values('expiring', '/10240/0/1')];
  expect([registered.length, ended.length]).toEqual([1, 1]);
  const seconds = Number(ended[0]?.['value']) - Number(registered[0]?.['value']);
  expect(seconds).toBeGreaterThanOrEqual(60);
});

test('after the third silence an operation has FAILED, not before', { timeout: 90_000 }, async () => {
  const box = app();
  const device = await box.rawDevice();
  const location = await device.register('silent', { lt: '86400' }, '</3/0>');
  const queued = await box.call('POST', '/api/v1/endpoints/silent/operations', { kind: 'write', path: '/3/0/14', value: 'x' }); // prettier-ignore
  const { id } = queued.body as { id: string };
  const stands = (expected: object): Promise<void> =>
    vi.waitFor(async () => expect(await box.get(`/api/v1/operations/${id}`)).toMatchObject(expected), patient);
  const update = { code: Code.POST, options: { path: location } };
  // What it is asked, retransmissions included, has no answer.
  await stands({ state: 'QUEUED', transmitCounter: 1 });
  expect(await device.send(update)).toMatchObject({ code: Code.CHANGED });
  await stands({ state: 'QUEUED', transmitCounter: 2 });
  expect(await device.send(update)).toMatchObject({ code: Code.CHANGED });
  await stands({ state: 'FAILED', transmitCounter: 3, reason: 'timeout' });
});
