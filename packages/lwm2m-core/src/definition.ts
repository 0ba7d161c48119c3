import type { ResourceType } from './value.ts';

/** What the operations of a Resource may be: `R` Read, `W` Write, `E` Execute; empty for bootstrap or Send only. */
export type ResourceOperations = '' | 'R' | 'W' | 'RW' | 'E';

/** The model of a Resource (TS Core, Appendix D). */
export interface ResourceDefinition {
  readonly id: number;
  readonly name: string;
  readonly operations: ResourceOperations;
  readonly type: ResourceType;
  readonly multiple: boolean;
  readonly mandatory: boolean;
  /** The range or enumeration as the registry words it. */
  readonly range: string | undefined;
  readonly units: string | undefined;
  /** What it is for. Only in definitions that were read with their descriptions: the bundled ones have none. */
  readonly description?: string;
}

/** The model of an Object in one version. */
export interface ObjectDefinition {
  readonly id: number;
  /** `major.minor`. */
  readonly version: string;
  /** The LwM2M version the Object asks for at least. */
  readonly lwm2mVersion: string;
  readonly name: string;
  readonly urn: string;
  readonly multiple: boolean;
  readonly mandatory: boolean;
  readonly resources: ReadonlyMap<number, ResourceDefinition>;
  /** What it is for. Only in definitions that were read with their descriptions: the bundled ones have none. */
  readonly description?: string;
}

/** Where a decoder looks up models: a registry, or a registry seen through the versions that one device has. */
export interface DefinitionSource {
  /** The definition of an Object, or undefined when none is known. */
  object(objectId: number): ObjectDefinition | undefined;
  /** The definition of a Resource, or undefined when none is known. */
  resource(objectId: number, resourceId: number): ResourceDefinition | undefined;
}
