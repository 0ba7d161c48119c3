import { createHash, X509Certificate } from 'node:crypto';
import { certificateFingerprint } from '@flownexus/lwm2m-server';
import type { ExpressionBuilder, Kysely, Selectable, Transaction } from 'kysely';
import type { CertificateRow, RevocationReason } from '../database/certificate-tables.ts';
import type { Database } from '../database/open-database.ts';
import type { Tables } from '../database/tables.ts';
import { limits } from '../limits.ts';
import { Serial } from '../serial.ts';
import type { Authority, SignedCertificate } from './authority.ts';
import { RequestRefusedError } from './certification-request.ts';

export type StoredCertificate = Selectable<CertificateRow>;

/** An endpoint was given a certificate, or one was taken away. */
export interface CertificateEvent {
  readonly kind: 'issued' | 'revoked';
  readonly endpoint: string;
  readonly fingerprint: string;
  /** Whether the endpoint had none before. */
  readonly isFirst: boolean;
}

export interface NewCertificate {
  readonly endpoint: string;
  /** DER of the SubjectPublicKeyInfo that was certified. */
  readonly publicKey: Uint8Array;
  readonly issuedBy: string;
}

/** Table Certificate: what our authority has issued to endpoints. */
export class CertificateStore {
  readonly #database: Database;
  readonly #authority: Pick<Authority, 'fingerprint'>;
  readonly #now: () => number;
  /** Changes happen one after another, so that they are told in the order in which they were stored. */
  readonly #serial = new Serial();
  readonly #listeners = new Set<(event: CertificateEvent) => void>();

  constructor(database: Database, authority: Pick<Authority, 'fingerprint'>, now: () => number = Date.now) {
    this.#database = database;
    this.#authority = authority;
    this.#now = now;
  }

