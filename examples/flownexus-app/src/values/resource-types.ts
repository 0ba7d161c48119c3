import type { DefinitionSource, ObjectDefinition, ResourceType as Lwm2mType } from '@flownexus/lwm2m-core';
import { type Kysely, sql } from 'kysely';
import { bulkInsert } from '../database/bulk-insert.ts';
import { byColumn } from '../database/bulk-statement.ts';
import type { Tables } from '../database/tables.ts';
import type { ValueType } from './value-schemas.ts';
import { limits } from '../limits.ts';
import { chunks, keyRows, KEYS_PER_QUERY } from './key-rows.ts';
import { knownResourceTypes } from './known-resource-types.ts';
import { valueTypes } from './value-columns.ts';

/** A row of table ResourceType, as far as storing values needs it. */
export interface StoredResourceType {
  readonly id: number;
  readonly dataType: ValueType;
}

/** A Resource, and what a device sent it as. */
export interface UsedResource {
  readonly objectId: number;
  readonly resourceId: number;
  readonly type: Lwm2mType;
}

const knownNames = new Map(knownResourceTypes.map((known) => [keyOf(known), known.name]));
const columns = {
  object_id: 'bigint',
  resource_id: 'bigint',
  name: 'text',
  data_type: 'text',
  operations: 'text',
  multiple: 'bigint',
  mandatory: 'bigint',
  units: 'text',
  range: 'text',
  object_version: 'text',
} as const;
const columnNames = Object.keys(columns) as (keyof typeof columns)[];
const insert = bulkInsert({ table: 'ResourceType', columns, onConflict: 'ON CONFLICT DO NOTHING' });

/** The identity of a Resource in maps. */
export function keyOf({ objectId, resourceId }: { readonly objectId: number; readonly resourceId: number }): number {
  return objectId * 65_536 + resourceId;
}

/**
 * Table ResourceType. A type that is met for the first time is added: from the object registry, or from what the device sent when the registry
 * does not know it.
 */
export class ResourceTypes {
  readonly #definitions: DefinitionSource;
  readonly #cache = new Map<number, StoredResourceType>();
  readonly #cacheSize: number;
  readonly #maximum: number;
  /** How many the database has; undefined while that is not known. */
  #count: number | undefined;

  constructor(definitions: DefinitionSource, options: { readonly cacheSize?: number; readonly maximum?: number } = {}) {
    this.#definitions = definitions;
    this.#cacheSize = options.cacheSize ?? limits.cachedResourceTypes;
    this.#maximum = options.maximum ?? limits.resourceTypes;
  }

  /** Adds the types that FlowNexus has names for. */
  async seed(db: Kysely<Tables>): Promise<void> {
    await this.ensure(db, knownResourceTypes);
  }

  /** The types of those that are there, by {@link keyOf}. */
  async find(db: Kysely<Tables>, used: readonly UsedResource[]): Promise<ReadonlyMap<number, StoredResourceType>> {
    return (await this.#known(db, used)).found;
  }

  /**
   * The types of all that are given, by {@link keyOf}; added when they are not there yet. Those that no definition tells of are left out when there are as
   * many types as may be.
   */
  async ensure(db: Kysely<Tables>, used: readonly UsedResource[]): Promise<ReadonlyMap<number, StoredResourceType>> {
    const { found, unknown } = await this.#known(db, used);
    if (unknown.size > 0) {
      await this.#add(db, [...unknown.values()]);
      await this.#find(db, unknown, found);
    }
    return found;
  }

  /** How many types are kept in memory. */
  get cached(): number {
    return this.#cache.size;
  }

  /** A transaction was rolled back, and with it perhaps types that it added. */
  forget(): void {
    this.#cache.clear();
    this.#count = undefined;
  }

  /** Those that are there, and those that are not. */
  async #known(
    db: Kysely<Tables>,
    used: readonly UsedResource[],
  ): Promise<{ found: Map<number, StoredResourceType>; unknown: Map<number, UsedResource> }> {
    const found = new Map<number, StoredResourceType>();
    const unknown = new Map<number, UsedResource>();
    for (const resource of used) {
      const key = keyOf(resource);
      const known = this.#cache.get(key);
      if (known === undefined) unknown.set(key, unknown.get(key) ?? resource);
      else found.set(key, known);
    }
    if (unknown.size > 0) await this.#find(db, unknown, found);
    return { found, unknown };
  }

