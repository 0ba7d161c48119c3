import type { NotificationAttributes } from '@flownexus/lwm2m-core';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ErrorReporter } from '../events.ts';
import type { ObservationStore, StoredObservation } from '../observation/observation-store.ts';
import type { GroupCommit } from './group-commit.ts';
import { bytesOf, integerOf, optional, textOf, type Row } from './row.ts';
import { inPages, PAGE_SIZE, readable } from './rows.ts';

/** Table Observation. */
export class SqliteObservationStore implements ObservationStore {
  readonly #commit: GroupCommit;
  readonly #report: ErrorReporter;
  readonly #page: StatementSync;
  readonly #upsert: StatementSync;
  readonly #delete: StatementSync;
  readonly #deleteOthers: StatementSync;
  readonly #end: StatementSync;

  constructor(database: DatabaseSync, commit: GroupCommit, report: ErrorReporter) {
    this.#commit = commit;
    this.#report = report;
    this.#page = database.prepare(`SELECT * FROM Observation WHERE (endpoint, composite, paths) > (?, ?, ?)
      ORDER BY endpoint, composite, paths LIMIT ${PAGE_SIZE}`);
    this.#upsert = database.prepare(`INSERT OR REPLACE INTO Observation
        (endpoint, composite, paths, attributes, content_format, accept, kept, registration_id, token)
      VALUES (:endpoint, :composite, :paths, :attributes, :contentFormat, :accept, :kept, :registrationId, :token)`);
    this.#delete = database.prepare('DELETE FROM Observation WHERE endpoint = ? AND composite = ? AND paths = ?');
    this.#deleteOthers = database.prepare('DELETE FROM Observation WHERE endpoint = ? AND kept = 0');
    this.#end = database.prepare(
      'UPDATE Observation SET registration_id = NULL, token = NULL WHERE endpoint = ? AND token IS NOT NULL',
    );
  }

  load(): Iterable<StoredObservation> {
    const rows = inPages(this.#page, ['', 0, ''], (last) => [
      textOf(last, 'endpoint'),
      integerOf(last, 'composite'),
      textOf(last, 'paths'),
    ]);
    return readable(rows, toObservation, this.#report, (row) => `an observation of ${String(row['endpoint'])}`);
  }

  async save(observation: StoredObservation): Promise<void> {
    const { endpointName, paths, composite, attributes, contentFormat, accept, kept, established } = observation;
    await this.#commit.write(() =>
      this.#upsert.run({
        endpoint: endpointName,
        composite: Number(composite),
        paths: JSON.stringify(paths),
        attributes: attributes === undefined ? null : JSON.stringify(attributes),
        contentFormat: contentFormat ?? null,
        accept: accept ?? null,
        kept: Number(kept),
        registrationId: established?.registrationId ?? null,
        token: established?.token ?? null,
      }),
    );
  }

  async remove(endpointName: string, paths: readonly string[], composite: boolean): Promise<void> {
    await this.#commit.write(() => this.#delete.run(endpointName, Number(composite), JSON.stringify(paths)));
  }

  async endRegistration(endpointName: string): Promise<void> {
    await this.#commit.write(() => {
      this.#deleteOthers.run(endpointName);
      this.#end.run(endpointName);
    });
  }
}

function toObservation(row: Row): StoredObservation {
  const attributes = optional(textOf, row, 'attributes');
  const registrationId = optional(textOf, row, 'registration_id');
  return {
    endpointName: textOf(row, 'endpoint'),
    paths: pathsOf(textOf(row, 'paths')),
    composite: integerOf(row, 'composite') === 1,
    attributes: attributes === undefined ? undefined : attributesOf(attributes),
    contentFormat: optional(integerOf, row, 'content_format'),
    accept: optional(integerOf, row, 'accept'),
    kept: integerOf(row, 'kept') === 1,
    established: registrationId === undefined ? undefined : { registrationId, token: bytesOf(row, 'token') },
  };
}

function pathsOf(text: string): readonly string[] {
  const paths: unknown = JSON.parse(text);
  if (!Array.isArray(paths) || !paths.every((path) => typeof path === 'string')) throw new Error('the paths are none');
  return paths;
}

function attributesOf(text: string): NotificationAttributes {
  const attributes: unknown = JSON.parse(text);
  const isRecord = typeof attributes === 'object' && attributes !== null && !Array.isArray(attributes);
  if (!isRecord || !Object.values(attributes).every((value) => typeof value === 'number')) {
    throw new Error('the attributes are none');
  }
  return attributes;
}
