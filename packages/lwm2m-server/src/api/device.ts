import type { TransferProgress } from '@flownexus/coap';
import type {
  AttributeChanges,
  DecodedPayload,
  ExecuteArgument,
  Link,
  Lwm2mNode,
  NotificationAttributes,
  ObjectInstanceNode,
  Path,
  PathLike,
  ResourceChange,
  ResourceRecord,
  ResourceNode,
  ResourceValue,
} from '@flownexus/lwm2m-core';
import type { Operation, OperationResult } from '../downlink/operation.ts';
import type { Presence } from '../presence/presence.ts';
import type { Registration } from '../registration/registration.ts';
import type { IotDevice } from './gateway.ts';
import type { DeviceObservation } from './observation.ts';

/** What a device answered to a Read. */
export interface ReadResult extends DecodedPayload {
  readonly path: Path;
  readonly contentFormat: number;
  readonly node: Lwm2mNode;
  readonly records: readonly ResourceRecord[];
}

/** What a device answered to a Read-Composite: a tree from the root, without what the device does not have. */
export interface CompositeReadResult extends DecodedPayload {
  readonly paths: readonly Path[];
  readonly contentFormat: number;
}

/** What a device answered to a Discover (TS Core §6.3.2). */
export interface DiscoverResult {
  readonly path: Path;
  /** As they came, their targets below the root path of the device; `attributesOfLink` of lwm2m-core reads what they have. */
  readonly links: readonly Link[];
}

/** What a device answered to a Create (TS Core §6.3.6). */
export interface CreateResult {
  /** Of the new Object Instance: what the device said, else what was asked for. Undefined when neither has an id. */
  readonly path: Path | undefined;
}

/** The answer to a request that was sent as it stands. */
export interface RawResponse {
  /** As text: `4.05`. No code is an error here. */
  readonly responseCode: string;
  readonly contentFormat?: number;
  readonly locationPath: readonly string[];
  readonly payload: Uint8Array;
}

/** Bounds of one operation. They are the caller's own, also where an observation is shared. */
export interface OperationOptions {
  readonly signal?: AbortSignal;
  /**
   * Gives up after this time, the wait for a sleeping device included; the default is the exchange lifetime of CoAP once the device is awake, and no limit for
   * how long it sleeps. Of an Observe it limits the wait for the first answer. `RangeError` when it is not a number of 0 or more.
   */
  readonly timeoutMs?: number;
  /**
   * What to do while the device is asleep: `wait` (default) until it wakes, and then one operation after another; `fail` at once with
   * `ERR_LWM2M_SERVER_ASLEEP`; `send` nevertheless.
   */
  readonly whenAsleep?: 'wait' | 'fail' | 'send';
  /**
   * The size of the blocks in which a large body is sent, and an answer is asked for (RFC 7959 §2.4): 16 to 1024 bytes, a power of two or what is next
   * below. Default: that of `peerSettings`.
   */
  readonly blockSize?: number;
  /** Called for each block that the device took or that arrived; not for a body that fits into one message. A transfer that begins again goes back. */
  readonly onProgress?: (progress: TransferProgress) => void;
}

export interface ReadOptions extends OperationOptions {
  /** The Content-Format to ask for; the default is the best one the device is known to have. `null` asks for none. */
  readonly accept?: number | null;
}

export interface ObserveOptions extends ReadOptions {
  /**
   * Sent with the Observe to devices of LwM2M 1.2 (TS Core §6.4.1), as a Write-Attributes before it to older ones, which are observed also when they refuse that
   * (`observationFailed`). `RangeError` for values that have no form.
   */
  readonly attributes?: NotificationAttributes;
}

export interface WriteOptions extends OperationOptions {
  /** `replace` (default): PUT, the node takes the place of what is there. `update`: POST, what it does not mention stays (TS Core §6.3.3). */
  readonly mode?: 'replace' | 'update';
  /** The default is the best format that the device is known to have; when it answers 4.15, once more in the next. */
  readonly contentFormat?: number;
}

export interface CompositeOptions extends OperationOptions {
  /** Of the list of paths, or of the values that are written: SenML or SenML-ETCH, in JSON or CBOR. The default is the best one. */
  readonly contentFormat?: number;
  /** Default: the SenML of the same kind, as devices expect. */
  readonly accept?: number | null;
}

/** How a trigger of the Server Object is executed. */
export interface TriggerOptions extends OperationOptions {
  /** Of the server that it is about, as the device knows it (/1/x/0): needed where the device has several servers and shows them all. */
  readonly shortServerId?: number;
}

