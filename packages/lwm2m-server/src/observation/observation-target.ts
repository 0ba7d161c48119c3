import {
  encodePathList,
  formatAttributes,
  formatPath,
  ROOT_PATH,
  type NotificationAttributes,
  type Path,
} from '@flownexus/lwm2m-core';
import type { CompositeOptions, ObserveOptions } from '../api/device.ts';
import { limits } from '../limits.ts';

/** What is observed on an endpoint by one observation: a path, or the paths of an Observe-Composite. */
export interface ObservationTarget {
  /** The path; the root of a composite, whose values are named from there. */
  readonly path: Path;
  /** The one path, or those of the composite in the order in which they are asked for. */
  readonly paths: readonly Path[];
  readonly composite: boolean;
  /** For events and messages: `/3/0/9`, of a composite its paths with spaces between them. */
  readonly name: string;
  /** What tells it from other targets of an endpoint. Composites of the same paths are the same, in whichever order. */
  readonly key: string;
}

/** How a target is asked for. What is absent is chosen by the server, or not there. */
export interface ObservationTerms {
  readonly attributes?: NotificationAttributes;
  /** `null`: no Accept. */
  readonly accept?: number | null;
  /** Of the list of paths of a composite. */
  readonly contentFormat?: number;
}

/** The target of an Observe. */
export function singleTarget(path: Path): ObservationTarget {
  const name = formatPath(path);
  return { path, paths: [path], composite: false, name, key: name };
}

/** The target of an Observe-Composite; a path that is given twice counts once. */
export function compositeTarget(paths: readonly Path[]): ObservationTarget {
  const byName = new Map(paths.map((path) => [formatPath(path), path]));
  const names = [...byName.keys()];
  const key = `composite ${names.toSorted().join(' ')}`;
  return { path: ROOT_PATH, paths: [...byName.values()], composite: true, name: names.join(' '), key };
}

/**
 * How a caller wants a target.
 *
 * @throws RangeError for attributes that have no form, and for a composite of no paths or more than may be
 * @throws Lwm2mError `ERR_LWM2M_CONTENT_FORMAT` for a Content-Format that holds no list of paths
 */
export function termsOf(
  { paths, composite }: ObservationTarget,
  { attributes, accept, contentFormat }: CompositeOptions & ObserveOptions,
): ObservationTerms {
  if (attributes !== undefined) formatAttributes(attributes);
  if (composite && (paths.length === 0 || paths.length > limits.maxCompositePaths)) {
    throw new RangeError(`a composite observation has 1 to ${limits.maxCompositePaths} paths, not ${paths.length}`);
  }
  if (composite && contentFormat !== undefined) encodePathList(paths, contentFormat);
  return {
    ...(attributes === undefined ? {} : { attributes }),
    ...(accept === undefined ? {} : { accept }),
    ...(composite && contentFormat !== undefined ? { contentFormat } : {}),
  };
}
