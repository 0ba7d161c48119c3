import type { ResourceRecord } from '@flownexus/lwm2m-core';
import type { EndpointRegistration } from '../database/endpoint-table.ts';
import type { ValueSource } from '../http/api-types.ts';

/** What is stored as a whole or not at all: one registration event, notification or Read of one endpoint. */
export interface Batch {
  readonly endpoint: string;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  /** A change of the endpoint's row. */
  readonly change?: EndpointChange;
  readonly source: ValueSource;
  readonly records: readonly ResourceRecord[];
  /** Also stores an Event of this type that groups the values. */
  readonly eventType?: string;
}

export type EndpointChange =
  { readonly kind: 'registered'; readonly registration: EndpointRegistration } | { readonly kind: 'unregistered' };

/** What became of a batch. */
export interface StoredBatch {
  readonly batch: Batch;
  /** The ids of its values in table Resource, in order. */
  readonly resourceIds: readonly number[];
}
