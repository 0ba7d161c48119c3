import { expect, test } from 'vitest';
import { decideDelivery, nextDelivery } from '../../src/firmware/decide.ts';
import { NOTHING_KNOWN } from '../../src/firmware/device-facts.ts';
import { newUpdate } from '../../src/firmware/new-update.ts';
import type { DeviceFacts, FirmwareUpdate, UpdateOptions } from '../../src/index.ts';

function update(
  device: Partial<DeviceFacts>,
  options: Omit<UpdateOptions, 'packageId'> = {},
  changes: Partial<FirmwareUpdate> = {},
): FirmwareUpdate {
  const given = { id: 'a', endpointName: 'dev', campaignId: undefined, size: 1, registration: undefined, now: 0 };
  const begun = newUpdate({ packageId: 'app', ...options }, given);
  return { ...begun, device: { ...NOTHING_KNOWN, ...device }, ...changes };
}

test.each([
  ['says nothing', {}, 'push', ['coap']],
  ['fetches alone', { deliveryMethod: 0 }, 'pull', ['coap']],
  ['is pushed to alone', { deliveryMethod: 1 }, 'push', ['coap']],
  ['does both', { deliveryMethod: 2, protocols: [0, 1, 2, 3] }, 'pull', ['coaps', 'https', 'coap', 'http']],
  ['does both, and has no protocol that is known', { deliveryMethod: 2, protocols: [] }, 'push', []],
  ['fetches alone, and has none', { deliveryMethod: 0, protocols: [] }, undefined, []],
  ['has a method that is not known', { deliveryMethod: 9 }, 'push', ['coap']],
  ['fetches over CoAP over TCP', { deliveryMethod: 0, protocols: [4, 5] }, 'pull', ['coaps+tcp', 'coap+tcp']],
] as const)('a device that %s', (_words, device, delivery, schemes) => {
  expect(decideDelivery(update(device))).toEqual({ delivery, schemes });
});

test('the caller has the say among what the device supports', () => {
  expect(decideDelivery(update({ deliveryMethod: 2 }, { delivery: 'push' })).delivery).toBe('push');
  expect(decideDelivery(update({ deliveryMethod: 0 }, { delivery: 'push' })).delivery).toBeUndefined();
});

test('what did not work is not tried again', () => {
  const both = update({ deliveryMethod: 2 }, {}, { delivery: 'pull' });
  expect(nextDelivery(both)).toEqual({ next: 'push', refusedDeliveries: ['pull'] });
  const pushed = { ...both, delivery: 'push', refusedDeliveries: ['pull'] } as const;
  expect(nextDelivery(pushed)).toEqual({ next: undefined, refusedDeliveries: ['pull', 'push'] });
});
