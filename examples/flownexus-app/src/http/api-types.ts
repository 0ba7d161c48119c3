// The JSON of /api/v1, shared with the page. Types only: nothing of this file exists at run time.

import type { EndpointItem } from '../endpoints/endpoint-item.ts';
import type { ResourceItem } from '../values/value-schemas.ts';

/** Every list of the API. `nextCursor` goes into `?cursor=` for the next page; null on the last one. */
export interface List<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

export type { EndpointItem } from '../endpoints/endpoint-item.ts';

export type { JsonValue, ResourceItem, ValueType } from '../values/value-schemas.ts';

/**
 * `GET /api/v1/stream`: Server-Sent Events, each emitted after the database committed. The event's name is the key here,
 * its data the JSON of the value. `?endpoint=` keeps to one endpoint. Who comes back with `Last-Event-ID` gets what was missed.
 */
export interface StreamEvents {
  /** An endpoint appeared or changed. */
  readonly endpoint: EndpointItem;
  /** A value was stored. */
  readonly resource: StreamedResource;
  /** Something was missed: what is shown has to be fetched anew. */
  readonly lost: Readonly<Record<string, never>>;
}

export interface StreamedResource extends ResourceItem {
  /** The endpoint's name. */
  readonly endpoint: string;
}

export type { Problem, ProblemIssue } from './problem.ts';

export type { SessionInfo } from '../users/session-schemas.ts';
