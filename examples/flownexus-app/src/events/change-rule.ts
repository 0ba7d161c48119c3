import { comparePaths, parsePath, type Path } from '@flownexus/lwm2m-core';
import type { Batch, EarlierValue, NewEvent } from '../values/batch.ts';
import { type Comparable, inWords } from './comparable.ts';
import { compileEndpointFilter } from './endpoint-filter.ts';
import type { ChangeBody, LatestValue, Rule, TimedEvent } from './event-rule.ts';
import { momentsOf } from './moments.ts';
import { RuleStates, type StateBudget, type Undo } from './rule-states.ts';

/** The value that the next one is compared with. */
interface Reference {
  readonly value: Comparable;
  readonly time: number;
}

/** An event when a value is another one, or far enough from the one of the event before. */
export class ChangeRule implements Rule {
  readonly eventType: string;
  readonly paths: readonly [Path];
  readonly hearsRegistrations = false;
  readonly #body: ChangeBody;
  readonly #concerns: (endpoint: string) => boolean;
  readonly #states: RuleStates<Reference>;

  constructor(body: ChangeBody, budget: StateBudget) {
    this.#body = body;
    this.eventType = body.name;
    this.paths = [parsePath(body.path)];
    this.#concerns = compileEndpointFilter(body.endpoints);
    this.#states = new RuleStates(budget);
  }

  take(batch: Batch, undo: Undo[]): NewEvent | undefined {
    if (!this.#concerns(batch.endpoint)) return undefined;
    const before = this.#states.get(batch.endpoint);
    let reference = before;
    let message: string | undefined;
    const records: number[] = [];
    for (const { time, values } of momentsOf(batch, this.paths)) {
      for (const { index, value } of values) {
        if (reference !== undefined && !this.#differs(reference.value, value)) continue;
        if (reference !== undefined) {
          message ??= `${this.#body.path} changed from ${inWords(reference.value)} to ${inWords(value)}`;
          records.push(index);
        }
        reference = { value, time };
      }
    }
    if (reference !== undefined && reference !== before) undo.push(this.#states.set(batch.endpoint, reference));
    return message === undefined ? undefined : this.#event(message, records, before);
  }

  takeDue(): TimedEvent[] {
    return [];
  }

  restore(endpoint: string, values: readonly LatestValue[]): void {
    const latest = values.find(({ path }) => comparePaths(path, this.paths[0]) === 0);
    if (latest === undefined || !this.#concerns(endpoint)) return;
    this.#states.set(endpoint, { value: latest.value, time: latest.time });
  }

  forget(endpoint: string): void {
    this.#states.delete(endpoint);
  }

  end(): void {
    this.#states.clear();
  }

  #differs(a: Comparable, b: Comparable): boolean {
    const { by } = this.#body;
    if (by === undefined) return !Object.is(a, b);
    // What is no number has no distance.
    return typeof a !== 'number' || (typeof b === 'number' && Math.abs(b - a) >= by);
  }

  #event(message: string, records: readonly number[], before: Reference | undefined): NewEvent {
    const { name, severity } = this.#body;
    const earlier: EarlierValue[] = before === undefined ? [] : [{ path: this.paths[0], time: before.time }];
    return {
      eventType: name,
      source: 'rule',
      severity,
      message: this.#body.message ?? message,
      records,
      ...(earlier.length === 0 ? {} : { earlier }),
    };
  }
}
