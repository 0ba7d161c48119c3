import { pathOf, type ResourceRecord } from '@flownexus/lwm2m-core';
import type { Registration } from '@flownexus/lwm2m-server';
import { isDemoEndpoint } from '../demo.ts';
import { formatHost } from '../http/http-server.ts';
import type { Batch, EndpointRegistration } from '../values/batch.ts';
import { REGISTRATION_EVENTS } from '../values/known-resource-types.ts';

/** A Register, with its event as a value of the object with that id. */
export function registeredBatch(registration: Registration, objectId: number): Batch {
  return changeBatch(registration, 'registered', registration.registeredAt, objectId);
}

/** An Update, as {@link registeredBatch}. */
export function updatedBatch(registration: Registration, objectId: number): Batch {
  return changeBatch(registration, 'updated', registration.updatedAt, objectId);
}

/** The end of an endpoint's registration, at a time in milliseconds since 1970. */
export function endBatch(endpoint: string, at: number, objectId: number): Batch {
  return {
    endpoint,
    receivedAt: at,
    source: 'register',
    change: { kind: 'unregistered' },
    records: [eventRecord(objectId, REGISTRATION_EVENTS.unregistered, at)],
  };
}

function changeBatch(registration: Registration, kind: 'registered' | 'updated', at: number, objectId: number): Batch {
  return {
    endpoint: registration.endpointName,
    receivedAt: at,
    source: 'register',
    change: { kind, registration: endpointRegistration(registration) },
    records: [eventRecord(objectId, REGISTRATION_EVENTS[kind], at)],
  };
}

/** A registration event is a value of an object of FlowNexus' own: the time of the event in seconds. */
function eventRecord(objectId: number, resourceId: number, at: number): ResourceRecord {
  return { path: pathOf(objectId, 0, resourceId), type: 'time', value: Math.floor(at / 1000), time: undefined };
}

function endpointRegistration(registration: Registration): EndpointRegistration {
  const { address, lifetime, lwm2mVersion, bindingMode, queueMode, links, endpointName, identity } = registration;
  return {
    address: `${formatHost(address.host)}:${String(address.port)}`,
    lifetime,
    lwm2mVersion,
    bindingMode,
    queueMode,
    objectLinks: links.map(({ path }) => path),
    demo: isDemoEndpoint(endpointName),
    security: identity.kind === 'anonymous' ? 'none' : identity.kind,
  };
}
