import type {
  AttributeChanges,
  ExecuteArgument,
  Link,
  Lwm2mNode,
  NotificationAttributes,
  ObjectInstanceNode,
  ResourceChange,
  ResourceRecord,
} from '@flownexus/lwm2m-core';

/** Read (TS Core §6.3.1). */
export interface ReadOperation {
  readonly kind: 'read';
  /** Such as `/3/0/9`, or `/d01/3303/0` of a device behind a gateway. */
  readonly path: string;
  /** The Content-Format to ask for; the default is the best one that the device is known to have, `null` asks for none. */
  readonly accept?: number | null;
}

/** Write (TS Core §6.3.3). */
export interface WriteOperation {
  readonly kind: 'write';
  /** An Object Instance, a Resource or a Resource Instance. */
  readonly path: string;
  /** `replace` (PUT) puts the node in the place of what is there; `update` (POST) leaves what the node does not mention. */
  readonly mode: 'replace' | 'update';
  /** What is at `path` afterwards, of the level of the path. */
  readonly node: Lwm2mNode;
  /** The default is the best one that the device is known to have. */
  readonly contentFormat?: number;
}

/** Write-Attributes (TS Core §6.3.4). */
export interface WriteAttributesOperation {
  readonly kind: 'writeAttributes';
  readonly path: string;
  readonly attributes: AttributeChanges;
}

/** Execute (TS Core §6.3.5). */
export interface ExecuteOperation {
  readonly kind: 'execute';
  readonly path: string;
  readonly arguments?: readonly ExecuteArgument[];
}

/** Create (TS Core §6.3.6). */
export interface CreateOperation {
  readonly kind: 'create';
  /** The Object. */
  readonly path: string;
  /** With the id `UNASSIGNED_INSTANCE_ID` the device chooses one. */
  readonly instance: ObjectInstanceNode;
  readonly contentFormat?: number;
}

/** Delete (TS Core §6.3.7). */
export interface DeleteOperation {
  readonly kind: 'delete';
  readonly path: string;
}

/** Discover (TS Core §6.3.2). */
export interface DiscoverOperation {
  readonly kind: 'discover';
  readonly path: string;
  /** How many levels below the path are listed (LwM2M 1.2); without it the device's own choice. */
  readonly depth?: 0 | 1 | 2 | 3;
}

/** Observe (TS Core §6.4.1), kept for the endpoint until it is cancelled. */
export interface ObserveOperation {
  readonly kind: 'observe';
  readonly path: string;
  readonly attributes?: NotificationAttributes;
  readonly accept?: number | null;
}

/** Read-Composite (TS Core §6.3.8). */
export interface ReadCompositeOperation {
  readonly kind: 'readComposite';
  readonly paths: readonly string[];
  /** The format of the list of paths and, unless `accept` says otherwise, of the answer. The default is the best one. */
  readonly contentFormat?: number;
  readonly accept?: number | null;
}

/** Write-Composite (TS Core §6.3.9): all or nothing. */
export interface WriteCompositeOperation {
  readonly kind: 'writeComposite';
  readonly changes: readonly ResourceChange[];
  readonly contentFormat?: number;
  /** The default is the SenML of the same kind, since Zephyr reads the payload in the format of the Accept; `null` asks for none. */
  readonly accept?: number | null;
}

/** Observe-Composite (TS Core §6.4.4), kept for the endpoint until it is cancelled. */
export interface ObserveCompositeOperation {
  readonly kind: 'observeComposite';
  readonly paths: readonly string[];
  readonly attributes?: NotificationAttributes;
  readonly contentFormat?: number;
  readonly accept?: number | null;
}

/** Cancel Observation: of one path, or of the composite observation of exactly these paths (TS Core §6.4.3, §6.4.6). */
export interface CancelObservationOperation {
  readonly kind: 'cancelObservation';
  readonly paths: readonly string[];
  readonly composite: boolean;
}

/** A CoAP request as it stands, which nobody checks: what else a device shall be asked. */
export interface RequestOperation {
  readonly kind: 'request';
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'FETCH' | 'PATCH' | 'iPATCH';
  /** Uri-Path segments, below the root path of the device: the registration's is put before them. */
  readonly path: readonly string[];
  readonly query?: readonly string[];
  readonly contentFormat?: number;
  readonly accept?: number;
  readonly payload?: Uint8Array;
}

/** A downlink operation as plain data, which a store can keep (`formatOperation`) and an API can name. */
export type Operation =
  | ReadOperation
  | WriteOperation
  | WriteAttributesOperation
  | ExecuteOperation
  | CreateOperation
  | DeleteOperation
  | DiscoverOperation
  | ObserveOperation
  | ReadCompositeOperation
  | WriteCompositeOperation
  | ObserveCompositeOperation
  | CancelObservationOperation
  | RequestOperation;

/** Those that the device goes on with: they belong to its observations. */
export type ObservingOperation = ObserveOperation | ObserveCompositeOperation | CancelObservationOperation;

/** What a device answered to an operation that succeeded; of a `request` whatever it answered. */
export interface OperationResult {
  /** The response code as text: `2.04`. */
  readonly responseCode: string;
  /** Of Read, Observe and their composites: the format and the values that came. Of Cancel Observation too, where the device was asked and sent some. */
  readonly contentFormat?: number;
  readonly node?: Lwm2mNode;
  readonly records?: readonly ResourceRecord[];
  /** Of Discover. */
  readonly links?: readonly Link[];
  /** Of Create: the path of the new Object Instance, when the device or the caller said it. */
  readonly createdPath?: string;
  /** Of `request`: the Location-Path and the payload as they came. */
  readonly locationPath?: readonly string[];
  readonly payload?: Uint8Array;
}

/** The result of a Read or Observe, or of their composites. */
export interface ContentResult extends OperationResult {
  readonly contentFormat: number;
  readonly node: Lwm2mNode;
  readonly records: readonly ResourceRecord[];
}

/** The result of a Discover. */
export interface LinksResult extends OperationResult {
  readonly links: readonly Link[];
}