  /** Calls `listener` after each change, until the function that it returns is called. */
  onChange(listener: (event: CertificateEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Has a certificate signed and stores it. Rejects with a {@link RequestRefusedError} when the endpoint has as many as it may have, or the key was revoked as
   * compromised.
   */
  add(
    { endpoint, publicKey, issuedBy }: NewCertificate,
    sign: () => Promise<SignedCertificate>,
  ): Promise<StoredCertificate> {
    const keyHash = hashOf(publicKey);
    return this.#serial.run(async () => {
      const { serial, der, notBefore, notAfter } = await sign();
      const stored = await this.#database.db.transaction().execute(async (trx) => {
        const isFirst = await this.#check(trx, endpoint, keyHash);
        const row = {
          serial,
          fingerprint: certificateFingerprint(der),
          endpoint,
          authority: this.#authority.fingerprint,
          public_key: keyHash,
          der,
          not_before: notBefore,
          not_after: notAfter,
          issued_at: this.#now(),
          issued_by: issuedBy,
        };
        return {
          isFirst,
          certificate: await trx.insertInto('Certificate').values(row).returningAll().executeTakeFirstOrThrow(),
        };
      });
      const { isFirst, certificate } = stored;
      this.#tell({ kind: 'issued', endpoint, fingerprint: certificate.fingerprint, isFirst });
      return certificate;
    });
  }

  /**
   * Revokes a certificate; resolves when that is stored, to the certificate as it is then and whether it was valid before; undefined when there is none of this serial
   * number. DTLS associations that were made with it are not found any more after a restart. Whoever has a compromised key has it for all certificates of that key:
   * they are revoked, too.
   */
  revoke(
    serial: string,
    reason: RevocationReason,
    revokedBy: string,
  ): Promise<{ readonly certificate: StoredCertificate; readonly changed: boolean } | undefined> {
    return this.#serial.run(async () => {
      const result = await this.#database.db.transaction().execute(async (trx) => {
        const before = await trx.selectFrom('Certificate').selectAll().where('serial', '=', serial).executeTakeFirst();
        if (before === undefined || before.revoked_at !== null)
          return before && { certificate: before, changed: false, revoked: [] };
        const rows = reason === 'keyCompromise' ? await validOfKey(trx, before.public_key) : [before];
        const revoked = await this.#revoke(trx, rows, reason, revokedBy);
        return { certificate: revoked.find(({ id }) => id === before.id) ?? before, changed: true, revoked };
      });
      if (result === undefined) return undefined;
      const { certificate, changed, revoked } = result;
      this.#tellRevoked(revoked);
      return { certificate, changed };
    });
  }

  /** The endpoint is removed: revokes what it has, and forgets whose that was. */
  release(endpoint: string, revokedBy: string): Promise<void> {
    return this.#serial.run(async () => {
      const revoked = await this.#database.db.transaction().execute(async (trx) => {
        const rows = await trx.selectFrom('Certificate').selectAll().where('endpoint', '=', endpoint).where('revoked_at', 'is', null).execute(); // prettier-ignore
        await this.#revoke(trx, rows, 'cessationOfOperation', revokedBy);
        await trx.updateTable('Certificate').set({ endpoint: null }).where('endpoint', '=', endpoint).execute();
        return rows;
      });
      this.#tellRevoked(revoked);
    });
  }

  find(serial: string): Promise<StoredCertificate | undefined> {
    return this.#database.reads.selectFrom('Certificate').selectAll().where('serial', '=', serial).executeTakeFirst();
  }

  /** What is decided about a certificate that a device shows: undefined when it is not one of ours. */
  async identify(
    certificate: Uint8Array,
  ): Promise<{ readonly endpoint: string | undefined; readonly isRevoked: boolean } | undefined> {
    const row = await this.#lookUp('fingerprint', certificateFingerprint(certificate));
    if (row === undefined) return this.#identifyAltered(certificate);
    const isRevoked = row.revoked_at !== null;
    const isValid = !isRevoked && row.not_after >= this.#now();
    return { endpoint: isValid ? (row.endpoint ?? undefined) : undefined, isRevoked };
  }

  /**
   * The signature on a certificate can be written in another way that verifies, too: its owner can make one of another fingerprint, which must not pass for one
   * of somebody else. It is nobody's.
   */
  async #identifyAltered(
    certificate: Uint8Array,
  ): Promise<{ readonly endpoint: undefined; readonly isRevoked: boolean } | undefined> {
    const row = await this.#lookUp('serial', new X509Certificate(certificate).serialNumber.toLowerCase());
    return row && { endpoint: undefined, isRevoked: row.revoked_at !== null };
  }

  #lookUp(
    column: 'fingerprint' | 'serial',
    value: string,
  ): Promise<Pick<StoredCertificate, 'endpoint' | 'not_after' | 'revoked_at'> | undefined> {
    return this.#database.reads.selectFrom('Certificate').select(['endpoint', 'not_after', 'revoked_at']).where(column, '=', value).executeTakeFirst(); // prettier-ignore
  }

  /** Whether an endpoint has ever been given one: nobody is believed to be it without, also when all have ended. */
  isSecured(endpoint: string): Promise<boolean> {
    return hasAny(this.#database.reads, endpoint);
  }

  /**
   * Deletes those that have expired long ago, and are on no revocation list any more. The last one of an endpoint stays: by it the endpoint is known to be believed
   * by nothing less. Resolves to how many.
   */
  async removeExpired(): Promise<number> {
    const before = this.#now() - limits.expiredCertificateDays * 86_400_000;
    const rows = await this.#database.reads
      .selectFrom('Certificate')
      .select('id')
      .where('not_after', '<', before)
      .where((eb) => eb.or([eb('endpoint', 'is', null), eb.exists(laterOfTheSame(eb))]))
      .limit(limits.certificatesPerRemoval)
      .execute();
    if (rows.length === 0) return 0;
    await this.#database.db.deleteFrom('Certificate').where('id', 'in', rows.map(({ id }) => id)).execute(); // prettier-ignore
    return rows.length;
  }

  /** Whether it would be the first of the endpoint. */
  async #check(trx: Transaction<Tables>, endpoint: string, keyHash: string): Promise<boolean> {
    const compromised = await trx.selectFrom('Certificate').select('id').where('public_key', '=', keyHash).where('reason', '=', 'keyCompromise').limit(1).executeTakeFirst(); // prettier-ignore
    if (compromised !== undefined)
      throw new RequestRefusedError('a certificate for this key was revoked as compromised');
    const { count } = await trx
      .selectFrom('Certificate')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('endpoint', '=', endpoint)
      .where('not_after', '>=', this.#now())
      .where('revoked_at', 'is', null)
      .executeTakeFirstOrThrow();
    if (count >= limits.certificatesPerEndpoint) {
      throw new RequestRefusedError(
        `the endpoint has ${String(limits.certificatesPerEndpoint)} valid certificates already: revoke what it does not need`,
      );
    }
    return !(await hasAny(trx, endpoint));
  }

  async #revoke(
    trx: Transaction<Tables>,
    rows: readonly StoredCertificate[],
    reason: RevocationReason,
    revokedBy: string,
  ): Promise<StoredCertificate[]> {
    const revoked: StoredCertificate[] = [];
    for (const { id, authority, fingerprint } of rows) {
      revoked.push(
        await trx
          .updateTable('Certificate')
          .set({ revoked_at: this.#now(), revoked_by: revokedBy, reason })
          .where('id', '=', id)
          .returningAll()
          .executeTakeFirstOrThrow(),
      );
      await trx.deleteFrom('DtlsAssociation').where('identity_key', '=', `fingerprint ${fingerprint}`).execute();
      await trx.updateTable('RevocationList').set({ stale: 1 }).where('authority', '=', authority).execute();
    }
    return revoked;
  }

  #tellRevoked(rows: readonly StoredCertificate[]): void {
    for (const { endpoint, fingerprint } of rows) {
      if (endpoint !== null) this.#tell({ kind: 'revoked', endpoint, fingerprint, isFirst: false });
    }
  }

  #tell(event: CertificateEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** Those that were not revoked. */
function validOfKey(trx: Transaction<Tables>, keyHash: string): Promise<StoredCertificate[]> {
  return trx.selectFrom('Certificate').selectAll().where('public_key', '=', keyHash).where('revoked_at', 'is', null).execute(); // prettier-ignore
}

function laterOfTheSame(eb: ExpressionBuilder<Tables, 'Certificate'>) {
  return eb
    .selectFrom('Certificate as later')
    .select('later.id')
    .whereRef('later.endpoint', '=', 'Certificate.endpoint')
    .whereRef('later.id', '>', 'Certificate.id');
}

async function hasAny(db: Kysely<Tables>, endpoint: string): Promise<boolean> {
  const row = await db
    .selectFrom('Certificate')
    .select('id')
    .where('endpoint', '=', endpoint)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