/** What can be written to a path: a node of its level, a value, or Resources of an Object Instance. */
export type WriteContent = Lwm2mNode | ResourceValue | ReadonlyMap<number, ResourceValue> | readonly ResourceNode[];

/**
 * Downlink operations on one endpoint name. They reject with {@link Lwm2mServerError} when it is not registered, and with
 * `OperationRejectedError` when the device answers 4.xx or 5.xx. What a device ought to refuse is sent to it. A path may be one of a device behind
 * a gateway (`/d01/3303/0`).
 */
export interface Device {
  readonly endpointName: string;
  readonly registration: Registration | undefined;
  /** Whether it can be reached now; undefined while it is not registered. */
  readonly presence: Presence | undefined;
  /** Read (TS Core §6.3.1). */
  read(path: PathLike, options?: ReadOptions): Promise<ReadResult>;
  /**
   * Write (TS Core §6.3.3). Values get the type that the definition of the Resource has; one without a definition needs a node that says it.
   *
   * @throws TypeError, RangeError (as rejections) for a value that its type can not have
   */
  write(path: PathLike, content: WriteContent, options?: WriteOptions): Promise<void>;
  /** Write-Attributes (TS Core §6.3.4): sets what has a value, unsets what is `null`. */
  writeAttributes(path: PathLike, attributes: AttributeChanges, options?: OperationOptions): Promise<void>;
  /** Execute (TS Core §6.3.5). */
  execute(path: PathLike, args?: readonly ExecuteArgument[], options?: OperationOptions): Promise<void>;
  /** Create (TS Core §6.3.6): an instance without an id (`UNASSIGNED_INSTANCE_ID`) gets one from the device. */
  create(
    objectPath: PathLike,
    instance: ObjectInstanceNode | readonly ResourceNode[],
    options?: Omit<WriteOptions, 'mode'>,
  ): Promise<CreateResult>;
  /** Delete (TS Core §6.3.7). */
  delete(path: PathLike, options?: OperationOptions): Promise<void>;
  /** Discover (TS Core §6.3.2); `depth` needs LwM2M 1.2. */
  discover(path: PathLike, options?: OperationOptions & { readonly depth?: 0 | 1 | 2 | 3 }): Promise<DiscoverResult>;
  /**
   * Observe (TS Core §6.4.1). An observation that can't be established fails: `established` rejects and the iteration
   * throws. Throws at once for a path that is none, and for a `timeoutMs` that is none.
   */
  observe(path: PathLike, options?: ObserveOptions): DeviceObservation;
  /** Read-Composite (TS Core §6.3.8). */
  readComposite(paths: readonly PathLike[], options?: CompositeOptions): Promise<CompositeReadResult>;
  /** Write-Composite (TS Core §6.3.9): all or nothing. */
  writeComposite(changes: readonly ResourceChange[], options?: CompositeOptions): Promise<void>;
  /** Observe-Composite (TS Core §6.4.4), like `observe`. */
  observeComposite(
    paths: readonly PathLike[],
    options?: CompositeOptions & Pick<ObserveOptions, 'attributes'>,
  ): DeviceObservation;
  /** Sends a request as it stands, and gives the answer as it is. */
  request(
    request: Omit<Extract<Operation, { kind: 'request' }>, 'kind'>,
    options?: OperationOptions,
  ): Promise<RawResponse>;
  /**
   * Has the device send an Update (Registration Update Trigger, /1/x/8): resolves when it has said that it will, and the event `updated` follows. The instance of the
   * Server Object is the only one in the object list, else the one with the `shortServerId`, for which /1 is read; rejects with
   * `ERR_LWM2M_SERVER_NO_ACCOUNT` when that is not one. For the durable queue there is `updateTrigger`.
   */
  triggerUpdate(options?: TriggerOptions): Promise<void>;
  /** Has the device bootstrap anew (Bootstrap-Request Trigger, /1/x/9, since LwM2M 1.1), as `triggerUpdate`. For the durable queue there is `bootstrapTrigger`. */
  triggerBootstrap(options?: TriggerOptions): Promise<void>;
  /** Performs any operation, as the methods above do. */
  perform(operation: Operation, options?: OperationOptions): Promise<OperationResult>;
  /**
   * Reads which devices are behind a gateway, from its Gateway Object (/25). Until the gateway registers anew, what is read of the devices
   * (`/d01/3303/0`) is decoded with the Object versions that they have by this.
   */
  gateway(options?: OperationOptions): Promise<readonly IotDevice[]>;
}
