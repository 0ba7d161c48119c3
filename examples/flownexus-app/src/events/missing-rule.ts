import { parsePath, type Path, pathStartsWith } from '@flownexus/lwm2m-core';
import { limits } from '../limits.ts';
import type { Batch, NewEvent } from '../values/batch.ts';
import { DueTimes } from './due-times.ts';
import { compileEndpointFilter } from './endpoint-filter.ts';
import type { LatestValue, MissingBody, Rule, TimedEvent } from './event-rule.ts';
import { timeOf } from './moments.ts';
import { RuleStates, type StateBudget, type Undo } from './rule-states.ts';

/** What an endpoint last sent of the path. */
interface Seen {
  /** When the time that it may be silent for began. */
  readonly at: number;
  readonly path: Path | undefined;
  readonly time: number;
  readonly fired: boolean;
}

/** An event when nothing of a path came for a time. */
export class MissingRule implements Rule {
  readonly eventType: string;
  readonly paths: readonly [Path];
  readonly hearsRegistrations = true;
  readonly #body: MissingBody;
  readonly #forMs: number;
  readonly #concerns: (endpoint: string) => boolean;
  readonly #states: RuleStates<Seen>;
  readonly #due = new DueTimes();

  constructor(body: MissingBody, budget: StateBudget) {
    this.#body = body;
    this.eventType = body.name;
    this.paths = [parsePath(body.path)];
    this.#forMs = body.forSeconds * 1000;
    this.#concerns = compileEndpointFilter(body.endpoints);
    this.#states = new RuleStates(budget);
  }

  take(batch: Batch, undo: Undo[]): undefined {
    const { endpoint, receivedAt, records, change } = batch;
    if (!this.#concerns(endpoint)) return undefined;
    const last = records.findLast(({ path }) => pathStartsWith(path, this.paths[0]));
    if (last !== undefined) {
      const time = timeOf(last, receivedAt);
      undo.push(this.#see(endpoint, { at: receivedAt, path: last.path, time, fired: false }));
      return undefined;
    }
    if (change?.kind !== 'registered' || this.#states.get(endpoint) !== undefined) return undefined;
    if ((change.registration?.objectLinks ?? []).some((link) => this.#mayHold(link))) {
      undo.push(this.#see(endpoint, { at: receivedAt, path: undefined, time: receivedAt, fired: false }));
    }
    return undefined;
  }

  takeDue(now: number): TimedEvent[] {
    const events: TimedEvent[] = [];
    for (const endpoint of this.#due.take(now)) {
      const seen = this.#states.get(endpoint);
      if (seen === undefined || seen.fired) continue;
      if (seen.at + this.#forMs > now) {
        this.#due.add(endpoint, seen.at + this.#forMs);
        continue;
      }
      const takeBack = this.#states.set(endpoint, { ...seen, fired: true });
      const undo = (): void => {
        takeBack();
        this.#due.add(endpoint, now + limits.ruleRetryMs);
      };
      events.push({ endpoint, event: this.#event(seen), undo });
    }
    return events;
  }

  restore(endpoint: string, values: readonly LatestValue[], lastEvent: number | undefined, now: number): void {
    if (!this.#concerns(endpoint)) return;
    const latest = values.reduce<LatestValue | undefined>((a, b) => (a !== undefined && a.receivedAt >= b.receivedAt ? a : b), undefined); // prettier-ignore
    if (latest === undefined || this.#states.get(endpoint) !== undefined) return;
    const fired = lastEvent !== undefined && lastEvent > latest.receivedAt;
    this.#see(endpoint, { at: now, path: latest.path, time: latest.time, fired });
  }

  forget(endpoint: string): void {
    this.#states.delete(endpoint);
  }

  end(): void {
    this.#states.clear();
  }

  #see(endpoint: string, seen: Seen): Undo {
    const takeBack = this.#states.set(endpoint, seen);
    if (!seen.fired) this.#due.add(endpoint, seen.at + this.#forMs);
    return () => {
      takeBack();
      const before = this.#states.get(endpoint);
      if (before !== undefined && !before.fired) this.#due.add(endpoint, before.at + this.#forMs);
    };
  }

  #mayHold(link: string): boolean {
    const linked = parsePath(link);
    return pathStartsWith(linked, this.paths[0]) || pathStartsWith(this.paths[0], linked);
  }

  #event({ path, time }: Seen): NewEvent {
    const { name, severity, message, forSeconds } = this.#body;
    return {
      eventType: name,
      source: 'rule',
      severity,
      message: message ?? `nothing of ${this.#body.path} for ${forSeconds} s`,
      records: [],
      ...(path === undefined ? {} : { earlier: [{ path, time }] }),
    };
  }
}