  /** Moves those that the database has from `unknown` to `found`. */
  async #find(
    db: Kysely<Tables>,
    unknown: Map<number, UsedResource>,
    found: Map<number, StoredResourceType>,
  ): Promise<void> {
    for (const group of chunks([...unknown.values()], KEYS_PER_QUERY)) {
      const keys = keyRows(['integer', 'integer'], group.map(({ objectId, resourceId }) => [objectId, resourceId])); // prettier-ignore
      const rows = await db
        .selectFrom('ResourceType')
        .select(['id', 'object_id', 'resource_id', 'data_type'])
        .where(sql<boolean>`(object_id, resource_id) IN ${keys}`)
        .execute();
      for (const row of rows) {
        const key = keyOf({ objectId: row.object_id, resourceId: row.resource_id });
        const stored = { id: row.id, dataType: row.data_type };
        unknown.delete(key);
        found.set(key, stored);
        // Devices say which Resources there are, and may make up any.
        if (this.#cache.size >= this.#cacheSize) this.#cache.clear();
        this.#cache.set(key, stored);
      }
    }
  }

  async #add(db: Kysely<Tables>, added: readonly UsedResource[]): Promise<void> {
    let count = (this.#count ??= await countTypes(db));
    const rows = added.flatMap(({ objectId, resourceId, type }) => {
      const object = this.#definitions.object(objectId);
      const definition = object?.resources.get(resourceId);
      // What is defined has an end of its own.
      const isMadeUp = definition === undefined && !knownNames.has(keyOf({ objectId, resourceId }));
      if (isMadeUp && count >= this.#maximum) return [];
      count += 1;
      return {
        object_id: objectId,
        resource_id: resourceId,
        data_type: valueTypes[definition?.type ?? type],
        ...descriptionOf(objectId, resourceId, object),
      };
    });
    await insert(db, byColumn(rows, columnNames));
    this.#count = count;
  }
}

async function countTypes(db: Kysely<Tables>): Promise<number> {
  const { count } = await db
    .selectFrom('ResourceType')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

/**
 * Gives the types that are known already the names, units and so on of other definitions of their Objects. Their data type stays: values are stored by it.
 */
export async function describeResourceTypes(db: Kysely<Tables>, objects: readonly ObjectDefinition[]): Promise<void> {
  for (const object of objects) {
    const rows = await db.selectFrom('ResourceType').select(['id', 'resource_id']).where('object_id', '=', object.id).execute(); // prettier-ignore
    for (const { id, resource_id: resourceId } of rows) {
      if (!object.resources.has(resourceId)) continue;
      await db.updateTable('ResourceType').set(descriptionOf(object.id, resourceId, object)).where('id', '=', id).execute(); // prettier-ignore
    }
  }
}

function descriptionOf(objectId: number, resourceId: number, object: ObjectDefinition | undefined) {
  const definition = object?.resources.get(resourceId);
  const name = knownNames.get(keyOf({ objectId, resourceId })) ?? definition?.name;
  return {
    name: name ?? `${String(objectId)}/${String(resourceId)}`,
    operations: definition?.operations ?? 'R',
    multiple: definition?.multiple === true ? 1 : 0,
    mandatory: definition?.mandatory === true ? 1 : 0,
    units: definition?.units ?? null,
    range: definition?.range ?? null,
    object_version: definition === undefined ? null : (object?.version ?? null),
  } as const;
}
