import { Lwm2mClient, zephyrSampleObjects } from '@flownexus/lwm2m-client';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { expect, onTestFinished, test } from 'vitest';
import { sharedBlackBox } from './black-box.ts';

const DEVICES = 500;
/** What a fleet sends in ten minutes with 15 s between two values of a device; the rounds here follow each other at once. */
const ROUNDS = 40;
const app = sharedBlackBox();

test('of five hundred devices nothing is lost', { timeout: 240_000 }, async () => {
  const box = app();
  const registry = await ObjectRegistry.bundled();
  const server = { host: '127.0.0.1', port: box.app.coapPort };
  const devices = Array.from({ length: DEVICES }, (_, index) => {
    const objects = zephyrSampleObjects(registry, { serialNumber: String(index), lifetime: 300 });
    return new Lwm2mClient({ endpointName: `fleet-${String(index)}`, server, objects });
  });
  onTestFinished(async () => {
    await Promise.all(devices.map((device) => device.close()));
  });
  // As many at a time as come together when the power is back.
  for (let next = 0; next < DEVICES; next += 50) {
    await Promise.all(devices.slice(next, next + 50).map((device) => device.start()));
  }
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const device of devices) device.objects.set('/3304/0/5700', round);
    await Promise.all(devices.map((device) => device.send(['/3304/0/5700'])));
  }
  for (let index = 0; index < DEVICES; index += 1) {
    const sent = (await box.values(`fleet-${String(index)}`, '/3304/0/5700')).filter(({ source }) => source === 'send');
    expect(sent.map(({ value }) => value)).toEqual(Array.from({ length: ROUNDS }, (_, round) => round + 1));
  }
  const statistics = await box.get<{ endpoints: { registered: number } }>('/api/v1/statistics');
  expect(statistics.endpoints.registered).toBe(DEVICES);
});
