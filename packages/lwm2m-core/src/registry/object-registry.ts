import type { DefinitionSource, ObjectDefinition, ResourceDefinition } from '../definition.ts';
import { Lwm2mError } from '../errors.ts';
import { MAX_OBJECT_DEFINITIONS, MAX_RESOURCE_DEFINITIONS } from '../limits.ts';
import { isVersion, majorOrder, versionOrder } from './object-version.ts';
import { entryOf, parseObjectTable, type DefinitionEntry } from './object-table.ts';

let bundledEntries: Promise<readonly DefinitionEntry[]> | undefined;

async function loadBundledEntries(): Promise<readonly DefinitionEntry[]> {
  const { BUNDLED_OBJECTS } = await import('./bundled-objects.ts');
  return parseObjectTable(BUNDLED_OBJECTS);
}

/** One version of an Object. */
interface Slot {
  readonly order: number;
  shown: DefinitionEntry;
  /** What shows again when that which was added is removed. */
  readonly bundled: DefinitionEntry | undefined;
}

/**
 * Object definitions by id and version. It starts empty or with the registered Objects, and takes more: a definition that
 * is added hides the bundled one of the same id and version, which shows again when it is removed.
 *
 * @example
 * ```ts
 * const registry = await ObjectRegistry.bundled();
 * registry.resource(3303, 5700)?.type; // 'float'
 * registry.addAll(parseObjectXml(text)); // those of a vendor
 * ```
 */
export class ObjectRegistry implements DefinitionSource {
  // Per Object its versions in ascending order, one at least.
  readonly #objects = new Map<number, Slot[]>();
  /** By the versions that they are for: devices of one kind have one map of versions in common. */
  readonly #views = new WeakMap<ReadonlyMap<number, string>, DefinitionSource>();
  #size = 0;
  #revision = 0;

  /**
   * A new registry with the public Objects of the OMA registry, all versions. Their table is loaded once per process,
   * and each definition parsed when it is first asked for.
   */
  static async bundled(): Promise<ObjectRegistry> {
    bundledEntries ??= loadBundledEntries();
    const registry = new ObjectRegistry();
    for (const entry of await bundledEntries) registry.#insert(entry, entry);
    return registry;
  }

  /** A registry of these definitions. Throws like {@link ObjectRegistry.addAll}. */
  static of(definitions: Iterable<ObjectDefinition>): ObjectRegistry {
    const registry = new ObjectRegistry();
    registry.addAll(definitions);
    return registry;
  }

  /** How many definitions there are, each version counted, hidden ones not. */
  get size(): number {
    return this.#size;
  }

  /** Adds one definition like {@link ObjectRegistry.addAll}. */
  add(definition: ObjectDefinition): void {
    this.addAll([definition]);
  }

  /**
   * Adds definitions, all or none. One of the same id and version gives way: a bundled one is hidden, an added one lost.
   *
   * @throws Lwm2mError `ERR_LWM2M_DEFINITION` when an id or the version is not one, or a Resource is filed under
   *   another id than its own
   * @throws RangeError when the registry is full
   */
  addAll(definitions: Iterable<ObjectDefinition>): void {
    const all = [...definitions];
    const fresh = new Set<string>();
    for (const definition of all) {
      check(definition);
      const order = versionOrder(definition.version);
      const slots = this.#objects.get(definition.id);
      if (slots?.some((slot) => slot.order === order) !== true) fresh.add(`${definition.id}:${order}`);
    }
    if (this.#size + fresh.size > MAX_OBJECT_DEFINITIONS) {
      throw new RangeError(`a registry has at most ${MAX_OBJECT_DEFINITIONS} definitions`);
    }
    for (const definition of all) this.#insert(entryOf(definition), undefined);
  }

