import { pathStartsWith } from '@flownexus/lwm2m-core';
import type { Kysely, Transaction } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../database/open-database.ts';
import type { Tables } from '../database/tables.ts';
import { limits } from '../limits.ts';
import type { Batch, NewEvent, StoredBatch, StoredEvent } from '../values/batch.ts';
import type { EventHooks } from '../values/event-hooks.ts';
import { ChangeRule } from './change-rule.ts';
import { addEarlierValues } from './earlier-values.ts';
import { CompiledDefinition, type EventDefinitionBody, eventDefinitionSchema } from './event-definition.ts';
import { type EventItem, itemOfStored } from './event-items.ts';
import { type EventRuleBody, eventRuleSchema, type LatestValue, type Rule } from './event-rule.ts';
import { latestValues } from './latest-values.ts';
import { LevelRule } from './level-rule.ts';
import { MissingRule } from './missing-rule.ts';
import { timeOf } from './moments.ts';
import { type Named, NamedDefinitions } from './named-definitions.ts';
import { StateBudget, type Undo } from './rule-states.ts';
import { timedEvents } from './timed-events.ts';

export interface EventEngineOptions {
  readonly database: Database;
  /** Writes what must be known of events that are being stored, in their transaction. It may be called again for the same events. */
  readonly outbox: (trx: Transaction<Tables>, events: readonly StoredEvent[]) => Promise<void>;
  /** Hears of each event after it was committed. `item` makes what lists show of it. */
  readonly onEvent: (endpoint: string, item: () => EventItem) => void;
  readonly log: Logger;
  /** Milliseconds since 1970. Default: the system's. */
  readonly now?: () => number;
}

/** Makes events of the values that come in, as definitions and rules say, and of the time that passes. */
export class EventEngine implements EventHooks {
  readonly definitions: NamedDefinitions<EventDefinitionBody>;
  readonly rules: NamedDefinitions<EventRuleBody>;
  readonly #options: EventEngineOptions;
  readonly #now: () => number;
  readonly #storeTimed: ReturnType<typeof timedEvents>;
  readonly #undo = new WeakMap<Batch, readonly Undo[]>();
  readonly #budget = new StateBudget(limits.ruleStates, limits.ruleStatesOfEach);
  readonly #rulesById = new Map<number, Rule>();
  #compiledDefinitions: readonly CompiledDefinition[] = [];
  #rulesByObject: ReadonlyMap<number, readonly Rule[]> = new Map();
  #rulesOfRegistrations: readonly Rule[] = [];
  #timer: NodeJS.Timeout | undefined;
  #storing: Promise<unknown> = Promise.resolve();

  private constructor(
    options: EventEngineOptions,
    definitions: NamedDefinitions<EventDefinitionBody>,
    rules: NamedDefinitions<EventRuleBody>,
  ) {
    this.definitions = definitions;
    this.rules = rules;
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#storeTimed = timedEvents(options.database, (trx, events) => this.onEvents(trx, events));
  }

