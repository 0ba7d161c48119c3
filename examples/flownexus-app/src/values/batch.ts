import type { Path, ResourceRecord } from '@flownexus/lwm2m-core';
import type { SecurityMode } from '../database/security-mode.ts';
import type { EventSource, Severity, ValueSource } from '../database/tables.ts';

/** What is stored as a whole or not at all: one registration event, notification, Send, Read or ingested report of one endpoint. */
export interface Batch {
  readonly endpoint: string;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  /** A change of the endpoint's row. An endpoint that has none yet, and sends values alone, gets one. */
  readonly change?: EndpointChange;
  /** The device has confirmed that it reboots. */
  readonly reboots?: true;
  readonly source: ValueSource;
  /** `down`: what was written to the device. Default `up`. */
  readonly direction?: 'up' | 'down';
  readonly records: readonly ResourceRecord[];
  /** The payload says that these belong together: each makes an Event. Events of definitions and rules come on top of them. */
  readonly events?: readonly NewEvent[];
}

/** Without a registration, as another server reports it, the endpoint is registered and what is known of it stays. */
export type EndpointChange =
  | { readonly kind: 'registered' | 'updated'; readonly registration?: EndpointRegistration }
  | { readonly kind: 'unregistered' };

/** What a registration tells about an endpoint. */
export interface EndpointRegistration {
  readonly address: string;
  /** Seconds. */
  readonly lifetime: number;
  readonly lwm2mVersion: string;
  readonly bindingMode: string;
  readonly queueMode: boolean;
  readonly objectLinks: readonly string[];
  readonly demo: boolean;
  readonly security: SecurityMode;
}

/** An event that is about to be stored with the values of its batch. */
export interface NewEvent {
  readonly eventType: string;
  readonly source: EventSource;
  readonly severity: Severity;
  readonly message?: string;
  /** Which of the batch's records it groups, as indexes into them. */
  readonly records: readonly number[];
  /** Values of the endpoint that were stored before and belong to it too. The hooks that made the event see to them. */
  readonly earlier?: readonly EarlierValue[];
}

/** A value that was stored before: the latest one of its path and time. */
export interface EarlierValue {
  readonly path: Path;
  /** Milliseconds since 1970, as in the table. */
  readonly time: number;
}

/** What became of a batch. */
export interface StoredBatch {
  /** With the records that were stored. */
  readonly batch: Batch;
  /** How many others it had: there was no place for them. */
  readonly refused: number;
  /** Its values, in the order of its records. */
  readonly values: readonly StoredValueKey[];
  readonly events: readonly StoredEvent[];
}

/** The key of a value in table ResourceValue. */
export interface StoredValueKey {
  readonly seriesId: number;
  readonly time: number;
  readonly id: number;
}

export interface StoredEvent {
  readonly id: number;
  readonly endpoint: string;
  /** Milliseconds since 1970: the device's own time when it gave one, else when it was received. */
  readonly time: number;
  readonly receivedAt: number;
  readonly event: NewEvent;
}
