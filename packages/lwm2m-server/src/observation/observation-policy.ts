import type { ObservationPolicy } from '../api/observation.ts';
import type { Registration } from '../registration/registration.ts';

/** A parsed {@link ObservationPolicy}. */
export interface PolicyPattern {
  readonly objectId: number;
  /** `*` is every registered instance; undefined where the policy is for the Object as a whole. */
  readonly objectInstance: number | '*' | undefined;
  /** What follows the instance: empty, `/5700` or `/5700/0`. */
  readonly below: string;
}

const ID = '(0|[1-9][0-9]{0,4})';
const PATTERN = new RegExp(`^/${ID}(?:/(?:${ID}|(\\*))((?:/${ID}){0,2}))?$`);
const MAX_ID = 65_535;

/**
 * Parses policies.
 *
 * @throws TypeError for a path that is not `/o`, `/o/i`, `/o/i/r` or `/o/i/r/ri`, with `*` allowed for `i`
 */
export function parsePolicies(policies: readonly ObservationPolicy[]): readonly PolicyPattern[] {
  return policies.map(({ path = '' }) => {
    const match = PATTERN.exec(path);
    const ids = path.split('/').filter((segment) => segment !== '' && segment !== '*');
    if (match === null || ids.some((id) => Number(id) > MAX_ID)) {
      throw new TypeError(`expected an observation policy such as /3303/*/5700, found ${JSON.stringify(path)}`);
    }
    const [, objectId, instance, every, below] = match;
    return {
      objectId: Number(objectId),
      objectInstance: every === '*' ? '*' : instance === undefined ? undefined : Number(instance),
      below: below ?? '',
    };
  });
}

/** The paths that policies mean on an endpoint: only of Objects and Object Instances that it has registered. */
export function policyPaths(
  patterns: readonly PolicyPattern[],
  registration: Pick<Registration, 'instances'>,
): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const { objectId, objectInstance, below } of patterns) {
    const instances = registration.instances.get(objectId);
    if (instances === undefined) continue;
    if (objectInstance === undefined) paths.add(`/${objectId}`);
    else if (objectInstance === '*') for (const id of instances) paths.add(`/${objectId}/${id}${below}`);
    else if (instances.includes(objectInstance)) paths.add(`/${objectId}/${objectInstance}${below}`);
  }
  return paths;
}