  /**
   * Takes away a definition that was added, in exactly this version; a bundled one that it hid shows again. False when
   * none was added: bundled definitions stay.
   */
  remove(objectId: number, version: string): boolean {
    const slots = this.#objects.get(objectId);
    const order = versionOrder(version);
    const index = slots?.findIndex((slot) => slot.order === order) ?? -1;
    const slot = slots?.[index];
    if (slots === undefined || slot === undefined || slot.shown === slot.bundled) return false;
    this.#revision += 1;
    if (slot.bundled !== undefined) {
      slot.shown = slot.bundled;
      return true;
    }
    this.#size -= 1;
    slots.splice(index, 1);
    if (slots.length === 0) this.#objects.delete(objectId);
    return true;
  }

  /**
   * The definition of an Object: in its newest version when `version` is absent; in that version when known; else in
   * the nearest one, which is the highest below it of the same major version, or again the newest.
   */
  object(objectId: number, version?: string): ObjectDefinition | undefined {
    const slots = this.#objects.get(objectId);
    return slots === undefined ? undefined : slotOf(slots, version)?.shown.definition();
  }

  /** The definition of a Resource, in the Object version that {@link ObjectRegistry.object} chooses. */
  resource(objectId: number, resourceId: number, version?: string): ResourceDefinition | undefined {
    return this.object(objectId, version)?.resources.get(resourceId);
  }

  /** The known versions of an Object in ascending order. */
  versions(objectId: number): readonly string[] {
    return this.#objects.get(objectId)?.map(({ shown }) => shown.version) ?? [];
  }

  /**
   * This registry as a device sees it that has the Objects in these versions: the `objectVersions` of a registration, or
   * of {@link readObjectList}. An Object that is not among them shows in its newest version. The view holds both the map
   * and the registry, copies nothing and follows their changes; it is the same for the same map.
   */
  forVersions(versions: ReadonlyMap<number, string>): DefinitionSource {
    let view = this.#views.get(versions);
    if (view === undefined) {
      view = this.#viewFor(versions);
      this.#views.set(versions, view);
    }
    return view;
  }

  #viewFor(versions: ReadonlyMap<number, string>): DefinitionSource {
    // Values are decoded Object by Object: the version of the latest one is chosen once.
    let latestId = -1;
    let latestVersion: string | undefined;
    let latestRevision = -1;
    let latest: ObjectDefinition | undefined;
    const object = (objectId: number): ObjectDefinition | undefined => {
      const version = versions.get(objectId);
      if (objectId !== latestId || version !== latestVersion || this.#revision !== latestRevision) {
        latest = this.object(objectId, version);
        latestId = objectId;
        latestVersion = version;
        latestRevision = this.#revision;
      }
      return latest;
    };
    return { object, resource: (objectId, resourceId) => object(objectId)?.resources.get(resourceId) };
  }

  /** Every definition that shows, by ascending id and version. Parses all of them. */
  *[Symbol.iterator](): Generator<ObjectDefinition, void, undefined> {
    for (const objectId of [...this.#objects.keys()].sort((a, b) => a - b)) {
      for (const { shown } of this.#objects.get(objectId) ?? []) yield shown.definition();
    }
  }

  #insert(entry: DefinitionEntry, bundled: DefinitionEntry | undefined): void {
    this.#revision += 1;
    const order = versionOrder(entry.version);
    const slots = this.#objects.get(entry.id) ?? [];
    const index = slots.findIndex((slot) => slot.order >= order);
    const slot = slots[index];
    if (slot?.order === order) {
      slot.shown = entry;
      return;
    }
    slots.splice(index < 0 ? slots.length : index, 0, { order, shown: entry, bundled });
    this.#objects.set(entry.id, slots);
    this.#size += 1;
  }
}

function slotOf(slots: readonly Slot[], version: string | undefined): Slot | undefined {
  const newest = slots[slots.length - 1];
  if (version === undefined || newest?.shown.version === version) return newest;
  for (const slot of slots) if (slot.shown.version === version) return slot;
  const order = versionOrder(version);
  const major = majorOrder(order);
  return slots.findLast((slot) => slot.order <= order && slot.order >= major) ?? newest;
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