  /** Reads definitions and rules, and takes the state of the rules from the latest values. */
  static async open(options: EventEngineOptions): Promise<EventEngine> {
    const { database } = options;
    const definitions = await NamedDefinitions.load({ database, table: 'EventDefinition', schema: eventDefinitionSchema }); // prettier-ignore
    const rules = await NamedDefinitions.load({ database, table: 'EventRule', schema: eventRuleSchema });
    const engine = new EventEngine(options, definitions, rules);
    engine.#compileDefinitions();
    const compiled = rules.list().map((named) => engine.#compile(named));
    await engine.#restore(compiled.filter((rule) => rule !== undefined));
    engine.#index();
    definitions.onChange(() => engine.#compileDefinitions());
    rules.onChange((id, named) => engine.#changed(id, named));
    return engine;
  }

  /** Looks at the time until it is stopped. */
  start(): void {
    this.#timer ??= setInterval(() => void this.tick(), limits.ruleTickMs);
    this.#timer.unref();
  }

  /** Stops looking at the time; resolves when what it has begun to store is stored. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#storing;
  }

  eventsOf(batch: Batch): readonly NewEvent[] {
    if (batch.direction === 'down') return [];
    const events: NewEvent[] = [];
    for (const definition of this.#compiledDefinitions) {
      const event = definition.eventOf(batch);
      if (event !== undefined) events.push(event);
    }
    const undo: Undo[] = [];
    for (const rule of this.#concerned(batch)) {
      const event = rule.take(batch, undo);
      if (event !== undefined) events.push(event);
    }
    if (undo.length > 0) this.#undo.set(batch, undo);
    return events;
  }

  async onEvents(trx: Transaction<Tables>, events: readonly StoredEvent[]): Promise<void> {
    if (events.length === 0) return;
    await addEarlierValues(trx, events);
    await this.#options.outbox(trx, events);
  }

  /**
   * Makes of a function that stores batches one that tells the rules when a batch could not be stored: what they have seen of it is taken back,
   * so that the event is not lost when the device sends the values again.
   */
  guard(submit: (batch: Batch) => Promise<void>): (batch: Batch) => Promise<void> {
    return async (batch) => {
      try {
        await submit(batch);
      } catch (error) {
        for (const takeBack of this.#undo.get(batch)?.toReversed() ?? []) takeBack();
        throw error;
      }
    };
  }

  /** To be called with what was committed: tells of its events. */
  stored(batches: readonly StoredBatch[]): void {
    for (const { batch, events } of batches) {
      for (const event of events) {
        this.#options.onEvent(event.endpoint, () =>
          itemOfStored(event, [
            ...event.event.records.flatMap((index) => {
              const record = batch.records[index];
              return record === undefined ? [] : [timeOf(record, batch.receivedAt)];
            }),
            ...(event.event.earlier ?? []).map(({ time }) => time),
          ]),
        );
      }
    }
  }

  /** To be called when an endpoint was deleted. */
  forget(endpoint: string): void {
    for (const rule of this.#rulesById.values()) rule.forget(endpoint);
  }

  /** Makes and stores the events that the time has come for. The timer calls it. */
  tick(): Promise<void> {
    const now = this.#now();
    const due = [...this.#rulesById.values()].flatMap((rule) => rule.takeDue(now));
    const storing = Promise.all(
      due.map(async ({ endpoint, event, undo }) => {
        try {
          const stored = await this.#storeTimed(endpoint, now, event);
          const times = (event.earlier ?? []).map(({ time }) => time);
          if (stored !== undefined) this.#options.onEvent(endpoint, () => itemOfStored(stored, times));
        } catch (error) {
          this.#options.log.warn({ err: error, rule: event.eventType }, 'an event of a rule could not be stored and is tried again'); // prettier-ignore
          undo();
        }
      }),
    );
    this.#storing = Promise.all([this.#storing, storing]);
    return storing.then(() => undefined);
  }

  #concerned({ records, change }: Batch): Iterable<Rule> {
    if (this.#rulesById.size === 0) return [];
    const rules = new Set<Rule>(change?.kind === 'registered' ? this.#rulesOfRegistrations : []);
    for (const { path } of records) {
      for (const rule of this.#rulesByObject.get(path.objectId ?? -1) ?? []) rules.add(rule);
    }
    return rules;
  }

  #compileDefinitions(): void {
    this.#compiledDefinitions = this.definitions.list().filter(({ body }) => body.enabled).map(({ body }) => new CompiledDefinition(body)); // prettier-ignore
  }

  #changed(id: number, named: Named<EventRuleBody> | undefined): void {
    this.#rulesById.get(id)?.end();
    this.#rulesById.delete(id);
    const rule = named === undefined ? undefined : this.#compile(named);
    this.#index();
    // What is so already is no event of a new rule, but who is silent already has to be known.
    if (!(rule instanceof MissingRule)) return;
    this.#restore([rule]).catch((error: unknown) => {
      this.#options.log.error({ err: error, rule: rule.eventType }, 'a rule does not know which endpoints are silent already'); // prettier-ignore
    });
  }

  #compile({ id, body }: Named<EventRuleBody>): Rule | undefined {
    if (!body.enabled) return undefined;
    const rule = makeRule(body, this.#budget);
    this.#rulesById.set(id, rule);
    return rule;
  }

  #index(): void {
    const byObject = new Map<number, Set<Rule>>();
    for (const rule of this.#rulesById.values()) {
      for (const { objectId } of rule.paths) {
        const rules = byObject.get(objectId ?? -1) ?? new Set();
        byObject.set(objectId ?? -1, rules.add(rule));
      }
    }
    this.#rulesByObject = new Map([...byObject].map(([objectId, rules]) => [objectId, [...rules]]));
    this.#rulesOfRegistrations = [...this.#rulesById.values()].filter((rule) => rule.hearsRegistrations);
  }

  /** Tells rules the latest values of before. */
  async #restore(rules: readonly Rule[]): Promise<void> {
    if (rules.length === 0) return;
    const now = this.#now();
    const db = this.#options.database.longReads;
    const known = new Map(rules.map((rule) => [rule, new Map<string, LatestValue[]>()]));
    for await (const values of latestValues(
      db,
      rules.flatMap(({ paths }) => paths),
    )) {
      for (const value of values) {
        for (const [rule, byEndpoint] of known) {
          if (!rule.paths.some((path) => pathStartsWith(value.path, path))) continue;
          const before = byEndpoint.get(value.endpoint);
          if (before === undefined) byEndpoint.set(value.endpoint, [value]);
          else before.push(value);
        }
      }
    }
    for (const [rule, byEndpoint] of known) {
      const lastEvents = await lastEventTimes(db, rule.eventType);
      for (const [endpoint, values] of byEndpoint) rule.restore(endpoint, values, lastEvents.get(endpoint), now);
    }
  }
}

/** When endpoints last had an event of a type. */
async function lastEventTimes(db: Kysely<Tables>, type: string): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('Event')
    .select((select) => ['endpoint', select.fn.max('time').as('time')])
    .where('event_type', '=', type)
    .groupBy('endpoint')
    .execute();
  return new Map(rows.map(({ endpoint, time }) => [endpoint, time]));
}

function makeRule(body: EventRuleBody, budget: StateBudget): Rule {
  switch (body.kind) {
    case 'threshold':
    case 'combination':
      return new LevelRule(body, budget);
    case 'change':
      return new ChangeRule(body, budget);
    case 'missing':
      return new MissingRule(body, budget);
  }
}
