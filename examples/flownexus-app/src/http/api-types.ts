// The JSON of /api/v1, shared with the page. Types only: nothing of this file exists at run time.

import type { ResourceItem } from '../values/value-schemas.ts';

/** Every list of the API. `nextCursor` goes into `?cursor=` for the next page; null on the last one. */
export interface List<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** One endpoint: `GET /api/v1/endpoints` lists them by name, `GET /api/v1/endpoints/{name}` gives one. */
export interface EndpointItem {
  /** Percent-encode it in addresses: it may be any text. */
  readonly name: string;
  readonly registered: boolean;
  /** When the server first heard of it. All times are ISO 8601 in UTC with milliseconds. */
  readonly firstSeen: string;
  /** When the server last heard of it: a Register, an Update, a De-register or a value. */
  readonly lastUpdated: string;
  /** Where it registered from: `192.0.2.7:5683`, `[2001:db8::7]:5683`. */
  readonly address: string;
  /** Seconds. */
  readonly lifetime: number;
  readonly lwm2mVersion: string;
  /** Such as `U`. */
  readonly bindingMode: string;
  readonly queueMode: boolean;
  /** A simulated device that the app started itself. */
  readonly demo: boolean;
  /** What the device proved who it is with when it registered. */
  readonly security: SecurityMode;
  /** What it registered: `["/1/0", "/3/0", "/3303/0"]`. */
  readonly objectLinks: readonly string[];
  /** The latest stored 3/0/0, 3/0/1, 3/0/2 and 3/0/3; null while unknown. */
  readonly manufacturer: string | null;
  readonly modelNumber: string | null;
  readonly serialNumber: string | null;
  readonly firmwareVersion: string | null;
}

/** `none`: it came over plain CoAP and proved nothing. `psk`: a pre-shared key; `x509`: a certificate; `rpk`: a raw public key. */
export type SecurityMode = 'none' | 'psk' | 'x509' | 'rpk';

/**
 * The credential of an endpoint, without its key: `GET /api/v1/endpoints/{name}/credentials`. `PUT` takes the same, of `psk` with the
 * `key` in hexadecimal, also for an endpoint that has not registered yet; `DELETE` takes it away. Both end the association that the
 * endpoint has, and what it registered with the credential that is gone. An endpoint with a credential can not register without.
 */
export type CredentialItem =
  | { readonly mode: 'psk'; readonly identity: string }
  /** Any certificate of an authority of `FLOWNEXUS_COAPS_CA` with this common name. */
  | { readonly mode: 'x509'; readonly commonName: string }
  /** One of them: the SHA-256 of its DER, in hexadecimal. */
  | { readonly mode: 'x509'; readonly fingerprint: string }
  /** The SubjectPublicKeyInfo in base64. */
  | { readonly mode: 'rpk'; readonly publicKey: string };

export type {
  AggregateItem,
  JsonValue,
  ResourceItem,
  SeriesItem,
  ValueSource,
  ValueType,
} from '../values/value-schemas.ts';

/**
 * `GET /api/v1/stream`: Server-Sent Events, each emitted after the database committed. The event's name is the key here,
 * its data the JSON of the value. `?endpoint=` keeps to one endpoint. After a reconnect, fetch what was missed.
 */
export interface StreamEvents {
  /** An endpoint appeared or changed. */
  readonly endpoint: EndpointItem;
  /** A value was stored. */
  readonly resource: StreamedResource;
}

export interface StreamedResource extends ResourceItem {
  /** The endpoint's name. */
  readonly endpoint: string;
}

export type { Problem, ProblemIssue } from './problem.ts';

export type { SessionInfo } from '../users/session-schemas.ts';

/** `GET /api/v1/health`. */
export interface Health {
  readonly status: 'pass';
}
