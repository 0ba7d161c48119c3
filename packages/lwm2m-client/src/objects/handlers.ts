import type { ExecuteArgument, Path } from '@flownexus/lwm2m-core';
import type { ResourceContent } from './content.ts';

/** A server executes a Resource (TS Core §6.3.5). */
export interface Execution {
  /** The Resource. */
  readonly path: Path;
  readonly arguments: readonly ExecuteArgument[];
  /** Runs `callback` when the server has been answered, if nothing refuses: for what ends the conversation, such as a reboot. */
  readonly afterAnswer: (callback: () => void) => void;
}

/**
 * Does what a Resource is executed for. The answer waits for the promise. Throws a `Refusal` to answer with its code; anything
 * else that it throws is answered 5.00.
 */
export type ExecuteHandler = (execution: Execution) => void | Promise<void>;

/** A server is about to change a Resource. */
export interface ResourceWrite {
  /** The Resource. */
  readonly path: Path;
  /** All that the Resource will hold. Undefined: the Resource will be gone, since a Write replaced its Object Instance. */
  readonly content: ResourceContent | undefined;
}

/**
 * Looks at what a server writes before any of it is stored. Throws a `Refusal` to refuse the whole operation; anything else that
 * it throws is answered 5.00.
 */
export type WriteHandler = (write: ResourceWrite) => void;

/** A server is about to read a Resource. */
export type ReadHandler = () => void;

/** A block of what a server writes to a Resource, which others follow (RFC 7959 §2.5). */
export interface WriteBlock {
  /** The Resource. */
  readonly path: Path;
  /** Where it is in what is written. 0 is also a Write that begins anew. */
  readonly offset: number;
  /** Bytes of all that is written, as the server tells. */
  readonly size: number | undefined;
}

/**
 * Looks at a block before it is taken; the Write comes with the last one. Throws a `Refusal` to end it; anything else that it throws is answered 5.00.
 */
export type BlockHandler = (block: WriteBlock) => void;

/** A server is about to create an Object Instance. */
export interface InstanceCreation {
  /** The Object Instance. */
  readonly path: Path;
  /** What the server gives, by Resource id. */
  readonly contents: ReadonlyMap<number, ResourceContent>;
}

/** What an Object allows, and who hears of its Object Instances. */
export interface ObjectOptions {
  /** Object Instances at most. Default: as many as the tree can hold; of an Object that has one by its definition, 1. */
  readonly maxInstances?: number;
  /**
   * Whether servers may create and delete Object Instances. Default: in Objects that may have several, but for the Server Object,
   * which belongs to the bootstrap server.
   */
  readonly changeable?: boolean;
  /**
   * A server creates an Object Instance: what is returned is put into it beside what the server gives. Throws a `Refusal` to refuse.
   */
  readonly onCreate?: (
    creation: InstanceCreation,
  ) => Iterable<readonly [resourceId: number, ResourceContent]> | undefined;
  /** A server deletes an Object Instance, which is still there. Throws a `Refusal` to refuse. */
  readonly onDelete?: (path: Path) => void;
}
