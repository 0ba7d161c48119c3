import type { ObserveRelation } from '@flownexus/coap';
import type { Timer } from '@flownexus/datagram';
import {
  formatPath,
  pathLevel,
  pathStartsWith,
  type NotificationAttributes,
  type Path,
  type ResourceRecord,
} from '@flownexus/lwm2m-core';
import type { ResourceContent } from '../objects/content.ts';
import type { ObjectTree } from '../objects/object-tree.ts';
import type { ServerAccount } from '../objects/server-account.ts';
import type { AttributeStore } from '../operations/attribute-store.ts';
import type { ObservedPaths } from '../operations/observe.ts';
import { isNotable } from './thresholds.ts';

/** When an observation notifies, in seconds, and how. */
export interface NotificationPeriods {
  readonly pmin: number;
  /** 0: without a change never. */
  readonly pmax: number;
  /** Undefined: nothing is said. */
  readonly confirmable: boolean | undefined;
}

/** One observation of a server: what it is of, and how far its notifications are. */
export class Observation {
  readonly observed: ObservedPaths;
  readonly relation: ObserveRelation;
  /** When the last notification, or the first answer, was sent: a time of the clock. */
  sentAt: number;
  sending = false;
  /** Something has to be notified, as soon as it may be. */
  due = false;
  timer: Timer | undefined;
  /** Values with times, for the next notification. */
  records: ResourceRecord[] | undefined;
  /** What changes of Resources and Resource Instances are changes from: what was notified last. */
  #reference: (ResourceContent | undefined)[] = [];

  constructor(observed: ObservedPaths, relation: ObserveRelation, tree: ObjectTree, now: number) {
    this.observed = observed;
    this.relation = relation;
    this.sentAt = now;
    this.markNotified(tree, now);
  }

  /** Whether it is of the same paths. */
  isOf({ paths, composite }: ObservedPaths): boolean {
    const { observed } = this;
    return (
      observed.composite === composite &&
      observed.paths.length === paths.length &&
      observed.paths.every((path, index) => formatPath(path) === formatPath(paths[index] ?? path))
    );
  }

  /** Whether the path, or something above or below it, is observed. */
  concerns(path: Path): boolean {
    return this.observed.paths.some((observed) => isRelated(observed, path));
  }

  /** Whether a change at the path has to be notified. Asked once for each change. */
  isNotable(path: Path, tree: ObjectTree, attributes: AttributeStore): boolean {
    const { paths, attributes: ofObserve } = this.observed;
    return paths.some((observed, index) => {
      if (!isRelated(observed, path)) return false;
      if (pathLevel(observed) < 3) return true;
      const effective = attributes.effective(observed, ofObserve);
      const content = tree.content(observed);
      const isDue = isNotable(effective, this.#reference[index], content);
      // An edge is between a value and the next, notified or not.
      if (effective.edge !== undefined) this.#reference[index] = content;
      return isDue;
    });
  }

  /** Remembers what a notification that is sent now has. */
  markNotified(tree: ObjectTree, now: number): void {
    this.sentAt = now;
    this.due = false;
    this.records = undefined;
    const { paths } = this.observed;
    if (paths.some((path) => pathLevel(path) >= 3)) this.#reference = paths.map((path) => tree.content(path));
  }

  /** When it notifies by the attributes in force now: of several paths the longest pmin and the shortest pmax, as in Zephyr. */
  periods(attributes: AttributeStore, account: ServerAccount): NotificationPeriods {
    const { paths, attributes: ofObserve } = this.observed;
    const all = paths.map((path) => attributes.effective(path, ofObserve));
    const pmin = Math.max(0, ...all.map((each) => each.pmin ?? account.defaultMinimumPeriod));
    const pmax = Math.min(...all.map((each) => (each.pmax ?? account.defaultMaximumPeriod) || Infinity));
    return {
      pmin,
      // TS Core 1.2 §5.1.2: a pmax that is less than pmin is ignored.
      pmax: pmax < pmin || pmax === Infinity ? 0 : pmax,
      confirmable: isConfirmable(all) ?? account.confirmableNotifications,
    };
  }
}

function isRelated(observed: Path, changed: Path): boolean {
  return pathStartsWith(changed, observed) || pathStartsWith(observed, changed);
}

function isConfirmable(all: readonly NotificationAttributes[]): boolean | undefined {
  const said = all.filter(({ con }) => con !== undefined);
  return said.length === 0 ? undefined : said.some(({ con }) => con === 1);
}
