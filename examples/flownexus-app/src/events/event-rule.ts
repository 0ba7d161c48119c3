import type { Path } from '@flownexus/lwm2m-core';
import { z } from 'zod';
import { lwm2mPath } from '../http/lwm2m-path.ts';
import { storableText } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import type { Batch, NewEvent } from '../values/batch.ts';
import type { Comparable } from './comparable.ts';
import { conditionSchema } from './condition.ts';
import { endpointFilterSchema } from './endpoint-filter.ts';
import { eventTypeName } from './event-definition.ts';
import { severitySchema } from './event-items.ts';
import type { Undo } from './rule-states.ts';

const seconds = z.number().min(0).max(31_536_000);
const common = {
  name: eventTypeName,
  enabled: z.boolean().default(true),
  severity: severitySchema.default('warning'),
  message: storableText
    .min(1)
    .max(limits.eventMessageLength)
    .optional()
    .meta({ description: 'Of its events; absent: what was the case, in words' }),
  endpoints: endpointFilterSchema.optional(),
};
const forSeconds = seconds.default(0).meta({ description: 'How long it must hold before it is an event' });

const threshold = z
  .strictObject({ kind: z.literal('threshold'), ...common, condition: conditionSchema, forSeconds })
  .meta({ id: 'ThresholdRule', description: 'An event when a condition begins to hold' });
const combination = z
  .strictObject({
    kind: z.literal('combination'),
    ...common,
    match: z.enum(['all', 'any']),
    conditions: z.array(conditionSchema).min(2).max(limits.ruleConditions).readonly(),
    forSeconds,
  })
  .meta({ id: 'CombinationRule', description: 'An event when all or any of several conditions on one endpoint begin to hold' }); // prettier-ignore
const change = z
  .strictObject({
    kind: z.literal('change'),
    ...common,
    path: lwm2mPath(3),
    by: z.number().positive().optional().meta({
      description: 'How far a number must be from the one of the event before (or the first one); absent: any change',
    }),
  })
  .meta({ id: 'ChangeRule', description: 'An event when a value changes' });
const missing = z
  .strictObject({
    kind: z.literal('missing'),
    ...common,
    path: lwm2mPath(1).meta({ description: 'Nothing at or below it' }),
    forSeconds: seconds.min(1),
  })
  .meta({
    id: 'MissingRule',
    description:
      'An event when an endpoint that has sent values of the path, or has registered its Object, sends none for a time. ' +
      'A start of the server counts as a value: while it is away nobody can send.',
  });

/** What an administrator makes a rule of. */
export const eventRuleSchema = z.discriminatedUnion('kind', [threshold, combination, change, missing]);
const stored = { id: z.int(), createdAt: z.iso.datetime() };
/** A rule in answers. */
export const eventRuleItemSchema = z
  .discriminatedUnion('kind', [
    threshold.extend(stored),
    combination.extend(stored),
    change.extend(stored),
    missing.extend(stored),
  ]) // prettier-ignore
  .meta({ id: 'EventRule' });
export type EventRuleBody = z.infer<typeof eventRuleSchema>;
export type ThresholdBody = z.infer<typeof threshold>;
export type CombinationBody = z.infer<typeof combination>;
export type ChangeBody = z.infer<typeof change>;
export type MissingBody = z.infer<typeof missing>;

/** A value that a rule takes its state from. */
export interface LatestValue {
  readonly endpoint: string;
  readonly path: Path;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly receivedAt: number;
  readonly value: Comparable;
}

/** An event that the time has come for. */
export interface TimedEvent {
  readonly endpoint: string;
  readonly event: NewEvent;
  readonly undo: Undo;
}

/** A rule at work: it knows the state of each endpoint that it is about. */
export interface Rule {
  readonly eventType: string;
  /** What it is about. */
  readonly paths: readonly Path[];
  /** Whether it must hear of registrations. */
  readonly hearsRegistrations: boolean;
  /** Takes the values of a batch in. At most one event comes of it. What takes it back is added to `undo`. */
  take(batch: Batch, undo: Undo[]): NewEvent | undefined;
  /** The events of the time that has passed. */
  takeDue(now: number): TimedEvent[];
  /** The latest values of one endpoint, from before this process; `lastEvent` is when it last was an event, if ever. */
  restore(endpoint: string, values: readonly LatestValue[], lastEvent: number | undefined, now: number): void;
  forget(endpoint: string): void;
  /** It is used no longer. */
  end(): void;
}
