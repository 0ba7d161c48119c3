import type { DefinitionSource, ObjectDefinition, ResourceDefinition } from '../definition.ts';
import { Lwm2mError } from '../errors.ts';
import { MAX_OBJECT_DEFINITIONS, MAX_RESOURCE_DEFINITIONS } from '../limits.ts';
import { compareVersions, isVersion, majorOf } from './object-version.ts';
import { entryOf, parseObjectTable, type DefinitionEntry } from './object-table.ts';

let bundledEntries: Promise<readonly DefinitionEntry[]> | undefined;

async function loadBundledEntries(): Promise<readonly DefinitionEntry[]> {
  const { BUNDLED_OBJECTS } = await import('./bundled-objects.ts');
  return parseObjectTable(BUNDLED_OBJECTS);
}

/**
 * Object definitions by id and version. It starts empty or with the registered Objects, and takes more.
 *
 * @example
 * ```ts
 * const registry = await ObjectRegistry.bundled();
 * registry.resource(3303, 5700)?.type; // 'float'
 * ```
 */
export class ObjectRegistry implements DefinitionSource {
  // Per Object the entries in ascending order of their versions.
  readonly #entries = new Map<number, DefinitionEntry[]>();
  #size = 0;

  /**
   * A new registry with the public Objects of the OMA registry, all versions. Their table is loaded once per process,
   * and each definition parsed when it is first asked for.
   */
  static async bundled(): Promise<ObjectRegistry> {
    bundledEntries ??= loadBundledEntries();
    const registry = new ObjectRegistry();
    for (const entry of await bundledEntries) registry.#insert(entry);
    return registry;
  }

  /** A registry of these definitions. Throws like {@link ObjectRegistry.add}. */
  static of(definitions: Iterable<ObjectDefinition>): ObjectRegistry {
    const registry = new ObjectRegistry();
    for (const definition of definitions) registry.add(definition);
    return registry;
  }

  /** How many definitions there are, each version counted. */
  get size(): number {
    return this.#size;
  }

  /**
   * Adds a definition; one of the same id and version gives way to it.
   *
   * @throws Lwm2mError `ERR_LWM2M_DEFINITION` when an id or the version is not one, or a Resource is filed under
   *   another id than its own
   * @throws RangeError when the registry is full
   */
  add(definition: ObjectDefinition): void {
    check(definition);
    this.#insert(entryOf(definition));
  }

  /**
   * The definition of an Object: in its newest version when `version` is absent; in that version when known; else in
   * the nearest one, which is the highest below it of the same major version, or again the newest.
   */
  object(objectId: number, version?: string): ObjectDefinition | undefined {
    return this.#find(objectId, version)?.definition();
  }

  /** The definition of a Resource, in the Object version that {@link ObjectRegistry.object} chooses. */
  resource(objectId: number, resourceId: number, version?: string): ResourceDefinition | undefined {
    return this.object(objectId, version)?.resources.get(resourceId);
  }

  /** The known versions of an Object in ascending order. */
  versions(objectId: number): readonly string[] {
    return this.#entries.get(objectId)?.map((entry) => entry.version) ?? [];
  }

  /**
   * This registry as a device sees it that has the Objects in these versions. An Object that is not among them shows
   * in its newest version. The view holds both the map and the registry, copies nothing and follows their changes.
   */
  forVersions(versions: ReadonlyMap<number, string>): DefinitionSource {
    return {
      object: (objectId) => this.object(objectId, versions.get(objectId)),
      resource: (objectId, resourceId) => this.resource(objectId, resourceId, versions.get(objectId)),
    };
  }

  /** Every definition, by ascending id and version. Parses all of them. */
  *[Symbol.iterator](): Generator<ObjectDefinition, void, undefined> {
    for (const objectId of [...this.#entries.keys()].sort((a, b) => a - b)) {
      for (const entry of this.#entries.get(objectId) ?? []) yield entry.definition();
    }
  }

  #find(objectId: number, version: string | undefined): DefinitionEntry | undefined {
    const entries = this.#entries.get(objectId);
    if (entries === undefined) return undefined;
    const newest = entries.at(-1);
    if (version === undefined || newest?.version === version) return newest;
    const exact = entries.find((entry) => entry.version === version);
    if (exact !== undefined) return exact;
    if (!isVersion(version)) return newest;
    const major = majorOf(version);
    const nearest = entries.findLast(
      (entry) => majorOf(entry.version) === major && compareVersions(entry.version, version) <= 0,
    );
    return nearest ?? newest;
  }

  #insert(entry: DefinitionEntry): void {
    const entries = this.#entries.get(entry.id);
    const at = entries?.findIndex((other) => compareVersions(other.version, entry.version) >= 0) ?? -1;
    if (entries !== undefined && at >= 0 && entries[at]?.version === entry.version) {
      entries[at] = entry;
      return;
    }
    if (this.#size === MAX_OBJECT_DEFINITIONS) {
      throw new RangeError(`a registry has at most ${MAX_OBJECT_DEFINITIONS} definitions`);
    }
    this.#size += 1;
    if (entries === undefined) this.#entries.set(entry.id, [entry]);
    else if (at >= 0) entries.splice(at, 0, entry);
    else entries.push(entry);
  }
}

function check(definition: ObjectDefinition): void {
  if (!isId(definition.id)) throw malformed('expected an Object id from 0 to 65535');
  if (!isVersion(definition.version)) throw malformed('expected an Object version of the form major.minor');
  if (definition.resources.size > MAX_RESOURCE_DEFINITIONS) {
    throw malformed(`expected at most ${MAX_RESOURCE_DEFINITIONS} Resources, found ${definition.resources.size}`);
  }
  for (const [id, resource] of definition.resources) {
    if (!isId(id)) throw malformed('expected a Resource id from 0 to 65535');
    if (resource.id !== id) throw malformed(`expected Resource ${id}, found another id in its definition`);
  }
}

function isId(id: number): boolean {
  return Number.isInteger(id) && id >= 0 && id <= 65_535;
}

function malformed(message: string): Lwm2mError {
  return new Lwm2mError('ERR_LWM2M_DEFINITION', message);
}
