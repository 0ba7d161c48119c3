import {
  formatPath,
  parsePath,
  pathLevel,
  pathOf,
  pathStartsWith,
  toPath,
  type DefinitionSource,
  type Lwm2mNode,
  type Path,
  type PathLike,
  type ResourceDefinition,
} from '@flownexus/lwm2m-core';
import { limits } from '../limits.ts';
import { isInstances, sameContent, type ResourceContent } from './content.ts';
import type { BlockHandler, ExecuteHandler, ObjectOptions, ReadHandler, WriteHandler } from './handlers.ts';
import {
  contentOf,
  handlersOf,
  instanceNode,
  objectNode,
  resourceNode,
  sortedIds,
  type ResourceFilter,
  type StoredResource,
} from './nodes.ts';

/**
 * What happened to the path of a change: the content of a Resource is another (`value`), an Object, Object Instance or Resource has
 * come (`added`) or is gone (`removed`).
 */
export type ChangeKind = 'value' | 'added' | 'removed';

/** Hears of a change: the path is that of a Resource for `value`, else that of what came or went. */
export type ChangeListener = (path: Path, kind: ChangeKind) => void;

type Instances = Map<number, Map<number, StoredResource>>;

const EVERYTHING: ResourceFilter = () => true;

/**
 * The data of a device: Objects, Object Instances and Resources, what runs when a server executes or writes them, and what is told
 * of changes. Types and operations come from the object definitions, so only what has a definition can be in it. Several
 * clients may serve the same tree to several servers.
 *
 * @example
 * const tree = new ObjectTree(await ObjectRegistry.bundled());
 * tree.set('/3/0/0', 'Example');
 * tree.set('/3/0/6', new Map([[0, 1], [1, 5]]));
 * tree.onExecute('/3/0/12', () => tree.set('/3/0/11', new Map([[0, 0]])));
 */
export class ObjectTree {
  readonly definitions: DefinitionSource;
  readonly #objects = new Map<number, Instances>();
  // Made when somebody needs them: there may be a hundred thousand trees in a process.
  #options: Map<number, ObjectOptions> | undefined;
  #writeHandlers: Map<string, WriteHandler> | undefined;
  #blockHandlers: Map<string, BlockHandler> | undefined;
  #readHandlers: Map<string, ReadHandler> | undefined;
  #listeners: readonly ChangeListener[] = [];
  #held: [path: Path, kind: ChangeKind][] | undefined;

  constructor(definitions: DefinitionSource) {
    this.definitions = definitions;
  }

