import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Tables Event and EventResource: values that belong together. */
export class EventTable {
  readonly #insert: StatementSync;
  readonly #insertResource: StatementSync;

  constructor(database: DatabaseSync) {
    this.#insert = database.prepare('INSERT INTO Event (endpoint, event_type, time) VALUES (?, ?, ?)');
    this.#insertResource = database.prepare('INSERT INTO EventResource (event_id, resource_id) VALUES (?, ?)');
  }

  /** Groups stored values. The type of an event is the id of its Object, as text. */
  insert(endpoint: string, eventType: string, time: number, resourceIds: readonly number[]): void {
    const { lastInsertRowid } = this.#insert.run(endpoint, eventType, time);
    for (const resourceId of resourceIds) this.#insertResource.run(lastInsertRowid, resourceId);
  }
}
