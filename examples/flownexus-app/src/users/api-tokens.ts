import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Database } from '../database/open-database.ts';
import type { ApiTokenRow } from '../database/tables.ts';
import { ApiError } from '../http/errors.ts';
import { type Permission, permissions } from '../http/principal.ts';
import { limits } from '../limits.ts';

/** What is known of an API token: not the token itself. */
export interface ApiToken {
  readonly id: string;
  readonly name: string;
  readonly userId: string;
  /** At most; what its user may not do, it may not do either. */
  readonly scopes: readonly Permission[];
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
}

export interface NewApiToken {
  readonly name: string;
  readonly userId: string;
  readonly scopes: readonly Permission[];
  readonly expiresAt: number | null;
}

/** Makes a token be recognised, also by scanners for secrets that leaked. */
const PREFIX = 'fnx_';

/** API tokens, in the database as their SHA-256. They have 256 random bits: nobody finds one by trying. */
export class ApiTokens {
  readonly #database: Database;
  readonly #onChange: () => void;
  readonly #now: () => number;

  /** `onChange` is called after each that was taken away. */
  constructor(database: Database, onChange: () => void, now: () => number) {
    this.#database = database;
    this.#onChange = onChange;
    this.#now = now;
  }

  /** Makes a token: `secret` is shown to nobody again. Rejects with an {@link ApiError} when the user has too many. */
  async create({ name, userId, scopes, expiresAt }: NewApiToken): Promise<{ token: ApiToken; secret: string }> {
    const secret = `${PREFIX}${randomBytes(32).toString('base64url')}`;
    const row: ApiTokenRow = {
      id: randomUUID(),
      name,
      hash: digest(secret),
      user_id: userId,
      scopes: JSON.stringify(scopes),
      created_at: this.#now(),
      expires_at: expiresAt,
      last_used_at: null,
    };
    await this.#database.db.transaction().execute(async (trx) => {
      const { count } = await trx
        .selectFrom('ApiToken')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('user_id', '=', userId)
        .executeTakeFirstOrThrow();
      if (count >= limits.tokensPerUser) {
        throw new ApiError(409, 'quota-exceeded', `there are ${String(limits.tokensPerUser)} tokens already`);
      }
      await trx.insertInto('ApiToken').values(row).execute();
    });
    return { token: tokenOf(row), secret };
  }

  /** The tokens of a user, the newest first. */
  async list(userId: string): Promise<ApiToken[]> {
    const rows = await this.#database.reads
      .selectFrom('ApiToken')
      .selectAll()
      .where('user_id', '=', userId)
      .orderBy('created_at', 'desc')
      .orderBy('id')
      .execute();
    return rows.map(tokenOf);
  }

  /** Takes a token of a user away, or with `userId` undefined of anybody. False when there is none of that id. */
  async delete(id: string, userId: string | undefined): Promise<boolean> {
    let query = this.#database.db.deleteFrom('ApiToken').where('id', '=', id);
    if (userId !== undefined) query = query.where('user_id', '=', userId);
    const { numDeletedRows } = await query.executeTakeFirstOrThrow();
    this.#onChange();
    return numDeletedRows > 0n;
  }

  /** The token that a secret is, if it is one that holds; and keeps that it was used. */
  async use(secret: string): Promise<ApiToken | undefined> {
    if (!secret.startsWith(PREFIX)) return undefined;
    const row = await this.#database.reads
      .selectFrom('ApiToken')
      .selectAll()
      .where('hash', '=', digest(secret))
      .executeTakeFirst();
    const now = this.#now();
    if (row === undefined || (row.expires_at !== null && row.expires_at <= now)) return undefined;
    if (row.last_used_at === null || row.last_used_at + limits.tokenUseMs <= now) {
      await this.#database.db.updateTable('ApiToken').set({ last_used_at: now }).where('id', '=', row.id).execute();
    }
    return tokenOf(row);
  }
}

/** What a secret is known by: nothing can be told of the secret from it. */
export function digest(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

function tokenOf(row: ApiTokenRow): ApiToken {
  const scopes = JSON.parse(row.scopes) as readonly string[];
  return {
    id: row.id,
    name: row.name,
    userId: row.user_id,
    scopes: permissions.filter((each) => scopes.includes(each)),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  };
}
