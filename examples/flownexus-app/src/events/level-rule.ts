import { comparePaths, type Path } from '@flownexus/lwm2m-core';
import { limits } from '../limits.ts';
import type { Batch, NewEvent } from '../values/batch.ts';
import { Condition } from './condition.ts';
import type { Comparable } from './comparable.ts';
import { DueTimes } from './due-times.ts';
import { compileEndpointFilter } from './endpoint-filter.ts';
import type { CombinationBody, LatestValue, Rule, ThresholdBody, TimedEvent } from './event-rule.ts';
import { type Moment, momentsOf } from './moments.ts';
import { RuleStates, type StateBudget, type Undo } from './rule-states.ts';

/** What is known of one condition at one endpoint. */
interface Level {
  readonly holds: boolean;
  readonly time: number;
  readonly value: Comparable;
  /** Which record of the batch that is taken in it comes from; undefined: it was stored before. */
  readonly index: number | undefined;
}

interface LevelState {
  readonly levels: readonly (Level | undefined)[];
  /** Since when the whole holds, by the times of the values and by ours; undefined: it does not. */
  readonly since: { readonly time: number; readonly receivedAt: number } | undefined;
  /** There was an event since then. */
  readonly fired: boolean;
}

/** An event when conditions begin to hold, or have held for a time: a threshold is one condition, a combination several. */
export class LevelRule implements Rule {
  readonly eventType: string;
  readonly paths: readonly Path[];
  readonly hearsRegistrations = false;
  readonly #body: ThresholdBody | CombinationBody;
  readonly #conditions: readonly Condition[];
  readonly #all: boolean;
  readonly #forMs: number;
  readonly #concerns: (endpoint: string) => boolean;
  readonly #states: RuleStates<LevelState>;
  readonly #due = new DueTimes();

  constructor(body: ThresholdBody | CombinationBody, budget: StateBudget) {
    this.#body = body;
    this.eventType = body.name;
    this.#conditions = (body.kind === 'threshold' ? [body.condition] : body.conditions).map((each) => new Condition(each)); // prettier-ignore
    this.paths = this.#conditions.map(({ path }) => path);
    this.#all = body.kind === 'threshold' || body.match === 'all';
    this.#forMs = body.forSeconds * 1000;
    this.#concerns = compileEndpointFilter(body.endpoints);
    this.#states = new RuleStates(budget);
  }

