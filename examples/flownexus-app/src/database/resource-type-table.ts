import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { DefinitionSource, ResourceType as Lwm2mType } from '@flownexus/lwm2m-core';
import type { ValueType } from '../http/api-types.ts';
import { limits } from '../limits.ts';
import { knownResourceTypes } from './known-resource-types.ts';
import { integer, oneOf, rowReader } from './row-reader.ts';
import { valueTypes } from './value-columns.ts';

/** A row of table ResourceType, as far as storing values needs it. */
export interface StoredResourceType {
  readonly id: number;
  readonly dataType: ValueType;
}

const readRow = rowReader('ResourceType', { id: integer, data_type: oneOf(...Object.values(valueTypes)) });
const knownNames = new Map(knownResourceTypes.map((known) => [key(known.objectId, known.resourceId), known.name]));

/**
 * Table ResourceType. A type that is met for the first time is added: from the object registry, or from what the
 * device sent when the registry does not know it.
 */
export class ResourceTypeTable {
  readonly #definitions: DefinitionSource;
  readonly #find: StatementSync;
  readonly #insert: StatementSync;
  readonly #cache = new Map<string, StoredResourceType>();
  readonly #cacheSize: number;

  constructor(database: DatabaseSync, definitions: DefinitionSource, options: { readonly cacheSize?: number } = {}) {
    this.#cacheSize = options.cacheSize ?? limits.cachedResourceTypes;
    this.#definitions = definitions;
    this.#find = database.prepare('SELECT id, data_type FROM ResourceType WHERE object_id = ? AND resource_id = ?');
    this.#insert = database.prepare(`
      INSERT INTO ResourceType (object_id, resource_id, name, data_type, operations, multiple, mandatory, units, range,
        object_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  }

  /** Adds the types that FlowNexus has names for. */
  seed(): void {
    for (const known of knownResourceTypes) this.ensure(known.objectId, known.resourceId, known.type);
  }

  /** The type of a Resource, added when it is not there yet: call it inside of a transaction. */
  ensure(objectId: number, resourceId: number, wireType: Lwm2mType): StoredResourceType {
    const cacheKey = key(objectId, resourceId);
    let found = this.#cache.get(cacheKey);
    if (found === undefined) {
      found = this.find(objectId, resourceId) ?? this.#add(objectId, resourceId, wireType);
      // Devices say which Resources there are, and may make up any.
      if (this.#cache.size >= this.#cacheSize) this.#cache.clear();
      this.#cache.set(cacheKey, found);
    }
    return found;
  }

  find(objectId: number, resourceId: number): StoredResourceType | undefined {
    const row = this.#find.get(objectId, resourceId);
    if (row === undefined) return undefined;
    const { id, data_type: dataType } = readRow(row);
    return { id, dataType };
  }

  /** How many types are kept in memory. */
  get cached(): number {
    return this.#cache.size;
  }

  /** A transaction was rolled back, and with it perhaps types that it added. */
  forget(): void {
    this.#cache.clear();
  }

  #add(objectId: number, resourceId: number, wireType: Lwm2mType): StoredResourceType {
    const definition = this.#definitions.resource(objectId, resourceId);
    const dataType = valueTypes[definition?.type ?? wireType];
    const name =
      knownNames.get(key(objectId, resourceId)) ?? definition?.name ?? `${String(objectId)}/${String(resourceId)}`;
    const { lastInsertRowid } = this.#insert.run(
      objectId,
      resourceId,
      name,
      dataType,
      definition?.operations ?? 'R',
      definition?.multiple === true ? 1 : 0,
      definition?.mandatory === true ? 1 : 0,
      definition?.units ?? null,
      definition?.range ?? null,
      definition === undefined ? null : (this.#definitions.object(objectId)?.version ?? null),
    );
    return { id: Number(lastInsertRowid), dataType };
  }
}

function key(objectId: number, resourceId: number): string {
  return `${String(objectId)}/${String(resourceId)}`;
}
