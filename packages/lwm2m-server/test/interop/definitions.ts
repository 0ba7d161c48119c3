import type { ObjectDefinition, ObjectRegistry, ResourceType } from '@flownexus/lwm2m-core';
import type { ForeignDevice } from './device-program.ts';

/** Leshan's names of types. */
const TYPES = {
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
} as const;

/** Tells a device the definitions of Objects that our own registry has, so that both sides have the same, but for the types that it lacks. */
export async function tellDefinitions(
  device: ForeignDevice,
  objects: ObjectRegistry,
  ids: readonly number[],
  without: readonly ResourceType[],
): Promise<void> {
  for (const id of ids) {
    const definition = objects.object(id);
    if (definition === undefined) throw new Error(`no definition of Object ${String(id)}`);
    await tellDefinition(device, definition, without);
  }
}

async function tellDefinition(
  device: ForeignDevice,
  definition: ObjectDefinition,
  without: readonly ResourceType[],
): Promise<void> {
  await device.run('object', String(definition.id), definition.version, String(definition.multiple));
  for (const { id, operations, multiple, mandatory, type } of definition.resources.values()) {
    if (without.includes(type)) continue;
    const named = operations === '' ? 'NONE' : operations;
    const words = [definition.id, id, named, multiple, mandatory, TYPES[type]].map(String);
    await device.run('resource', ...words);
  }
}
