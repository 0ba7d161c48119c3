/** How deep nodes of Leshan's JSON lie in each other: root, Objects, Instances, Resources. */
const LEVELS = 4;

/**
 * The same JSON of a node, with values in the forms that FlowNexus' interface takes beyond those of Leshan: TIME in decimal digits, BOOLEAN as text or 0 and 1,
 * STRING as a number. What is wrong in other ways stays as it is, for the reader of nodes to refuse.
 */
export function tolerantNode(json: unknown, levels = LEVELS): unknown {
  if (typeof json !== 'object' || json === null || levels === 0) return json;
  const { type } = json as { readonly type?: unknown };
  return Object.fromEntries(
    Object.entries(json).map(([name, field]: [string, unknown]) => {
      if (Array.isArray(field)) return [name, field.map((child: unknown) => tolerantNode(child, levels - 1))];
      if (typeof type !== 'string') return [name, field];
      if (name === 'value') return [name, tolerantValue(type, field)];
      if (name !== 'values' || typeof field !== 'object' || field === null) return [name, field];
      return [name, Object.fromEntries(Object.entries(field).map(([id, value]) => [id, tolerantValue(type, value)]))];
    }),
  );
}

function tolerantValue(type: string, json: unknown): unknown {
  switch (type.toUpperCase()) {
    case 'TIME':
      return typeof json === 'string' && /^-?\d{1,16}$/.test(json) ? Number(json) : json;
    case 'BOOLEAN':
      return booleans.get(typeof json === 'string' ? json.toLowerCase() : json) ?? json;
    case 'STRING':
      return typeof json === 'number' ? String(json) : json;
    default:
      return json;
  }
}

const booleans: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  ['true', true],
  ['1', true],
  [1, true],
  ['false', false],
  ['0', false],
  [0, false],
]);
