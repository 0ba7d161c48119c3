import type { EndpointItem } from '../../../src/http/api-types.ts';
import type { StreamBatch } from '../api/stream.ts';

export const SORT_KEYS = [
  'name',
  'status',
  'temperature',
  'lastUpdated',
  'model',
  'serialNumber',
  'firmwareVersion',
  'address',
  'security',
  'lifetime',
] as const;
export type SortKey = (typeof SORT_KEYS)[number];

export interface Sorting {
  readonly key: SortKey;
  readonly descending: boolean;
}

export const PAGE_SIZE = 50;

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** What identifies the model: "Zephyr OMA-LWM2M Sample Client". */
export function modelText(endpoint: EndpointItem): string {
  return [endpoint.manufacturer, endpoint.modelNumber].filter((text) => text !== null && text !== '').join(' ');
}

/** Endpoints whose name contains the search text, whatever its case. */
export function searchByName(endpoints: readonly EndpointItem[], search: string): readonly EndpointItem[] {
  const wanted = search.trim().toLowerCase();
  return wanted === '' ? endpoints : endpoints.filter(({ name }) => name.toLowerCase().includes(wanted));
}

/** A sorted copy. What is unknown comes last either way; equals are in order of name. */
export function sortEndpoints(
  endpoints: readonly EndpointItem[],
  { key, descending }: Sorting,
  temperatureOf: (name: string) => number | undefined,
): EndpointItem[] {
  const sign = descending ? -1 : 1;
  const decorated = endpoints.map((endpoint) => ({ endpoint, value: sortValue(endpoint, key, temperatureOf) }));
  decorated.sort((a, b) => {
    if (a.value === undefined || b.value === undefined) {
      if (a.value !== b.value) return a.value === undefined ? 1 : -1;
    } else {
      const order = sign * compareValues(a.value, b.value);
      if (order !== 0) return order;
    }
    return collator.compare(a.endpoint.name, b.endpoint.name);
  });
  return decorated.map(({ endpoint }) => endpoint);
}

/** Brings events of the stream into the list. The same array comes back when nothing changed. */
export function applyBatch(endpoints: readonly EndpointItem[], batch: StreamBatch): readonly EndpointItem[] {
  if (batch.endpoints.length === 0 && batch.resources.length === 0) return endpoints;
  const byName = new Map(endpoints.map((endpoint) => [endpoint.name, endpoint]));
  for (const endpoint of batch.endpoints) byName.set(endpoint.name, endpoint);
  for (const { endpoint: name, timeReceived } of batch.resources) {
    const endpoint = byName.get(name);
    // ISO 8601 in UTC with milliseconds: text order is order of time.
    if (endpoint !== undefined && endpoint.lastUpdated < timeReceived)
      byName.set(name, { ...endpoint, lastUpdated: timeReceived });
  }
  return [...byName.values()];
}

function sortValue(
  endpoint: EndpointItem,
  key: SortKey,
  temperatureOf: (name: string) => number | undefined,
): string | number | undefined {
  switch (key) {
    case 'status':
      return endpoint.registered ? 0 : 1;
    case 'temperature':
      return temperatureOf(endpoint.name);
    case 'lastUpdated':
      return Date.parse(endpoint.lastUpdated);
    case 'model':
      return modelText(endpoint) || undefined;
    default:
      return endpoint[key] ?? undefined;
  }
}

function compareValues(a: string | number, b: string | number): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(String(a), String(b));
}
