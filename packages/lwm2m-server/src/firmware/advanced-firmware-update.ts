import type { ObjectDefinition, ResourceDefinition, ResourceOperations, ResourceType } from '@flownexus/lwm2m-core';

type Row = readonly [
  id: number,
  name: string,
  operations: ResourceOperations,
  type: ResourceType,
  multiplicity: 'single' | 'multiple',
  need: 'mandatory' | 'optional',
  range?: string,
];

const ROWS: readonly Row[] = [
  [0, 'Package', 'W', 'opaque', 'single', 'mandatory'],
  [1, 'Package URI', 'RW', 'string', 'single', 'mandatory', '0..255'],
  [2, 'Update', 'E', 'none', 'single', 'mandatory'],
  [3, 'State', 'R', 'integer', 'single', 'mandatory', '0..3'],
  [5, 'Update Result', 'R', 'integer', 'single', 'mandatory', '0..13'],
  [6, 'PkgName', 'R', 'string', 'single', 'optional', '0..255'],
  [7, 'PkgVersion', 'R', 'string', 'single', 'optional', '0..255'],
  [8, 'Firmware Update Protocol Support', 'R', 'integer', 'multiple', 'optional', '0..5'],
  [9, 'Firmware Update Delivery Method', 'R', 'integer', 'single', 'mandatory', '0..2'],
  [10, 'Cancel', 'E', 'none', 'single', 'optional'],
  [11, 'Severity', 'RW', 'integer', 'single', 'optional', '0..2'],
  [12, 'Last State Change Time', 'R', 'time', 'single', 'optional'],
  [13, 'Maximum Defer Period', 'RW', 'unsignedInteger', 'single', 'optional'],
  [14, 'Component Name', 'R', 'string', 'single', 'mandatory'],
  [15, 'Current Version', 'R', 'string', 'single', 'mandatory'],
  [16, 'Linked Instances', 'R', 'objlnk', 'multiple', 'optional'],
  [17, 'Conflicting Instances', 'R', 'objlnk', 'multiple', 'optional'],
];

/**
 * The Advanced Firmware Update Object (33629), which the public registry does not have: one Object Instance for each component of a device. A server that
 * is to update by it needs the definition in its registry.
 *
 * @example
 * const objects = await ObjectRegistry.bundled();
 * objects.add(ADVANCED_FIRMWARE_UPDATE_OBJECT);
 */
export const ADVANCED_FIRMWARE_UPDATE_OBJECT: ObjectDefinition = {
  id: 33_629,
  version: '1.0',
  lwm2mVersion: '1.1',
  name: 'Advanced Firmware Update',
  urn: 'urn:oma:lwm2m:oma:33629',
  multiple: true,
  mandatory: false,
  resources: new Map(ROWS.map((row) => [row[0], resourceOf(row)])),
};

function resourceOf([id, name, operations, type, multiplicity, need, range]: Row): ResourceDefinition {
  return {
    id,
    name,
    operations,
    type,
    multiple: multiplicity === 'multiple',
    mandatory: need === 'mandatory',
    range,
    units: undefined,
  };
}
