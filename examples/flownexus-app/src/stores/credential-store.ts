import {
  checkCredential,
  CredentialChanges,
  credentialKey,
  type CredentialStore,
  type DeviceCredential,
  identityKeys,
  Lwm2mServerError,
  sameCredential,
} from '@flownexus/lwm2m-server';
import type { Kysely, Transaction } from 'kysely';
import { escapeNul, unescapeNul } from '../database/nul-text.ts';
import type { Database } from '../database/open-database.ts';
import type { CredentialRow, ServerName, Tables } from '../database/tables.ts';

/** What endpoints prove with who they are. */
export interface EditableCredentialStore extends CredentialStore {
  /**
   * Gives an endpoint its credential, in place of the one that it had; resolves when that is stored, to whether it had none before. DTLS associations that
   * were made with the one before are not found any more after a restart.
   *
   * Rejects with RangeError for what is no credential, and with an Lwm2mServerError `ERR_LWM2M_SERVER_IDENTITY_TAKEN` when another endpoint has the identity.
   */
  set(endpointName: string, credential: DeviceCredential): Promise<boolean>;
  /** The same in one transaction with what `along` writes: both is stored, or neither. */
  setAlong(
    endpointName: string,
    credential: DeviceCredential,
    along: (trx: Transaction<Tables>) => Promise<void>,
  ): Promise<boolean>;
  /** Takes the credential of an endpoint away, as `set` does with the one before; resolves to false when it had none. */
  delete(endpointName: string): Promise<boolean>;
  get(endpointName: string): Promise<DeviceCredential | undefined>;
  /** At most `limit` in the order of their names, from the first one after the name `after`. */
  list(page: { readonly after?: string | undefined; readonly limit: number }): Promise<EndpointCredential[]>;
}

export interface EndpointCredential {
  readonly endpointName: string;
  readonly credential: DeviceCredential;
}

/** Table Credential, for the LwM2M server or the bootstrap server. What is asked is asked of the database, so that a change counts at once. */
export function credentialStore(database: Database, server: ServerName): EditableCredentialStore {
  return new DatabaseCredentialStore(database, server);
}