  take(batch: Batch, undo: Undo[]): NewEvent | undefined {
    const { endpoint, receivedAt } = batch;
    if (!this.#concerns(endpoint)) return undefined;
    const moments = momentsOf(batch, this.paths);
    if (moments.length === 0) return undefined;
    let state = this.#states.get(endpoint);
    let first: LevelState | undefined;
    const grouped: LevelState[] = [];
    for (const moment of moments) {
      state = this.#after(state, moment, receivedAt);
      if (!this.#mustFire(state, moment.time, receivedAt)) continue;
      state = { ...state, fired: true };
      first ??= state;
      grouped.push(state);
    }
    if (state !== undefined) this.#keep(endpoint, state, undo);
    return first === undefined ? undefined : this.#event(first, grouped);
  }

  takeDue(now: number): TimedEvent[] {
    const events: TimedEvent[] = [];
    for (const endpoint of this.#due.take(now)) {
      const state = this.#states.get(endpoint);
      if (state?.since === undefined || state.fired) continue;
      const due = state.since.receivedAt + this.#forMs;
      if (due > now) {
        this.#due.add(endpoint, due);
        continue;
      }
      const fired = { ...state, fired: true };
      const takeBack = this.#states.set(endpoint, fired);
      const undo = (): void => {
        takeBack();
        this.#due.add(endpoint, now + limits.ruleRetryMs);
      };
      events.push({ endpoint, event: this.#event(fired, [fired]), undo });
    }
    return events;
  }

  restore(endpoint: string, values: readonly LatestValue[], lastEvent: number | undefined, now: number): void {
    if (!this.#concerns(endpoint)) return;
    const found = this.#conditions.map(({ path }) => values.find((value) => comparePaths(value.path, path) === 0));
    const levels = this.#conditions.map((condition, slot): Level | undefined => {
      const latest = found[slot];
      if (latest === undefined) return undefined;
      return { holds: condition.holds(latest.value, false), time: latest.time, value: latest.value, index: undefined };
    });
    const newest = found.reduce<LatestValue | undefined>((a, b) => (a === undefined || (b !== undefined && b.receivedAt > a.receivedAt) ? b : a), undefined); // prettier-ignore
    if (newest === undefined) return;
    const holds = this.#holds(levels);
    // What has to hold for a time was an event already when there was one after the latest value.
    const fired = holds && (this.#forMs === 0 || (lastEvent !== undefined && lastEvent > newest.receivedAt));
    this.#keep(endpoint, { levels, since: holds ? { time: newest.time, receivedAt: now } : undefined, fired }, []);
  }

  forget(endpoint: string): void {
    this.#states.delete(endpoint);
  }

  end(): void {
    this.#states.clear();
  }

  #after(before: LevelState | undefined, { time, values }: Moment, receivedAt: number): LevelState {
    const levels: (Level | undefined)[] = before === undefined ? this.#conditions.map(() => undefined) : [...before.levels]; // prettier-ignore
    for (const { slot, index, value } of values) {
      const holds = this.#conditions[slot]?.holds(value, levels[slot]?.holds ?? false) ?? false;
      levels[slot] = { holds, time, value, index };
    }
    if (!this.#holds(levels)) return { levels, since: undefined, fired: false };
    return before?.since === undefined
      ? { levels, since: { time, receivedAt }, fired: false }
      : { levels, since: before.since, fired: before.fired };
  }

  #holds(levels: readonly (Level | undefined)[]): boolean {
    return this.#all ? levels.every((level) => level?.holds) : levels.some((level) => level?.holds);
  }

  #mustFire({ since, fired }: LevelState, time: number, receivedAt: number): boolean {
    if (since === undefined || fired) return false;
    return time - since.time >= this.#forMs || receivedAt - since.receivedAt >= this.#forMs;
  }

  /** From here on its values are those of the table. */
  #keep(endpoint: string, state: LevelState, undo: Undo[]): void {
    const levels = state.levels.map((level) => level && { ...level, index: undefined });
    const takeBack = this.#states.set(endpoint, { ...state, levels });
    const look = (): void => {
      const now = this.#states.get(endpoint);
      if (now?.since !== undefined && !now.fired) this.#due.add(endpoint, now.since.receivedAt + this.#forMs);
    };
    undo.push(() => {
      takeBack();
      look();
    });
    look();
  }

  /** An event for the first time that it held; it groups the values of the other times as well. */
  #event(first: LevelState, grouped: readonly LevelState[]): NewEvent {
    const { name, severity, message } = this.#body;
    const holding = (state: LevelState) =>
      state.levels.flatMap((level, slot) => (level?.holds === true ? [{ level, slot }] : []));
    const records = new Set<number>();
    const earlier = new Map<number, { path: Path; time: number }>();
    for (const { level, slot } of grouped.flatMap(holding)) {
      const path = this.paths[slot];
      if (level.index !== undefined) records.add(level.index);
      else if (path !== undefined) earlier.set(slot, { path, time: level.time });
    }
    return {
      eventType: name,
      source: 'rule',
      severity,
      message: message ?? this.#inWords(holding(first)),
      records: [...records].sort((a, b) => a - b),
      ...(earlier.size === 0 ? {} : { earlier: [...earlier.values()] }),
    };
  }

  #inWords(holding: readonly { readonly level: Level; readonly slot: number }[]): string {
    const conditions = holding.map(({ level, slot }) => this.#conditions[slot]?.inWords(level.value)).join('; ');
    return this.#forMs === 0 ? conditions : `${conditions} (for ${this.#body.forSeconds} s)`;
  }
}
