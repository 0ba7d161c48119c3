import { pathOf, type Path } from '@flownexus/lwm2m-core';
import type { ObjectTree } from './object-tree.ts';

/** The Resources of the Server Object that the client acts on (TS Core, Appendix E.2). */
export const ServerResource = {
  LIFETIME: 1,
  DEFAULT_MINIMUM_PERIOD: 2,
  DEFAULT_MAXIMUM_PERIOD: 3,
  DISABLE: 4,
  DISABLE_TIMEOUT: 5,
  BINDING: 7,
  REGISTRATION_UPDATE_TRIGGER: 8,
  MUTE_SEND: 23,
  DEFAULT_NOTIFICATION_MODE: 26,
} as const;

/** TS Core, Appendix E.2, Resource 5. */
const DEFAULT_DISABLE_TIMEOUT = 86_400;

/** What the device holds about one server: an instance of the Server Object, which need not be there. */
export class ServerAccount {
  readonly #tree: ObjectTree;
  readonly #instanceId: number;

  constructor(tree: ObjectTree, instanceId: number) {
    this.#tree = tree;
    this.#instanceId = instanceId;
  }

  /** Whether the device has the Object Instance. */
  get exists(): boolean {
    return this.#tree.has(pathOf(1, this.#instanceId));
  }

  /** The path of one of its Resources. */
  path(resourceId: number): Path {
    return pathOf(1, this.#instanceId, resourceId);
  }

  /** Whether a Resource is one that the server has to be told of when it changes. */
  isOfRegistration({ objectId, objectInstanceId, resourceId }: Path): boolean {
    return (
      objectId === 1 &&
      objectInstanceId === this.#instanceId &&
      (resourceId === ServerResource.LIFETIME || resourceId === ServerResource.BINDING)
    );
  }

  /** Seconds that a registration lasts. */
  get lifetime(): number | undefined {
    return this.#number(ServerResource.LIFETIME);
  }

  /** The letters of the binding mode; with a `Q` in queue mode. */
  get binding(): string | undefined {
    const binding = this.#tree.content(this.path(ServerResource.BINDING));
    return typeof binding === 'string' ? binding : undefined;
  }

  /** The `pmin` where no attribute says otherwise. */
  get defaultMinimumPeriod(): number {
    return this.#number(ServerResource.DEFAULT_MINIMUM_PERIOD) ?? 0;
  }

  /** The `pmax` where no attribute says otherwise; 0 is none. */
  get defaultMaximumPeriod(): number {
    return this.#number(ServerResource.DEFAULT_MAXIMUM_PERIOD) ?? 0;
  }

  /** Seconds that a disabled server is left alone. */
  get disableTimeout(): number {
    return this.#number(ServerResource.DISABLE_TIMEOUT) ?? DEFAULT_DISABLE_TIMEOUT;
  }

  /** Whether nothing may be sent to the server (Mute Send). */
  get muted(): boolean {
    return this.#tree.content(this.path(ServerResource.MUTE_SEND)) === true;
  }

  /** Whether notifications are Confirmable where no attribute says otherwise; undefined when nothing is said. */
  get confirmableNotifications(): boolean | undefined {
    const mode = this.#number(ServerResource.DEFAULT_NOTIFICATION_MODE);
    return mode === undefined ? undefined : mode === 1;
  }

  #number(resourceId: number): number | undefined {
    const content = this.#tree.content(this.path(resourceId));
    return typeof content === 'number' || typeof content === 'bigint' ? Number(content) : undefined;
  }
}
