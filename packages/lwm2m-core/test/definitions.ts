import type { DefinitionSource, ObjectDefinition, ResourceDefinition, ResourceType } from '@flownexus/lwm2m-core';

type ResourceRow = readonly [id: number, type: ResourceType, multiple?: 'multiple'];

function object(id: number, instances: 'single' | 'multiple', rows: readonly ResourceRow[]): ObjectDefinition {
  const resources = rows.map(([resourceId, type, multiple]): ResourceDefinition => {
    const isMultiple = multiple === 'multiple';
    const rest = { operations: 'RW', mandatory: false, range: undefined, units: undefined } as const;
    return { id: resourceId, name: `Resource ${String(resourceId)}`, type, multiple: isMultiple, ...rest };
  });
  return {
    id,
    version: '1.0',
    lwm2mVersion: '1.0',
    name: `Object ${String(id)}`,
    urn: `urn:oma:lwm2m:oma:${String(id)}`,
    multiple: instances === 'multiple',
    mandatory: false,
    resources: new Map(resources.map((resource) => [resource.id, resource])),
  };
}

/* prettier-ignore */
const OBJECTS = [
  object(0, 'multiple', [[0, 'string'], [3, 'opaque'], [16, 'unsignedInteger']]),
  object(1, 'multiple', [[0, 'integer'], [1, 'integer'], [2, 'integer'], [3, 'integer'], [5, 'integer'], [6, 'boolean'],
    [7, 'string'], [8, 'none']]),
  object(2, 'multiple', [[0, 'integer'], [1, 'integer'], [2, 'integer', 'multiple'], [3, 'integer']]),
  object(3, 'single', [[0, 'string'], [1, 'string'], [2, 'string'], [3, 'string'], [6, 'integer', 'multiple'],
    [7, 'integer', 'multiple'], [8, 'integer', 'multiple'], [9, 'integer'], [10, 'integer'], [11, 'integer', 'multiple'],
    [13, 'time'], [14, 'string'], [15, 'string'], [16, 'string'], [17, 'string'], [18, 'string'], [19, 'string'],
    [20, 'integer'], [21, 'integer'], [22, 'objlnk', 'multiple']]),
  object(5, 'single', [[0, 'opaque'], [1, 'string']]),
  object(6, 'single', [[0, 'float'], [1, 'float'], [2, 'float'], [3, 'float'], [4, 'opaque'], [5, 'time'], [6, 'float']]),
  object(16, 'multiple', [[0, 'string', 'multiple']]),
  object(65, 'multiple', [[0, 'objlnk', 'multiple'], [1, 'string'], [2, 'integer']]),
  object(66, 'multiple', [[0, 'string'], [1, 'string'], [2, 'objlnk']]),
  object(3303, 'multiple', [[5700, 'float'], [5701, 'string']]),
  object(3442, 'multiple', [[110, 'string'], [120, 'integer'], [125, 'unsignedInteger'], [130, 'float'], [140, 'boolean'],
    [150, 'opaque'], [160, 'time'], [170, 'objlnk'], [180, 'corelnk']]),
];

const byId = new Map(OBJECTS.map((definition) => [definition.id, definition]));

/** Cuttings of some Objects. */
export const definitions: DefinitionSource = {
  object: (objectId) => byId.get(objectId),
  resource: (objectId, resourceId) => byId.get(objectId)?.resources.get(resourceId),
};

/** One Resource type for everything. */
export function everythingIs(type: ResourceType): DefinitionSource {
  const definition = object(0, 'multiple', [[0, type]]);
  return { object: () => definition, resource: () => definition.resources.get(0) };
}
