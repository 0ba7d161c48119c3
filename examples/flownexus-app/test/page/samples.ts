import type { EndpointItem, ResourceItem, StreamedResource } from '../../src/http/api-types.ts';

/** An endpoint as the API shows it: a registered device with one temperature sensor. */
export function endpointItem(name: string, fields: Partial<EndpointItem> = {}): EndpointItem {
  const now = new Date().toISOString();
  return {
    name,
    registered: true,
    presence: { state: 'awake', since: now, reason: 'register' },
    admission: 'accepted',
    firstSeen: now,
    lastUpdated: now,
    registeredAt: now,
    registrations: 1,
    updates: 0,
    address: '192.0.2.7:5683',
    lifetime: 300,
    lwm2mVersion: '1.1',
    bindingMode: 'U',
    queueMode: false,
    demo: false,
    security: 'none',
    objectLinks: ['/1/0', '/3/0', '/3303/0', '/3304/0'],
    manufacturer: 'Zephyr',
    modelNumber: 'OMA-LWM2M Sample Client',
    serialNumber: '345000123',
    firmwareVersion: '1.0',
    reboots: 0,
    rebootedAt: null,
    ...fields,
  };
}

let nextId = 1;

/** A stored temperature. */
export function temperature(value: number, time: number, path = '/3303/0/5700'): ResourceItem {
  const at = new Date(time).toISOString();
  nextId += 1;
  return {
    id: nextId,
    path,
    name: 'temperature',
    type: 'FLOAT',
    units: 'Cel',
    value,
    time: at,
    timeReceived: at,
    timeDevice: null,
    source: 'observe',
    direction: 'up',
  };
}

/** The same as a live event. */
export function liveTemperature(endpoint: string, value: number, path?: string): StreamedResource {
  return { ...temperature(value, Date.now(), path), endpoint };
}
