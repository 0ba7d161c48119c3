import type { DefinitionSource, ResourceDefinition, ResourceRecord, ResourceType } from '@flownexus/lwm2m-core';
import type { Database } from '../database/open-database.ts';
import { knownResourceTypes } from '../values/known-resource-types.ts';
import { lwm2mTypes } from '../values/value-columns.ts';

const OBJECTS_PER_QUERY = 500;

/** The types that values of reports are held to. */
export class ReportTypes {
  /** Those of the registry, and of FlowNexus' own Resources. */
  readonly known: DefinitionSource;
  readonly #database: Pick<Database, 'reads'>;
  readonly #eventObject: () => number;

  /** `eventObject` gives the Object that makes up Events: FlowNexus' devices have anything in it, whatever the registry calls that Object. */
  constructor(definitions: DefinitionSource, database: Pick<Database, 'reads'>, eventObject: () => number) {
    this.#database = database;
    this.#eventObject = eventObject;
    const own = new Map(knownResourceTypes.map(({ objectId, resourceId, type }) => [keyOf(objectId, resourceId), type])); // prettier-ignore
    const all = withTypes(definitions, own);
    this.known = {
      object: (objectId) => all.object(objectId),
      resource: (objectId, resourceId) => (objectId === eventObject() ? undefined : all.resource(objectId, resourceId)),
    };
  }

  /**
   * With them the types that the first values of other Resources had, as far as they are needed for the records. Undefined when there are none: nothing is
   * known of these Resources.
   */
  async stored(records: readonly ResourceRecord[]): Promise<DefinitionSource | undefined> {
    const objectIds = new Set<number>();
    for (const { objectId = 0, resourceId = 0 } of records.map(({ path }) => path)) {
      if (this.known.resource(objectId, resourceId) === undefined) objectIds.add(objectId);
    }
    objectIds.delete(this.#eventObject());
    const found = new Map<string, ResourceType>();
    for (let rest = [...objectIds]; rest.length > 0; rest = rest.slice(OBJECTS_PER_QUERY)) {
      const rows = await this.#database.reads
        .selectFrom('ResourceType')
        .select(['object_id', 'resource_id', 'data_type'])
        .where('object_id', 'in', rest.slice(0, OBJECTS_PER_QUERY))
        .execute();
      for (const row of rows) found.set(keyOf(row.object_id, row.resource_id), lwm2mTypes[row.data_type]);
    }
    return found.size === 0 ? undefined : withTypes(this.known, found);
  }
}

function keyOf(objectId: number, resourceId: number): string {
  return `${String(objectId)}/${String(resourceId)}`;
}

function withTypes(definitions: DefinitionSource, more: ReadonlyMap<string, ResourceType>): DefinitionSource {
  return {
    object: (objectId) => definitions.object(objectId),
    resource: (objectId, resourceId) => {
      const key = keyOf(objectId, resourceId);
      const type = more.get(key);
      return definitions.resource(objectId, resourceId) ?? (type === undefined ? undefined : definitionOf(resourceId, key, type)); // prettier-ignore
    },
  };
}

function definitionOf(id: number, name: string, type: ResourceType): ResourceDefinition {
  return { id, name, operations: 'R', type, multiple: false, mandatory: false, range: undefined, units: undefined };
}
