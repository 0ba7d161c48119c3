import type { Database } from '../database/open-database.ts';
import { limits } from '../limits.ts';

/** Something that was done, or tried. */
export interface AuditRecord {
  readonly actor: string;
  readonly address: string | undefined;
  readonly action: string;
  readonly target?: string | undefined;
  /** Without secrets. */
  readonly detail?: unknown;
}

/** A record as it is kept. */
export interface AuditEntry {
  readonly id: number;
  /** In milliseconds since 1970. */
  readonly time: number;
  readonly actor: string;
  readonly address: string | null;
  readonly action: string;
  readonly target: string | null;
  readonly detail: unknown;
}

export interface AuditQuery {
  /** Entries with smaller ids. */
  readonly before: number | undefined;
  readonly actor: string | undefined;
  readonly action: string | undefined;
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly limit: number;
}

/** After so many entries the oldest are looked at. */
const PRUNE_EVERY = 1_000;

/** Who did what when. Bounded: the oldest entries make room. */
export class AuditLog {
  readonly #database: Database;
  readonly #now: () => number;
  readonly #entries: number;
  #written = 0;

  constructor(database: Database, now: () => number, entries: number = limits.auditEntries) {
    this.#database = database;
    this.#now = now;
    this.#entries = entries;
  }

  /** Resolves when it is kept. */
  async write({ actor, address, action, target, detail }: AuditRecord): Promise<void> {
    const text = detail === undefined ? null : JSON.stringify(detail);
    const { db } = this.#database;
    await db
      .insertInto('AuditEntry')
      .values({
        time: this.#now(),
        actor: storable(actor),
        address: address ?? null,
        action,
        target: target === undefined ? null : storable(target),
        detail: text !== null && text.length > limits.auditDetailCharacters ? '{"tooLong":true}' : text,
      })
      .execute();
    this.#written += 1;
    if (this.#written % PRUNE_EVERY === 0) await this.prune();
  }

  /** Entries, the newest first. */
  async list({ before, actor, action, from, to, limit }: AuditQuery): Promise<AuditEntry[]> {
    let query = this.#database.longReads.selectFrom('AuditEntry').selectAll().orderBy('id', 'desc').limit(limit);
    if (before !== undefined) query = query.where('id', '<', before);
    if (actor !== undefined) query = query.where('actor', '=', actor);
    if (action !== undefined) query = query.where('action', '=', action);
    if (from !== undefined) query = query.where('time', '>=', from);
    if (to !== undefined) query = query.where('time', '<=', to);
    const rows = await query.execute();
    return rows.map((row) => ({ ...row, detail: row.detail === null ? null : (JSON.parse(row.detail) as unknown) }));
  }

  /** Deletes the oldest of those that are too many. */
  async prune(): Promise<void> {
    const { db } = this.#database;
    const newest = await db.selectFrom('AuditEntry').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst();
    if (newest === undefined) return;
    await db.deleteFrom('AuditEntry').where('id', '<=', newest.id - this.#entries).execute(); // prettier-ignore
  }
}

/** PostgreSQL has no U+0000 in text. */
function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').slice(0, limits.auditTargetCharacters).toWellFormed();
}
