import type { ObjectRegistry } from '@flownexus/lwm2m-core';
import type {
  BootstrapConfiguration,
  DeviceCredential,
  Lwm2mBootstrapServer,
  Lwm2mServer,
  MaybePromise,
  OwnCredential,
} from '@flownexus/lwm2m-server';
import type { Request } from 'express';
import type { Logger } from 'pino';

/**
 * What a call needs: `read` looks at what the server knows, `operate` asks something of a device or ends an observation, `administer` sees or
 * changes credentials and bootstrap configurations.
 */
export type LeshanPermission = 'read' | 'operate' | 'administer';

/** What a call that may change something did. */
export interface LeshanAuditEntry {
  readonly request: Request;
  readonly action: LeshanAction;
  readonly endpointName: string;
  /** What it was done to: a path, or several with commas between them. */
  readonly path?: string;
  /** What the device answered, such as `CHANGED(204)`; `done`; or why it was refused. */
  readonly outcome: string;
}

/** The actions that are audited. */
export type LeshanAction =
  | 'write'
  | 'writeAttributes'
  | 'writeComposite'
  | 'create'
  | 'execute'
  | 'delete'
  | 'observe'
  | 'observeComposite'
  | 'cancelObservation'
  | 'setCredential'
  | 'removeCredential'
  | 'setBootstrapConfiguration'
  | 'removeBootstrapConfiguration';

/** All of something, at once or page by page. */
export type Listing<T> = AsyncIterable<T> | MaybePromise<Iterable<T>>;

/** Credentials of devices, by their endpoint names. */
export interface LeshanCredentials {
  list(): Listing<{ readonly endpointName: string; readonly credential: DeviceCredential }>;
  /**
   * Gives an endpoint its credential, in place of the one that it had; resolves when that is stored.
   *
   * @throws RangeError for what is no credential, Lwm2mServerError `ERR_LWM2M_SERVER_IDENTITY_TAKEN` when another endpoint has the identity
   */
  set(endpointName: string, credential: DeviceCredential): MaybePromise<void>;
  /** False when it had none. */
  remove(endpointName: string): MaybePromise<boolean>;
}

/** Bootstrap configurations, by endpoint names. */
export interface LeshanBootstrapConfigurations {
  list(): Listing<{ readonly endpointName: string; readonly configuration: BootstrapConfiguration }>;
  /**
   * Gives an endpoint its configuration, in place of the one that it had; resolves when that is stored.
   *
   * @throws RangeError, TypeError for what can not be written
   */
  set(endpointName: string, configuration: BootstrapConfiguration): MaybePromise<void>;
  /** False when it had none. */
  remove(endpointName: string): MaybePromise<boolean>;
}

/** What both surfaces have. */
export interface LeshanCommonOptions {
  readonly credentials: LeshanCredentials;
  /** The certificate or public key of the server, which `/security/server` shows. */
  readonly ownCredential?: () => Pick<OwnCredential, 'chain' | 'rawPublicKey'>;
  /**
   * Called before anything else of a call, and again now and then while an event stream is open, when there are no headers to set any more. What it throws
   * refuses the call, and goes to the error handler of the host, or ends the stream. Default: everybody may do everything.
   */
  readonly admit?: (request: Request, permission: LeshanPermission) => MaybePromise<void>;
  /** Told of each call that may change something, when its outcome is known. */
  readonly audit?: (entry: LeshanAuditEntry) => void;
  readonly log: Logger;
  /** Bytes that the reader of an event stream may lag behind before it is dropped. Default: that of `limits.ts`. */
  readonly streamBacklogBytes?: number;
}

/** What the surface of the server for devices is made of. */
export interface LeshanOptions extends LeshanCommonOptions {
  readonly server: Lwm2mServer;
  /** The definitions that `server` has, too. */
  readonly objects: ObjectRegistry;
}

/** What the surface of the bootstrap server is made of. */
export interface LeshanBootstrapOptions extends LeshanCommonOptions {
  readonly server: Lwm2mBootstrapServer;
  readonly configurations: LeshanBootstrapConfigurations;
}
