import { expect, test } from 'vitest';
import { ANONYMOUS } from '@flownexus/datagram';
import { Announcement, RegisteredEndpoint, type CoapClient } from '../../src/registration/registered-endpoint.ts';
import { RegistrationTable } from '../../src/registration/registration-table.ts';
import type { Registration } from '../../src/registration/registration.ts';

const coap: CoapClient = {
  request: () => Promise.reject(new Error('not used')),
  observe: () => Promise.reject(new Error('not used')),
  adopt: () => {
    throw new Error('not used');
  },
};
const peer = { key: 'p', host: '10.0.0.2', port: 1, identity: ANONYMOUS, pathValidated: true };

function registration(endpointName: string, links: number): Registration {
  return {
    endpointName,
    registrationId: `id-${endpointName}`,
    lifetime: 60,
    lwm2mVersion: '1.1',
    bindingMode: 'U',
    queueMode: false,
    smsNumber: undefined,
    rootPath: '/',
    links: Array.from({ length: links }, (_, id) => ({ path: `/3303/${id}`, attributes: {} })),
    objectVersions: new Map(),
    instances: new Map(),
    contentFormats: [],
    additionalParameters: {},
    address: { host: '10.0.0.2', port: 1 },
    identity: ANONYMOUS,
    registeredAt: 0,
    updatedAt: 0,
  };
}

test('the links of all registrations are bounded, whatever adds and removes them', () => {
  const table = new RegistrationTable(10, 100);
  const endpoint = new RegisteredEndpoint(registration('a', 60), peer, coap, new Announcement());
  table.add(endpoint);
  expect([table.hasPlaceForLinks(40), table.hasPlaceForLinks(41)]).toEqual([true, false]);
  table.update(endpoint, registration('a', 90));
  expect([table.hasPlaceForLinks(10), table.hasPlaceForLinks(11)]).toEqual([true, false]);
  table.delete(endpoint);
  table.delete(endpoint);
  expect([table.hasPlaceForLinks(100), table.hasPlaceForLinks(101)]).toEqual([true, false]);
});
