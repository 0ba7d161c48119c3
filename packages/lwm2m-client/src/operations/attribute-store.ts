import {
  effectiveAttributes,
  formatPath,
  NOTIFICATION_ATTRIBUTE_NAMES,
  pathLevel,
  pathStartsWith,
  type AttributeChanges,
  type NotificationAttributes,
  type Path,
} from '@flownexus/lwm2m-core';
import { limits } from '../limits.ts';

const NONE: NotificationAttributes = Object.freeze({});

interface AttachedAttributes {
  readonly path: Path;
  readonly attributes: NotificationAttributes;
}

/** The attributes that one server attached to paths (TS Core §5.1.2). */
export class AttributeStore {
  // Made when a server attaches something: few do.
  #attached: Map<string, AttachedAttributes> | undefined;

  /** Those attached to the path itself. */
  attachedTo(path: Path): NotificationAttributes {
    return this.#attached?.get(formatPath(path))?.attributes ?? NONE;
  }

  /** Those of the path with the changes, which are not made yet. */
  changed(path: Path, changes: AttributeChanges): NotificationAttributes {
    const attributes: Record<string, number> = {};
    const present = this.attachedTo(path);
    for (const name of NOTIFICATION_ATTRIBUTE_NAMES) {
      const value = changes[name] === undefined ? present[name] : changes[name];
      if (value !== undefined && value !== null) attributes[name] = value;
    }
    return attributes;
  }

  /** Attaches these in the place of those that are there. False when too many paths have attributes. */
  attach(path: Path, attributes: NotificationAttributes): boolean {
    const attached = (this.#attached ??= new Map<string, AttachedAttributes>());
    const text = formatPath(path);
    if (Object.keys(attributes).length === 0) {
      attached.delete(text);
      return true;
    }
    if (!attached.has(text) && attached.size >= limits.attributePaths) return false;
    attached.set(text, { path, attributes });
    return true;
  }

  /** Those in force for the path, with those of an Observe, which override them (TS Core 1.2 §6.4.1). */
  effective(path: Path, observe?: AttributeChanges): NotificationAttributes {
    if (this.#attached === undefined) return observe === undefined ? NONE : effectiveAttributes({ observe }, 4);
    const { objectId, objectInstanceId, resourceId, resourceInstanceId } = path;
    const object = `/${objectId}`;
    const instance = `${object}/${objectInstanceId}`;
    const resource = `${instance}/${resourceId}`;
    return effectiveAttributes(
      {
        object: this.#attached.get(object)?.attributes,
        objectInstance: this.#attached.get(instance)?.attributes,
        resource: this.#attached.get(resource)?.attributes,
        resourceInstance: this.#attached.get(`${resource}/${resourceInstanceId}`)?.attributes,
        observe,
      },
      pathLevel(path),
    );
  }

  /** Forgets those of a path and of everything below: it is gone. */
  forget(path: Path): void {
    for (const [text, { path: attached }] of this.#attached ?? []) {
      if (pathStartsWith(attached, path)) this.#attached?.delete(text);
    }
  }

  /** Forgets all: the device starts anew. */
  clear(): void {
    this.#attached = undefined;
  }
}
