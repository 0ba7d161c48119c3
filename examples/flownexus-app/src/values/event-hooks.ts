import type { Transaction } from 'kysely';
import type { Tables } from '../database/tables.ts';
import type { Batch, NewEvent, StoredEvent } from './batch.ts';

/** What makes events of the values that come in, and what hears of them in the transaction that stores them. */
export interface EventHooks {
  /** The events that definitions and rules make of a batch. Called once for each batch, in the order in which they came. Must not throw. */
  eventsOf(batch: Batch): readonly NewEvent[];
  /** Called with what one transaction stores, before it commits; it may be called again for the same events in another one. */
  onEvents(trx: Transaction<Tables>, events: readonly StoredEvent[]): Promise<void>;
}
