import type { RevocationReason } from '../database/certificate-tables.ts';
import type { Database } from '../database/open-database.ts';
import { limits } from '../limits.ts';
import { Serial } from '../serial.ts';
import type { Authority } from './authority.ts';
import type { RevokedEntry } from './revocation-list-der.ts';
import { X509CrlReason } from './x509.ts';

const REASONS: Readonly<Record<RevocationReason, X509CrlReason>> = {
  unspecified: X509CrlReason.unspecified,
  keyCompromise: X509CrlReason.keyCompromise,
  affiliationChanged: X509CrlReason.affiliationChanged,
  superseded: X509CrlReason.superseded,
  cessationOfOperation: X509CrlReason.cessationOfOperation,
  privilegeWithdrawn: X509CrlReason.privilegeWithdrawn,
};

interface RevocationList {
  readonly number: number;
  readonly nextUpdate: number;
  readonly der: Uint8Array<ArrayBuffer>;
}

/** Table RevocationList: what of our authority was revoked, as a signed list. */
export class RevocationLists {
  readonly #database: Database;
  readonly #authority: Authority;
  readonly #now: () => number;
  readonly #serial = new Serial();
  #present: RevocationList | undefined;
  /** What was asked for and is not begun yet. */
  #next: Promise<Uint8Array<ArrayBuffer>> | undefined;

  constructor(database: Database, authority: Authority, now: () => number = Date.now) {
    this.#database = database;
    this.#authority = authority;
    this.#now = now;
  }

  /**
   * DER of the present list: with everything that was revoked before, and far from its end. It is made anew when it is asked for, once for any number of changes. Who
   * asks before it is looked up gets the same: anybody may ask, as often as they like.
   */
  present(): Promise<Uint8Array<ArrayBuffer>> {
    this.#next ??= this.#serial.run(() => {
      this.#next = undefined;
      return this.#lookUp();
    });
    return this.#next;
  }

  async #lookUp(): Promise<Uint8Array<ArrayBuffer>> {
    const authority = this.#authority.fingerprint;
    const row = await this.#database.reads.selectFrom('RevocationList').select(['number', 'next_update', 'stale']).where('authority', '=', authority).executeTakeFirst(); // prettier-ignore
    const isGood = row?.stale === 0 && row.next_update - this.#now() > limits.revocationListRenewalMs;
    if (!isGood) return (this.#present = await this.#remake(authority)).der;
    if (this.#present?.number !== row.number) this.#present = await this.#read(authority);
    return this.#present.der;
  }

  async #read(authority: string): Promise<RevocationList> {
    const row = await this.#database.reads.selectFrom('RevocationList').selectAll().where('authority', '=', authority).executeTakeFirstOrThrow(); // prettier-ignore
    return { number: row.number, nextUpdate: row.next_update, der: new Uint8Array(row.der ?? []) };
  }

  async #remake(authority: string): Promise<RevocationList> {
    // Before it is read what was revoked: what comes later makes the list stale again.
    const number = await this.#begin(authority);
    const thisUpdate = Math.floor(this.#now() / 1000) * 1000;
    const nextUpdate = thisUpdate + limits.revocationListMs;
    const entries = await this.#entries(authority, thisUpdate);
    const der = await this.#authority.signRevocationList({ number, thisUpdate, nextUpdate, entries });
    await this.#database.db.updateTable('RevocationList').set({ this_update: thisUpdate, next_update: nextUpdate, der }).where('authority', '=', authority).execute(); // prettier-ignore
    return { number, nextUpdate, der };
  }

  /** Takes the next number. Until the list is stored it counts as one that has ended. */
  async #begin(authority: string): Promise<number> {
    const first = { authority, number: 1, this_update: 0, next_update: 0, stale: 0, der: null } as const;
    const row = await this.#database.db
      .insertInto('RevocationList')
      .values(first)
      .onConflict((conflict) =>
        conflict
          .column('authority')
          .doUpdateSet((eb) => ({ number: eb('RevocationList.number', '+', 1), next_update: 0, stale: 0 })),
      )
      .returning('number')
      .executeTakeFirstOrThrow();
    return row.number;
  }

  /** RFC 5280 §3.3: one that has expired is on one list more after its end. */
  async #entries(authority: string, thisUpdate: number): Promise<RevokedEntry[]> {
    const rows = await this.#database.longReads
      .selectFrom('Certificate')
      .select(['serial', 'revoked_at', 'reason'])
      .where('authority', '=', authority)
      .where('revoked_at', 'is not', null)
      .where('not_after', '>=', thisUpdate - limits.revocationListMs)
      .orderBy('id')
      .execute();
    return rows.map(({ serial, revoked_at, reason }) => ({
      serial,
      revokedAt: revoked_at ?? 0,
      reason: REASONS[reason ?? 'unspecified'],
    }));
  }
}
