import { parsePath, type ResourceRecord, type ResourceType, type ResourceValue } from '@flownexus/lwm2m-core';
import type { Batch, EndpointRegistration } from '../../src/values/batch.ts';

/** 2026-01-01T00:00:00Z */
export const NEW_YEAR = Date.UTC(2026, 0, 1);

export function record(path: string, type: ResourceType, value: ResourceValue, time?: number): ResourceRecord {
  return { path: parsePath(path), type, value, time };
}

export function registration(changes: Partial<EndpointRegistration> = {}): EndpointRegistration {
  return {
    address: '192.0.2.7:5683',
    lifetime: 60,
    lwm2mVersion: '1.1',
    bindingMode: 'U',
    queueMode: false,
    objectLinks: ['/1/0', '/3/0', '/3303/0'],
    demo: false,
    security: 'none',
    ...changes,
  };
}

export function registered(
  endpoint: string,
  changes: Partial<EndpointRegistration> = {},
  receivedAt = NEW_YEAR,
): Batch {
  return {
    endpoint,
    receivedAt,
    source: 'register',
    change: { kind: 'registered', registration: registration(changes) },
    records: [],
  };
}

export function values(endpoint: string, records: readonly ResourceRecord[], receivedAt = NEW_YEAR): Batch {
  return { endpoint, receivedAt, source: 'observe', records };
}
