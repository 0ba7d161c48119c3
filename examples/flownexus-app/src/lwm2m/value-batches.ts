import type { ResourceRecord } from '@flownexus/lwm2m-core';
import type { Notification, SendReport } from '@flownexus/lwm2m-server';
import type { EventSource } from '../database/tables.ts';
import type { Batch, NewEvent } from '../values/batch.ts';

/** The values of a notification. Those of a composite one that are of the event object make an Event. */
export function notificationBatch(
  { registration, receivedAt, records, composite }: Notification,
  eventObject: number,
): Batch {
  const { endpointName: endpoint } = registration;
  if (!composite) return { endpoint, receivedAt, source: 'observe', records };
  return { endpoint, receivedAt, source: 'composite', records, ...eventOf('composite', records, eventObject) };
}

/** The values of a Send. Those of the event object make an Event. */
export function sendBatch({ registration, receivedAt, records }: SendReport, eventObject: number): Batch {
  const { endpointName: endpoint } = registration;
  return { endpoint, receivedAt, source: 'send', records, ...eventOf('send', records, eventObject) };
}

/** The values of a Read of a path. All of the Device Object make an Event. */
export function readBatch(endpoint: string, path: string, records: readonly ResourceRecord[]): Batch {
  const batch = { endpoint, receivedAt: Date.now(), source: 'read', records } as const;
  return path === '/3' ? { ...batch, ...eventOf('read', records, 3) } : batch;
}

function eventOf(
  source: EventSource,
  records: readonly ResourceRecord[],
  objectId: number,
): { readonly events?: readonly NewEvent[] } {
  const grouped = records.flatMap(({ path }, index) => (path.objectId === objectId ? [index] : []));
  if (grouped.length === 0) return {};
  return { events: [{ eventType: String(objectId), source, severity: 'info', records: grouped }] };
}
