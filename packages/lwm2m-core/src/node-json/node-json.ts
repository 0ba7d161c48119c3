import type { ResourceType } from '../value.ts';

/** The name of a type in the JSON. */
export type TypeName =
  'STRING' | 'INTEGER' | 'UNSIGNED_INTEGER' | 'FLOAT' | 'BOOLEAN' | 'OPAQUE' | 'TIME' | 'OBJLNK' | 'CORELINK' | 'NONE';

/** The names of the types. */
export const TYPE_NAMES: Readonly<Record<ResourceType, TypeName>> = {
  string: 'STRING',
  integer: 'INTEGER',
  unsignedInteger: 'UNSIGNED_INTEGER',
  float: 'FLOAT',
  boolean: 'BOOLEAN',
  opaque: 'OPAQUE',
  time: 'TIME',
  objlnk: 'OBJLNK',
  corelnk: 'CORELINK',
  none: 'NONE',
};

/** An `OBJLNK`. */
export interface ObjectLinkJson {
  readonly objectId: number;
  readonly objectInstanceId: number;
  /** True for 65535:65535, which links to nothing. */
  readonly nullLink: boolean;
}

/**
 * A value. `STRING` and `CORELINK` are strings; `INTEGER` and `UNSIGNED_INTEGER` decimal digits in a string, so that 64
 * bits survive; `FLOAT` a number, or `"NaN"`, `"Infinity"` and `"-Infinity"`, for which JSON has no number; `BOOLEAN` a
 * boolean; `TIME` a number of milliseconds since 1970; `OPAQUE` hex digits; `OBJLNK` an {@link ObjectLinkJson}.
 */
export type ValueJson = string | number | boolean | ObjectLinkJson;

/** A Resource that has one value. */
export interface SingleResourceJson {
  readonly kind: 'singleResource';
  readonly id: number;
  readonly type: TypeName;
  readonly value: ValueJson;
}

/** A Resource with its Resource Instances. */
export interface MultiResourceJson {
  readonly kind: 'multiResource';
  readonly id: number;
  readonly type: TypeName;
  /** The values by the ids of their Resource Instances. */
  readonly values: Readonly<Record<string, ValueJson>>;
}

/** A Resource Instance. */
export interface ResourceInstanceJson {
  readonly kind: 'resourceInstance';
  readonly id: number;
  readonly type: TypeName;
  readonly value: ValueJson;
}

export type ResourceJson = SingleResourceJson | MultiResourceJson;

/** An Object Instance. */
export interface ObjectInstanceJson {
  readonly kind: 'instance';
  readonly id: number;
  readonly resources: readonly ResourceJson[];
}

/** An Object. */
export interface ObjectJson {
  readonly kind: 'obj';
  readonly id: number;
  readonly instances: readonly ObjectInstanceJson[];
}

/** A device behind a gateway. Leshan knows none, so nothing that speaks to Leshan expects or disturbs it. */
export interface IotDeviceJson {
  readonly prefix: string;
  readonly objects: readonly ObjectJson[];
}

/** All Objects. */
export interface RootJson {
  readonly kind: 'root';
  readonly objects: readonly ObjectJson[];
  /** There when the node has them. */
  readonly iotDevices?: readonly IotDeviceJson[];
}

/** A node as the REST interface of a Leshan server shows it. */
export type NodeJson = RootJson | ObjectJson | ObjectInstanceJson | ResourceJson | ResourceInstanceJson;

/** Nodes by their paths: what composite operations and a Send give. */
export type NodesJson = Readonly<Record<string, NodeJson>>;