  /**
   * Makes an Object known that may have no instance yet, such as one whose instances servers create, or says what it allows.
   *
   * @throws TypeError when it has no definition
   */
  addObject(objectId: number, options?: ObjectOptions): void {
    if (this.definitions.object(objectId) === undefined) throw new TypeError(`no definition of Object /${objectId}`);
    if (options !== undefined) (this.#options ??= new Map<number, ObjectOptions>()).set(objectId, options);
    if (this.#objects.has(objectId)) return;
    this.#objects.set(objectId, new Map());
    this.#changed(pathOf(objectId), 'added');
  }

  /**
   * Makes an Object Instance, which may be there already and which may have nothing in it yet.
   *
   * @throws TypeError when the path is of another level, or the Object has no definition; RangeError beyond the bound
   */
  addInstance(path: PathLike): void {
    const { objectId, objectInstanceId } = checkLevel(path, 2, 'an Object Instance');
    if (this.definitions.object(objectId) === undefined) throw new TypeError(`no definition of Object /${objectId}`);
    this.#instance(objectId, objectInstanceId);
  }

  /**
   * Sets a Resource, making its Object Instance when there is none, or one Resource Instance of it, and tells the listeners when
   * that is a change. What servers can only write is not kept: what is written goes to its `onWrite` handler.
   *
   * @throws TypeError for a path that names no Resource, a Resource without a definition, one that is executed, and for a map where
   * the definition has one value, or the reverse
   * @throws RangeError beyond the bounds for instances
   */
  set(path: PathLike, content: ResourceContent): void {
    const at = toPath(path);
    const { prefix, objectId, objectInstanceId, resourceId, resourceInstanceId } = at;
    if (prefix !== undefined || objectId === undefined || objectInstanceId === undefined || resourceId === undefined) {
      throw new TypeError(`a Resource path is needed, not ${formatPath(at)}`);
    }
    const definition = this.#definition(objectId, objectInstanceId, resourceId);
    if (definition.operations === 'E') throw new TypeError(`${formatPath(at)} is executed and has no value`);
    if (resourceInstanceId !== undefined) {
      if (isInstances(content)) throw new TypeError(`a Resource Instance has one value: ${formatPath(at)}`);
      if (!definition.multiple) throw new TypeError(`no multiple Resource: ${formatPath(at)}`);
      const resource = pathOf(objectId, objectInstanceId, resourceId);
      const present = this.content(resource);
      const instances = new Map(present !== undefined && isInstances(present) ? present : []);
      this.#store(resource, definition, instances.set(resourceInstanceId, content));
      return;
    }
    if (isInstances(content) !== definition.multiple) {
      const [needed, found] = definition.multiple ? ['a map', 'one value'] : ['one value', 'a map'];
      throw new TypeError(`${formatPath(at)} has ${needed} by its definition, not ${found}`);
    }
    this.#store(at, definition, content);
  }

  /**
   * Takes away an Object Instance, a Resource, a Resource Instance, or an Object with all that is in it, and tells the listeners.
   * False when it was not there. An Object whose last instance goes stays known.
   */
  remove(path: PathLike): boolean {
    const { prefix, objectId, objectInstanceId, resourceId, resourceInstanceId } = toPath(path);
    if (prefix !== undefined || objectId === undefined) return false;
    const instances = this.#objects.get(objectId);
    if (objectInstanceId === undefined) {
      return this.#objects.delete(objectId) && this.#changed(pathOf(objectId), 'removed');
    }
    const resources = instances?.get(objectInstanceId);
    if (instances === undefined || resources === undefined) return false;
    if (resourceId === undefined) {
      instances.delete(objectInstanceId);
      return this.#changed(pathOf(objectId, objectInstanceId), 'removed');
    }
    const resource = pathOf(objectId, objectInstanceId, resourceId);
    if (resourceInstanceId === undefined) return resources.delete(resourceId) && this.#changed(resource, 'removed');
    const content = contentOf(resources.get(resourceId));
    if (content === undefined || !isInstances(content) || !content.has(resourceInstanceId)) return false;
    resources.set(resourceId, new Map([...content].filter(([id]) => id !== resourceInstanceId)));
    return this.#changed(resource, 'value');
  }

  /** The data at a path, or undefined when there is none; `filter` leaves Resources out. */
  read(path: PathLike, filter: ResourceFilter = EVERYTHING): Lwm2mNode | undefined {
    const { prefix, objectId, objectInstanceId, resourceId, resourceInstanceId } = toPath(path);
    if (prefix !== undefined) return undefined; // this device is no gateway
    if (objectId === undefined) {
      const objects = [...this.#objects].sort((a, b) => a[0] - b[0]);
      return { kind: 'root', objects: objects.map(([id, all]) => objectNode(id, all, this.definitions, filter)) };
    }
    const instances = this.#objects.get(objectId);
    if (instances === undefined) return undefined;
    if (objectInstanceId === undefined) return objectNode(objectId, instances, this.definitions, filter);
    const resources = instances.get(objectInstanceId);
    if (resources === undefined) return undefined;
    if (resourceId === undefined) {
      return instanceNode(objectId, objectInstanceId, resources, this.definitions, filter);
    }
    const content = contentOf(resources.get(resourceId));
    const definition = this.definitions.resource(objectId, resourceId);
    if (content === undefined || definition === undefined || !filter(definition)) return undefined;
    const resource = resourceNode(definition, content);
    if (resourceInstanceId === undefined) return resource;
    if (resource.kind === 'singleResource') return undefined;
    return resource.instances.find((instance) => instance.id === resourceInstanceId);
  }

  /** What a Resource or Resource Instance holds; undefined when it is not there or has no value. */
  content(path: PathLike): ResourceContent | undefined {
    const { prefix, objectId = -1, objectInstanceId = -1, resourceId = -1, resourceInstanceId } = toPath(path);
    if (prefix !== undefined) return undefined;
    const content = contentOf(this.#objects.get(objectId)?.get(objectInstanceId)?.get(resourceId));
    if (resourceInstanceId === undefined || content === undefined) return content;
    return isInstances(content) ? content.get(resourceInstanceId) : undefined;
  }

  /** Whether there is something at the path: a Resource that has no value, too. The root always is. */
  has(path: PathLike): boolean {
    const { prefix, objectId, objectInstanceId, resourceId, resourceInstanceId } = toPath(path);
    if (prefix !== undefined) return false;
    if (objectId === undefined) return true;
    const instances = this.#objects.get(objectId);
    if (objectInstanceId === undefined || instances === undefined) return instances !== undefined;
    const resources = instances.get(objectInstanceId);
    if (resourceId === undefined || resources === undefined) return resources !== undefined;
    if (resourceInstanceId === undefined) return resources.has(resourceId);
    const content = contentOf(resources.get(resourceId));
    return content !== undefined && isInstances(content) && content.has(resourceInstanceId);
  }

  /** The ids of the Objects in ascending order. */
  objectIds(): readonly number[] {
    return sortedIds(this.#objects);
  }

  /** The ids of the instances of an Object in ascending order. */
  instanceIds(objectId: number): readonly number[] {
    return sortedIds(this.#objects.get(objectId));
  }

  /** The ids of the Resources of an Object Instance in ascending order, of those without a value too. */
  resourceIds(objectId: number, objectInstanceId: number): readonly number[] {
    return sortedIds(this.#objects.get(objectId)?.get(objectInstanceId));
  }

  /** The paths of all Object Instances, and of Objects that have none: what a registration lists. */
  instancePaths(): readonly string[] {
    return this.objectIds().flatMap((objectId) => {
      const ids = this.instanceIds(objectId);
      return ids.length === 0 ? [`/${objectId}`] : ids.map((instanceId) => `/${objectId}/${instanceId}`);
    });
  }

  /** What was said of an Object when it was added. */
  optionsOf(objectId: number): ObjectOptions | undefined {
    return this.#options?.get(objectId);
  }

  /**
   * Makes a Resource executable, and its Object Instance when there is none. Of several handlers each is run, in this order, until one
   * refuses. Returns what takes the handler away, and with the last one the Resource.
   *
   * @throws TypeError for a path that names no Resource, and for one that is not executed by its definition
   */
  onExecute(path: PathLike, handler: ExecuteHandler): () => void {
    const at = checkLevel(path, 3, 'a Resource');
    const { objectId, objectInstanceId, resourceId } = at;
    if (this.#definition(objectId, objectInstanceId, resourceId).operations !== 'E') {
      throw new TypeError(`${formatPath(at)} is not executed by its definition`);
    }
    const resources = this.#instance(objectId, objectInstanceId);
    const present = handlersOf(resources.get(resourceId));
    resources.set(resourceId, [...(present ?? []), handler]);
    if (present === undefined) this.#changed(at, 'added');
    return () => {
      const handlers = handlersOf(resources.get(resourceId)) ?? [];
      const left = handlers.filter((other) => other !== handler);
      if (left.length > 0) resources.set(resourceId, left);
      else if (handlers.length > 0) this.remove(at);
    };
  }

  /** What runs when the Resource is executed; undefined when it can not be. */
  executeHandlers(path: Path): readonly ExecuteHandler[] | undefined {
    const { objectId = -1, objectInstanceId = -1, resourceId = -1 } = path;
    return handlersOf(this.#objects.get(objectId)?.get(objectInstanceId)?.get(resourceId));
  }

  /**
   * Has a handler look at what servers write to a Resource, or to any Resource of an Object Instance or Object: the one of the longest
   * path is asked. A later one for the same path takes its place. Returns what takes it away.
   */
  onWrite(path: PathLike, handler: WriteHandler): () => void {
    const text = formatPath(toPath(path));
    const handlers = (this.#writeHandlers ??= new Map<string, WriteHandler>());
    handlers.set(text, handler);
    return () => {
      if (handlers.get(text) === handler) handlers.delete(text);
    };
  }

  /** The handler that is asked about a Resource. */
  writeHandler({ objectId, objectInstanceId, resourceId }: Path): WriteHandler | undefined {
    if (this.#writeHandlers === undefined) return undefined;
    return (
      this.#writeHandlers.get(`/${objectId}/${objectInstanceId}/${resourceId}`) ??
      this.#writeHandlers.get(`/${objectId}/${objectInstanceId}`) ??
      this.#writeHandlers.get(`/${objectId}`)
    );
  }

  /**
   * Has a handler run before a server reads a Resource, by itself or with what it is in, so that it can set what is read. Not before a composite operation, an Observe, or a
   * notification. A later one for the same path takes its place. Returns what takes it away.
   */
  onRead(path: PathLike, handler: ReadHandler): () => void {
    const text = formatPath(checkLevel(path, 3, 'a Resource'));
    const handlers = (this.#readHandlers ??= new Map<string, ReadHandler>());
    handlers.set(text, handler);
    return () => {
      if (handlers.get(text) === handler) handlers.delete(text);
    };
  }

  /** Runs the handlers of what is read at a path. */
  aboutToRead(path: Path): void {
    for (const [text, handler] of this.#readHandlers ?? []) if (pathStartsWith(parsePath(text), path)) handler();
  }

  /**
   * Has a handler look at the blocks in which servers write a large Resource. A later one for the same path takes its place. Returns what takes it
   * away.
   */
  onWriteBlock(path: PathLike, handler: BlockHandler): () => void {
    const text = formatPath(toPath(path));
    const handlers = (this.#blockHandlers ??= new Map<string, BlockHandler>());
    handlers.set(text, handler);
    return () => {
      if (handlers.get(text) === handler) handlers.delete(text);
    };
  }

  /** The handler that is asked about blocks for a path. */
  blockHandler(path: Path): BlockHandler | undefined {
    return this.#blockHandlers?.get(formatPath(path));
  }

  /** Calls `listener` for each change, after the answer when a server made it. Returns what ends that. */
  onChange(listener: ChangeListener): () => void {
    this.#listeners = [...this.#listeners, listener];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
    };
  }

  /**
   * Runs `work` without a word to the listeners. Returns what tells them, when the server has its answer, say; undefined when nothing
   * has changed.
   */
  quietly<T>(work: () => T): readonly [result: T, announce: (() => void) | undefined] {
    const outer = this.#held;
    const held: [path: Path, kind: ChangeKind][] = [];
    this.#held = held;
    const announce = (): void => {
      for (const [path, kind] of held.splice(0)) this.#changed(path, kind);
    };
    try {
      const result = work();
      return [result, held.length === 0 ? undefined : announce];
    } catch (error) {
      this.#held = outer;
      announce();
      throw error;
    } finally {
      this.#held = outer;
    }
  }

  /**
   * Remembers an Object as it is now, with what is executed there. Returns what puts it back, and tells the listeners of what was
   * different.
   */
  remember(objectId: number): () => void {
    const present = this.#objects.get(objectId);
    const before = present && new Map([...present].map(([id, resources]) => [id, new Map(resources)]));
    return () => {
      if (before === undefined) {
        this.remove(pathOf(objectId));
        return;
      }
      this.addObject(objectId);
      for (const id of this.instanceIds(objectId)) if (!before.has(id)) this.remove(pathOf(objectId, id));
      for (const [instanceId, resources] of before) {
        const current = this.#instance(objectId, instanceId);
        for (const id of sortedIds(current)) if (!resources.has(id)) this.remove(pathOf(objectId, instanceId, id));
        for (const [id, stored] of resources) this.#put(current, pathOf(objectId, instanceId, id), stored);
      }
    };
  }

  #definition(objectId: number, objectInstanceId: number, resourceId: number): ResourceDefinition {
    const definition = this.definitions.resource(objectId, resourceId);
    if (definition === undefined) {
      throw new TypeError(`no definition of Resource /${objectId}/${objectInstanceId}/${resourceId}`);
    }
    return definition;
  }

  #store(path: Path, definition: ResourceDefinition, content: ResourceContent): void {
    const { objectId = 0, objectInstanceId = 0 } = path;
    if (isInstances(content) && content.size > limits.resourceInstances) {
      throw new RangeError(`${formatPath(path)} would have more than ${limits.resourceInstances} instances`);
    }
    const resources = this.#instance(objectId, objectInstanceId);
    const isChanged = this.#put(resources, path, definition.operations === 'W' ? undefined : content);
    // What is written to a Resource that can only be written is a change, though nothing of it is kept.
    if (!isChanged && definition.operations === 'W') this.#changed(path, 'value');
  }

  /** Whether that has changed something. */
  #put(resources: Map<number, StoredResource>, path: Path, stored: StoredResource): boolean {
    const { resourceId = 0 } = path;
    const isNew = !resources.has(resourceId);
    const before = resources.get(resourceId);
    resources.set(resourceId, stored);
    if (isNew) return this.#changed(path, 'added');
    const [old, content] = [contentOf(before), contentOf(stored)];
    const isSame = old === undefined || content === undefined ? old === content : sameContent(old, content);
    return !isSame && this.#changed(path, 'value');
  }

  #instance(objectId: number, objectInstanceId: number): Map<number, StoredResource> {
    const instances: Instances = this.#objects.get(objectId) ?? new Map<number, Map<number, StoredResource>>();
    this.#objects.set(objectId, instances);
    const known = instances.get(objectInstanceId);
    if (known !== undefined) return known;
    if (instances.size >= limits.instancesPerObject) {
      throw new RangeError(`Object ${objectId} has ${instances.size} instances already`);
    }
    const resources = new Map<number, StoredResource>();
    instances.set(objectInstanceId, resources);
    this.#changed(pathOf(objectId, objectInstanceId), 'added');
    return resources;
  }

  #changed(path: Path, kind: ChangeKind): true {
    if (this.#held === undefined) this.#tell(path, kind);
    else this.#held.push([path, kind]);
    return true;
  }

  /** What a listener throws comes out when all have been told. */
  #tell(path: Path, kind: ChangeKind): void {
    const errors: unknown[] = [];
    for (const listener of this.#listeners) {
      try {
        listener(path, kind);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}

/** The path when it has so many ids, which then are numbers. */
function checkLevel(
  path: PathLike,
  level: 2 | 3,
  words: string,
): Path & { readonly objectId: number; readonly objectInstanceId: number; readonly resourceId: number } {
  const at = toPath(path);
  if (pathLevel(at) !== level || at.prefix !== undefined) {
    throw new TypeError(`the path of ${words} is needed, not ${formatPath(at)}`);
  }
  return at as ReturnType<typeof checkLevel>;
}
