import type { ResourceDefinition } from '../definition.ts';
import { pathLevel, toPath } from '../path.ts';
import type { PathLevel, PathLike } from '../path.ts';
import type { ResourceType } from '../value.ts';
import { ATTRIBUTES, NOTIFICATION_ATTRIBUTE_NAMES } from './attribute-table.ts';
import type { AttributeDescription, NotificationAttributeName } from './attribute-table.ts';
import { isNumberOf, VALUE_WORDS } from './attribute-value.ts';
import type { AttributeChanges, AttributeProblem } from './notification-attributes.ts';

/** Time is one too: it has the representation of an Integer (TS Core, Appendix C). */
const NUMERIC_TYPES: ReadonlySet<ResourceType> = new Set(['integer', 'unsignedInteger', 'float', 'time']);

const LEVEL_WORDS: readonly string[] = [
  'the root',
  'an Object',
  'an Object Instance',
  'a Resource',
  'a Resource Instance',
];

/**
 * What a device may object to when the attributes are written to the path, or observed with it (TS Core §5.1.2):
 * values, levels, the type of the Resource when its definition is given, and contradictions among the attributes.
 * Nothing of it hinders a server from sending them. At the root are those that an Observe-Composite may have.
 *
 * @throws DecodeError `ERR_LWM2M_PATH` for a path that does not parse, and nothing else
 */
export function checkAttributes(
  attributes: AttributeChanges,
  path: PathLike,
  resource?: ResourceDefinition,
): AttributeProblem[] {
  const level = pathLevel(toPath(path));
  const problems: AttributeProblem[] = [];
  for (const attribute of NOTIFICATION_ATTRIBUTE_NAMES) {
    const value = attributes[attribute];
    if (value === undefined) continue;
    const description: AttributeDescription = ATTRIBUTES[attribute];
    if (value !== null && !isNumberOf(ATTRIBUTES[attribute].value, value)) {
      problems.push({ attribute, message: `has to be ${VALUE_WORDS[description.value]}` });
    }
    const misplaced = placeProblem(description, level, resource);
    if (misplaced !== undefined) problems.push({ attribute, message: misplaced });
  }
  const values = valuesOf(attributes);
  for (const [attribute, message, isBroken] of CONTRADICTIONS) {
    if (isBroken(values)) problems.push({ attribute, message });
  }
  for (const attribute of Object.keys(attributes.unknown ?? {})) {
    problems.push({ attribute, message: 'is no attribute of LwM2M' });
  }
  return problems;
}

function placeProblem(
  { levels, resources }: AttributeDescription,
  level: PathLevel,
  resource: ResourceDefinition | undefined,
): string | undefined {
  if (!levels.includes(level)) return `does not belong to ${LEVEL_WORDS[level] ?? ''}`;
  if (resources === undefined || resource === undefined) return undefined;
  const fits = resources === 'boolean' ? resource.type === 'boolean' : NUMERIC_TYPES.has(resource.type);
  return fits ? undefined : `needs a ${resources} Resource, and this is one of type ${resource.type}`;
}

type Values = Readonly<Record<NotificationAttributeName, number>>;
type Rule = readonly [NotificationAttributeName, message: string, isBroken: (values: Values) => boolean];

/** Of attributes that are not set the value is NaN, with which every comparison is false. */
const CONTRADICTIONS: readonly Rule[] = [
  // Devices of LwM2M 1.2 ignore such a pmax, older ones refuse it.
  ['pmax', 'is less than pmin', ({ pmin, pmax }) => pmax < pmin],
  ['epmin', 'is not less than epmax', ({ epmin, epmax }) => epmin >= epmax],
  ['lt', 'is not less than gt', ({ lt, gt }) => lt >= gt],
  ['st', 'is so great that lt + 2 st is not less than gt', ({ lt, gt, st }) => lt < gt && lt + 2 * st >= gt],
  ['st', 'is less than 0', ({ st }) => st < 0],
];

function valuesOf(attributes: AttributeChanges): Values {
  const entries = NOTIFICATION_ATTRIBUTE_NAMES.map((name) => [name, attributes[name] ?? Number.NaN]);
  return Object.fromEntries(entries) as Values;
}
