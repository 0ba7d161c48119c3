import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { CredentialChanges } from '../security/credential-changes.ts';
import type { CredentialStore } from '../security/credential-store.ts';
import {
  checkCredential,
  credentialKey,
  identityKeys,
  sameCredential,
  type DeviceCredential,
  type ProvenIdentity,
} from '../security/device-credential.ts';
import { identityTaken } from '../security/identity-taken.ts';
import type { GroupCommit } from './group-commit.ts';
import { bytesOf, optional, textOf, type Row } from './row.ts';
import type { SqliteAssociationStore } from './sqlite-association-store.ts';

/** Credentials in SQLite, one for each endpoint. Table Credential. */
export class SqliteCredentialStore implements CredentialStore {
  readonly #commit: GroupCommit;
  readonly #associations: SqliteAssociationStore;
  readonly #upsert: StatementSync;
  readonly #delete: StatementSync;
  readonly #get: StatementSync;
  readonly #owner: StatementSync;
  readonly #changes = new CredentialChanges();

  constructor(database: DatabaseSync, commit: GroupCommit, associations: SqliteAssociationStore) {
    this.#commit = commit;
    this.#associations = associations;
    this.#upsert = database.prepare(`
      INSERT INTO Credential (endpoint, identity_key, mode, psk_identity, psk_key, common_name, fingerprint, public_key)
        VALUES (:endpoint, :identityKey, :mode, :pskIdentity, :pskKey, :commonName, :fingerprint, :publicKey)
      ON CONFLICT (endpoint) DO UPDATE SET identity_key = excluded.identity_key, mode = excluded.mode,
        psk_identity = excluded.psk_identity, psk_key = excluded.psk_key, common_name = excluded.common_name,
        fingerprint = excluded.fingerprint, public_key = excluded.public_key`);
    this.#delete = database.prepare('DELETE FROM Credential WHERE endpoint = ?');
    this.#get = database.prepare('SELECT * FROM Credential WHERE endpoint = ?');
    this.#owner = database.prepare('SELECT endpoint FROM Credential WHERE identity_key = ?');
  }

  /**
   * Gives an endpoint its credential, in place of the one that it had; resolves when it is on the disk. Associations that were made with the
   * one before end then, also when no server runs.
   * Rejects with `RangeError` when something of it is too long, empty or no fingerprint, and with `Lwm2mServerError`: `ERR_LWM2M_SERVER_IDENTITY_TAKEN`
   * when another endpoint has the identity, `ERR_LWM2M_SERVER_STORE` when it can't be written.
   */
  async set(endpointName: string, credential: DeviceCredential): Promise<void> {
    checkCredential(credential);
    const identityKey = credentialKey(credential);
    const previous = await this.#commit.write(() => {
      const owner = this.#ownerOf(identityKey);
      if (owner !== undefined && owner !== endpointName) throw identityTaken();
      const before = this.get(endpointName);
      if (before !== undefined && !sameCredential(before, credential)) this.#associations.forgetOf(before);
      this.#upsert.run({
        endpoint: endpointName,
        identityKey,
        mode: credential.mode,
        pskIdentity: credential.mode === 'psk' ? credential.identity : null,
        pskKey: credential.mode === 'psk' ? credential.key : null,
        commonName: 'commonName' in credential ? credential.commonName : null,
        fingerprint: 'fingerprint' in credential ? credential.fingerprint.toLowerCase() : null,
        publicKey: credential.mode === 'rpk' ? credential.publicKey : null,
      });
      return before;
    });
    this.#changes.emit(endpointName, previous, credential);
  }

  /** Takes the credential of an endpoint away, as `set` does with the one before. Resolves to false when it had none. */
  async delete(endpointName: string): Promise<boolean> {
    const previous = await this.#commit.write(() => {
      const before = this.get(endpointName);
      if (before !== undefined) this.#associations.forgetOf(before);
      this.#delete.run(endpointName);
      return before;
    });
    this.#changes.emit(endpointName, previous, undefined);
    return previous !== undefined;
  }

  get(endpointName: string): DeviceCredential | undefined {
    const row = this.#get.get(endpointName);
    return row === undefined ? undefined : toCredential(row);
  }

  pskKey(identity: string): Uint8Array | undefined {
    const endpointName = this.endpointNameOf({ kind: 'psk', identity });
    const credential = endpointName === undefined ? undefined : this.get(endpointName);
    return credential?.mode === 'psk' ? credential.key : undefined;
  }

  endpointNameOf(identity: ProvenIdentity): string | undefined {
    for (const key of identityKeys(identity)) {
      const owner = this.#ownerOf(key);
      if (owner !== undefined) return owner;
    }
    return undefined;
  }

  isSecured(endpointName: string): boolean {
    return this.#get.get(endpointName) !== undefined;
  }

  onChange(listener: Parameters<CredentialStore['onChange']>[0]): () => void {
    return this.#changes.on(listener);
  }

  #ownerOf(identityKey: string): string | undefined {
    const row = this.#owner.get(identityKey);
    return row === undefined ? undefined : textOf(row, 'endpoint');
  }
}

/** The checks of the table see to it that a row has what its mode has. */
function toCredential(row: Row): DeviceCredential {
  switch (row['mode']) {
    case 'psk':
      return { mode: 'psk', identity: textOf(row, 'psk_identity'), key: bytesOf(row, 'psk_key') };
    case 'x509': {
      const fingerprint = optional(textOf, row, 'fingerprint');
      return fingerprint === undefined
        ? { mode: 'x509', commonName: textOf(row, 'common_name') }
        : { mode: 'x509', fingerprint };
    }
    case 'rpk':
      return { mode: 'rpk', publicKey: bytesOf(row, 'public_key') };
    default:
      throw new Error('the column mode has no mode');
  }
}
