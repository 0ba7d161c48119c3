import type { ResourceType } from '@flownexus/lwm2m-core';
import type { Command } from './device-program.ts';
import type { TestValue } from './device-values.ts';

/** A foreign stack of devices. */
export interface DevicePeer {
  /** With its version. */
  readonly name: string;
  readonly command: Command;
  /** Why it can't take part, or undefined when it can. */
  readonly missing: () => string | undefined;
  /** What it registers with. */
  readonly lwm2mVersion: string;
  /** The Content-Formats that it has for Objects, instances and Resources. */
  readonly treeFormats: readonly number[];
  /** The Content-Formats that it has for single values only. */
  readonly valueFormats: readonly number[];
  /** The types of values that its version of LwM2M does not have. */
  readonly lacksTypes: readonly ResourceType[];
  /** Values that it can carry. */
  readonly values: readonly TestValue[];
  /** Whether its DTLS sessions can be resumed (RFC 7627). */
  readonly extendedMasterSecret: boolean;
  /** Whether what it notifies is Confirmable, and comes again when it is not acknowledged. */
  readonly confirmableNotifications: boolean;
  /** What it does in another way than the specification has it, and the tests put up with. */
  readonly deviations: readonly string[];
}
