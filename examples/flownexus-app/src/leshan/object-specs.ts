import type { DefinitionSource, ObjectDefinition, ResourceDefinition } from '@flownexus/lwm2m-core';
import { TYPE_NAMES } from '@flownexus/lwm2m-core/node-json';

/** The definition of an Object as a Leshan server shows it. */
export interface ObjectSpecJson {
  readonly id: number;
  readonly name: string;
  readonly instancetype: 'single' | 'multiple';
  readonly mandatory: boolean;
  readonly urn: string;
  readonly version: string;
  readonly lwm2mversion: string;
  readonly description: string;
  readonly description2: string;
  readonly resourcedefs: readonly ResourceSpecJson[];
}

/** The definition of a Resource. */
export interface ResourceSpecJson {
  readonly id: number;
  readonly name: string;
  /** `R`, `W`, `RW`, `E` or `NONE`. */
  readonly operations: string;
  readonly instancetype: 'single' | 'multiple';
  readonly mandatory: boolean;
  /** In lower case. */
  readonly type: string;
  readonly range: string;
  readonly units: string;
  readonly description: string;
}

/** The definitions of the Objects that there are, in ascending order of their ids. */
export function objectSpecs(objectIds: Iterable<number>, definitions: DefinitionSource): ObjectSpecJson[] {
  return [...objectIds]
    .sort((a, b) => a - b)
    .map((id) => definitions.object(id))
    .filter((definition) => definition !== undefined)
    .map(objectSpec);
}

function objectSpec(definition: ObjectDefinition): ObjectSpecJson {
  const { id, name, multiple, mandatory, urn, version, lwm2mVersion, description = '', resources } = definition;
  return {
    id,
    name,
    instancetype: multiple ? 'multiple' : 'single',
    mandatory,
    urn,
    version,
    lwm2mversion: lwm2mVersion,
    description,
    description2: '',
    resourcedefs: [...resources.values()].map(resourceSpec),
  };
}

function resourceSpec(definition: ResourceDefinition): ResourceSpecJson {
  const { id, name, operations, multiple, mandatory, type, range = '', units = '', description = '' } = definition;
  return {
    id,
    name,
    operations: operations === '' ? 'NONE' : operations,
    instancetype: multiple ? 'multiple' : 'single',
    mandatory,
    type: TYPE_NAMES[type].toLowerCase(),
    range,
    units,
    description,
  };
}
