import type { DefinitionSource, ResourceDefinition } from '../definition.ts';
import type { ResourceRecord } from '../node.ts';
import { checkValue } from '../registry/check-value.ts';
import type { DecodeOptions } from './format.ts';

/** Tells whoever wants to hear of the values that are not what their definitions say: in type, in number, in range. */
export function reportDeviations(
  records: readonly ResourceRecord[],
  definitions: DefinitionSource | undefined,
  { onWarning }: DecodeOptions,
): void {
  if (definitions === undefined || onWarning === undefined) return;
  for (const record of records) {
    const { objectId, resourceId } = record.path;
    if (objectId === undefined || resourceId === undefined) continue;
    const definition = definitions.resource(objectId, resourceId);
    const message = definition === undefined ? undefined : deviation(record, definition);
    if (message !== undefined) onWarning({ path: record.path, message });
  }
}

function deviation(record: ResourceRecord, definition: ResourceDefinition): string | undefined {
  if (record.type !== definition.type) return `expected a value of type ${definition.type}, found ${record.type}`;
  const isInstance = record.path.resourceInstanceId !== undefined;
  if (isInstance && !definition.multiple) return 'expected one value, found a Resource Instance';
  if (!isInstance && definition.multiple) return 'expected a Resource Instance, found one value';
  return checkValue(definition, record.value);
}