class DatabaseCredentialStore implements EditableCredentialStore {
  readonly #database: Database;
  readonly #server: ServerName;
  readonly #changes = new CredentialChanges();
  /** Changes happen one after another, so that they are told in the order in which they were stored. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(database: Database, server: ServerName) {
    this.#database = database;
    this.#server = server;
  }

  set(endpointName: string, credential: DeviceCredential): Promise<boolean> {
    return this.setAlong(endpointName, credential, () => Promise.resolve());
  }

  async setAlong(
    endpointName: string,
    credential: DeviceCredential,
    along: (trx: Transaction<Tables>) => Promise<void>,
  ): Promise<boolean> {
    checkCredential(credential);
    const identityKey = escapeNul(credentialKey(credential));
    const previous = await this.#change(endpointName, credential, async (trx, before) => {
      const owner = await this.#ownerOf(trx, identityKey);
      if (owner !== undefined && owner !== endpointName) {
        throw new Lwm2mServerError('ERR_LWM2M_SERVER_IDENTITY_TAKEN', 'another endpoint has this identity');
      }
      if (before !== undefined && !sameCredential(before, credential)) await this.#forgetAssociations(trx, before);
      const { server, endpoint, ...values } = this.#toRow(endpointName, identityKey, credential);
      await trx
        .insertInto('Credential')
        .values({ server, endpoint, ...values })
        .onConflict((conflict) => conflict.columns(['server', 'endpoint']).doUpdateSet(values))
        .execute();
      await along(trx);
    });
    return previous === undefined;
  }

  async delete(endpointName: string): Promise<boolean> {
    const previous = await this.#change(endpointName, undefined, async (trx, before) => {
      if (before === undefined) return;
      await this.#forgetAssociations(trx, before);
      await trx.deleteFrom('Credential').where('server', '=', this.#server).where('endpoint', '=', endpointName).execute(); // prettier-ignore
    });
    return previous !== undefined;
  }

  get(endpointName: string): Promise<DeviceCredential | undefined> {
    return this.#get(this.#database.reads, endpointName);
  }

  async list({
    after = '',
    limit,
  }: {
    readonly after?: string | undefined;
    readonly limit: number;
  }): Promise<EndpointCredential[]> {
    // prettier-ignore
    const rows = await this.#database.reads.selectFrom('Credential').selectAll().where('server', '=', this.#server).where('endpoint', '>', after).orderBy('endpoint').limit(limit).execute(); // prettier-ignore
    return rows.map((row) => ({ endpointName: row.endpoint, credential: toCredential(row) }));
  }

  async pskKey(identity: string): Promise<Uint8Array | undefined> {
    const [identityKey = ''] = identityKeys({ kind: 'psk', identity });
    const row = await this.#database.reads.selectFrom('Credential').select('psk_key').where('server', '=', this.#server).where('identity_key', '=', escapeNul(identityKey)).executeTakeFirst(); // prettier-ignore
    return row?.psk_key ?? undefined;
  }

  async endpointNameOf(identity: Parameters<CredentialStore['endpointNameOf']>[0]): Promise<string | undefined> {
    for (const key of identityKeys(identity)) {
      const owner = await this.#ownerOf(this.#database.reads, escapeNul(key));
      if (owner !== undefined) return owner;
    }
    return undefined;
  }

  async isSecured(endpointName: string): Promise<boolean> {
    const row = await this.#database.reads.selectFrom('Credential').select('mode').where('server', '=', this.#server).where('endpoint', '=', endpointName).executeTakeFirst(); // prettier-ignore
    return row !== undefined;
  }

  onChange(listener: Parameters<CredentialStore['onChange']>[0]): () => void {
    return this.#changes.on(listener);
  }

  /** Resolves to the credential that was there before, when the change is stored and told. */
  #change(
    endpointName: string,
    next: DeviceCredential | undefined,
    change: (trx: Transaction<Tables>, before: DeviceCredential | undefined) => Promise<void>,
  ): Promise<DeviceCredential | undefined> {
    const changed = this.#turn.then(async () => {
      const previous = await this.#database.db.transaction().execute(async (trx) => {
        const before = await this.#get(trx, endpointName);
        await change(trx, before);
        return before;
      });
      this.#changes.emit(endpointName, previous, next);
      return previous;
    });
    // Whoever asked for it hears of a failure; the next one does not mind.
    this.#turn = changed.catch(() => undefined);
    return changed;
  }

  async #get(db: Kysely<Tables>, endpointName: string): Promise<DeviceCredential | undefined> {
    const row = await db.selectFrom('Credential').selectAll().where('server', '=', this.#server).where('endpoint', '=', endpointName).executeTakeFirst(); // prettier-ignore
    return row === undefined ? undefined : toCredential(row);
  }

  async #ownerOf(db: Kysely<Tables>, identityKey: string): Promise<string | undefined> {
    const row = await db.selectFrom('Credential').select('endpoint').where('server', '=', this.#server).where('identity_key', '=', identityKey).executeTakeFirst(); // prettier-ignore
    return row?.endpoint;
  }

  /** It was taken away, maybe while no server runs that would end them. */
  async #forgetAssociations(trx: Transaction<Tables>, credential: DeviceCredential): Promise<void> {
    const key = escapeNul(credentialKey(credential));
    await trx
      .deleteFrom('DtlsAssociation')
      .where('server', '=', this.#server)
      .where((eb) => eb.or([eb('identity_key', '=', key), eb('identity_name', '=', key)]))
      .execute();
  }

  #toRow(endpointName: string, identityKey: string, credential: DeviceCredential): CredentialRow {
    return {
      server: this.#server,
      endpoint: endpointName,
      identity_key: identityKey,
      mode: credential.mode,
      psk_identity: credential.mode === 'psk' ? escapeNul(credential.identity) : null,
      psk_key: credential.mode === 'psk' ? credential.key : null,
      common_name: 'commonName' in credential ? escapeNul(credential.commonName) : null,
      fingerprint: 'fingerprint' in credential ? credential.fingerprint.toLowerCase() : null,
      public_key: credential.mode === 'rpk' ? credential.publicKey : null,
    };
  }
}

/** A row has what its mode has. */
function toCredential(row: CredentialRow): DeviceCredential {
  switch (row.mode) {
    case 'psk':
      return { mode: 'psk', identity: unescapeNul(row.psk_identity ?? ''), key: row.psk_key ?? new Uint8Array(0) };
    case 'x509':
      return row.fingerprint === null
        ? { mode: 'x509', commonName: unescapeNul(row.common_name ?? '') }
        : { mode: 'x509', fingerprint: row.fingerprint };
    case 'rpk':
      return { mode: 'rpk', publicKey: row.public_key ?? new Uint8Array(0) };
  }
}
