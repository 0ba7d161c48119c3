import type { ResourceNode } from '@flownexus/lwm2m-core';

/** What a Bootstrap-Server does to one device. Plain data: stores keep it as text. */
export interface BootstrapConfiguration {
  /**
   * Paths that are deleted before anything is written, in this order: `/`, an Object or an Object Instance. The device keeps the account of the Bootstrap-Server
   * in any case (TS Core §6.1.7). Default: `/0` and `/1`.
   */
  readonly deletes?: readonly string[];
  /** What is written. The Objects 0, 21, 23, 24, 1 and 2 go first, in this order, and all others after them as they are given. */
  readonly instances: readonly BootstrapInstance[];
  /** What the device is asked besides; the answers are in `BootstrapSession.steps`. That it refuses one ends nothing. */
  readonly queries?: readonly BootstrapQuery[];
  /** The Content-Format of what is written. Default: the one that the device prefers (`pct`), and TLV where it says none. */
  readonly contentFormat?: number;
}

/** An Object Instance that is written. */
export interface BootstrapInstance {
  /**
   * `/1/0`; or `/0` for an Object Instance of any id that is free: then the device is asked what it has (Bootstrap-Discover), so that the account of the
   * Bootstrap-Server is not overwritten.
   */
  readonly path: string;
  readonly resources: readonly ResourceNode[];
}

/** A question to a device that is being bootstrapped. */
export interface BootstrapQuery {
  /** Bootstrap-Discover of `/` or of an Object, or Bootstrap-Read of what is in the Objects 1 and 2 (TS Core §6.1.7). */
  readonly operation: 'discover' | 'read';
  readonly path: string;
  /** Default: a Discover first of all, a Read before the Finish. */
  readonly when?: 'first' | 'afterDeletes' | 'beforeFinish';
}
