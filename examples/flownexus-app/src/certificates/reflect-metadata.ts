/*
 * What `@peculiar/x509` has to find on `Reflect` before it is loaded: its container reads and writes metadata of its own classes by it, and nothing else.
 */

interface MetadataReflect {
  getMetadata?: (key: unknown, target: object) => unknown;
  getOwnMetadata?: (key: unknown, target: object) => unknown;
  defineMetadata?: (key: unknown, value: unknown, target: object) => void;
}

const known = new WeakMap<object, Map<unknown, unknown>>();

function getOwnMetadata(key: unknown, target: object): unknown {
  return known.get(target)?.get(key);
}

function getMetadata(key: unknown, target: object): unknown {
  for (let at: object | null = target; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    if (known.get(at)?.has(key) === true) return getOwnMetadata(key, at);
  }
  return undefined;
}

function defineMetadata(key: unknown, value: unknown, target: object): void {
  const own = known.get(target) ?? new Map<unknown, unknown>();
  known.set(target, own.set(key, value));
}

// Somebody else may have brought a whole one.
const reflect = Reflect as MetadataReflect;
if (reflect.getMetadata === undefined) Object.assign(reflect, { getMetadata, getOwnMetadata, defineMetadata });
