/** What a JSON object parses to. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** True for a JSON object: no null, no array. */
export function isJsonObject(json: unknown): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** A field of the object itself, not of its prototype; undefined without one. */
export function fieldOf(json: JsonObject, name: string): unknown {
  return Object.hasOwn(json, name) ? json[name] : undefined;
}

/** What something is, in words for errors. */
export function describeJson(json: unknown): string {
  if (json === undefined) return 'nothing';
  if (json === null) return 'null';
  if (Array.isArray(json)) return 'an array';
  switch (typeof json) {
    case 'object':
      return 'an object';
    case 'string':
      return 'a string';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'a boolean';
    default:
      return 'what JSON has not';
  }
}
