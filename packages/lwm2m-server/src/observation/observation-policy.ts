import { formatAttributes, pathOf, type Path } from '@flownexus/lwm2m-core';
import type { ObservationPolicy } from '../api/observation.ts';
import type { ErrorReporter } from '../events.ts';
import { limits } from '../limits.ts';
import type { Registration } from '../registration/registration.ts';
import { compositeTarget, singleTarget, type ObservationTarget, type ObservationTerms } from './observation-target.ts';

/** What policies want of one endpoint. */
export interface WantedObservation {
  readonly target: ObservationTarget;
  readonly terms: ObservationTerms;
}

/** A path of a policy: its ids, with `*` for every registered instance. */
interface PathPattern {
  readonly objectId: number;
  readonly objectInstance: number | '*' | undefined;
  readonly below: readonly number[];
}

interface ParsedPolicy {
  readonly patterns: readonly PathPattern[];
  readonly composite: boolean;
  readonly terms: ObservationTerms;
  readonly endpoints: ObservationPolicy['endpoints'];
}

/** The policies of a server. */
export class ObservationPolicies {
  readonly #ofAll: readonly ParsedPolicy[];
  readonly #ofEndpoint: ReadonlyMap<string, readonly ParsedPolicy[]>;
  readonly #reportError: ErrorReporter;
  /** Whether a registration decides more than by its object list what is wanted of it: a function looks at it. */
  readonly dependOnRegistration: boolean;

  /**
   * @throws TypeError for a policy that has not one of `path` and `paths`, or a path that is not `/o`, `/o/i`, `/o/i/r` or `/o/i/r/ri`, with `*` allowed
   * for `i`
   * @throws RangeError for attributes that have no form, and for a policy of more paths than may be
   */
  constructor(policies: readonly ObservationPolicy[], reportError: ErrorReporter) {
    const ofEndpoint = new Map<string, ParsedPolicy[]>();
    const ofAll: ParsedPolicy[] = [];
    for (const policy of policies.map(parsePolicy)) {
      const { endpoints } = policy;
      if (typeof endpoints !== 'string') ofAll.push(policy);
      else if (!ofEndpoint.get(endpoints)?.push(policy)) ofEndpoint.set(endpoints, [policy]);
    }
    this.#ofAll = ofAll;
    this.#ofEndpoint = ofEndpoint;
    this.#reportError = reportError;
    this.dependOnRegistration = ofAll.some(({ endpoints }) => typeof endpoints === 'function');
  }

  /**
   * What is wanted of an endpoint, by the keys of the targets: only of Objects and Object Instances that it has registered. Where several policies want
   * the same the first has the say, and what is for one endpoint comes before what is for all.
   */
  wantedOf(registration: Registration): ReadonlyMap<string, WantedObservation> {
    const wanted = new Map<string, WantedObservation>();
    for (const policies of [this.#ofEndpoint.get(registration.endpointName) ?? [], this.#ofAll]) {
      for (const policy of policies) {
        if (!this.#isMeant(policy, registration)) continue;
        for (const target of targetsOf(policy, registration)) {
          if (!wanted.has(target.key)) wanted.set(target.key, { target, terms: policy.terms });
        }
      }
    }
    return wanted;
  }

  #isMeant({ endpoints }: ParsedPolicy, registration: Registration): boolean {
    if (typeof endpoints !== 'function') return true;
    try {
      return endpoints(registration);
    } catch (error) {
      this.#reportError(error, `an observation policy failed for ${registration.endpointName}`);
      return false;
    }
  }
}

const ID = '(0|[1-9][0-9]{0,4})';
const PATTERN = new RegExp(`^/${ID}(?:/(?:${ID}|(\\*))((?:/${ID}){0,2}))?$`);
const MAX_ID = 65_535;

function parsePolicy({ path, paths, attributes, endpoints }: ObservationPolicy): ParsedPolicy {
  if ((path === undefined) === (paths === undefined)) {
    throw new TypeError('an observation policy has either a path or paths');
  }
  const texts = paths ?? [path ?? ''];
  if (texts.length === 0 || texts.length > limits.maxCompositePaths) {
    throw new RangeError(`an observation policy has 1 to ${limits.maxCompositePaths} paths, not ${texts.length}`);
  }
  if (attributes !== undefined) formatAttributes(attributes); // throws
  const terms = attributes === undefined ? {} : { attributes };
  return { patterns: texts.map(parsePattern), composite: paths !== undefined, terms, endpoints };
}

function parsePattern(path: string): PathPattern {
  const match = PATTERN.exec(path);
  const ids = path.split('/').filter((segment) => segment !== '' && segment !== '*');
  if (match === null || ids.some((id) => Number(id) > MAX_ID)) {
    throw new TypeError(`expected an observation policy such as /3303/*/5700, found ${JSON.stringify(path)}`);
  }
  const [, objectId, instance, every, below = ''] = match;
  return {
    objectId: Number(objectId),
    objectInstance: every === '*' ? '*' : instance === undefined ? undefined : Number(instance),
    below: below.split('/').slice(1).map(Number),
  };
}

function targetsOf({ patterns, composite }: ParsedPolicy, registration: Registration): readonly ObservationTarget[] {
  const paths = patterns.flatMap((pattern) => pathsOf(pattern, registration));
  if (!composite) return paths.map(singleTarget);
  return paths.length === 0 ? [] : [compositeTarget(paths)];
}

function pathsOf(
  { objectId, objectInstance, below }: PathPattern,
  { instances }: Pick<Registration, 'instances'>,
): readonly Path[] {
  const registered = instances.get(objectId);
  if (registered === undefined) return [];
  if (objectInstance === undefined) return [pathOf(objectId)];
  const meant = objectInstance === '*' ? registered : registered.filter((id) => id === objectInstance);
  return meant.map((id) => pathOf(objectId, id, ...below));
}

/** Whether an endpoint has registered what a path names. */
export function isRegistered(
  { objectId, objectInstanceId }: Path,
  { instances }: Pick<Registration, 'instances'>,
): boolean {
  if (objectId === undefined) return true;
  const registered = instances.get(objectId);
  return registered !== undefined && (objectInstanceId === undefined || registered.includes(objectInstanceId));
}
