import type { DatabaseSync, StatementSync } from 'node:sqlite';
import {
  CredentialChanges,
  credentialKey,
  identityKeys,
  type CredentialStore,
  type DeviceCredential,
  type ProvenIdentity,
} from '@flownexus/lwm2m-server';
import { blob, nullable, oneOf, rowReader, text } from './row-reader.ts';

const readRow = rowReader('Credential', {
  endpoint: text,
  mode: oneOf('psk', 'x509', 'rpk'),
  psk_identity: nullable(text),
  psk_key: nullable(blob),
  common_name: nullable(text),
  fingerprint: nullable(text),
  public_key: nullable(blob),
});

/** The identity belongs to another endpoint already. */
export class IdentityTakenError extends Error {
  override readonly name = 'IdentityTakenError';
}

/** Table Credential: what endpoints prove with who they are. The LwM2M server asks it, and hears of every change. */
export class CredentialTable implements CredentialStore {
  readonly #upsert: StatementSync;
  readonly #delete: StatementSync;
  readonly #get: StatementSync;
  readonly #owner: StatementSync;
  readonly #changes = new CredentialChanges();

  constructor(database: DatabaseSync) {
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

  /** Gives an endpoint its credential; false when it had one. It is stored when this returns. Throws {@link IdentityTakenError}. */
  set(endpoint: string, credential: DeviceCredential): boolean {
    const identityKey = credentialKey(credential);
    const owner = this.#ownerOf(identityKey);
    if (owner !== undefined && owner !== endpoint) throw new IdentityTakenError('another endpoint has this identity');
    const previous = this.get(endpoint);
    this.#upsert.run({
      endpoint,
      identityKey,
      mode: credential.mode,
      pskIdentity: credential.mode === 'psk' ? credential.identity : null,
      pskKey: credential.mode === 'psk' ? credential.key : null,
      commonName: 'commonName' in credential ? credential.commonName : null,
      fingerprint: 'fingerprint' in credential ? credential.fingerprint.toLowerCase() : null,
      publicKey: credential.mode === 'rpk' ? credential.publicKey : null,
    });
    this.#changes.emit(endpoint, previous, credential);
    return previous === undefined;
  }

  /** Takes the credential of an endpoint away; false when it had none. */
  delete(endpoint: string): boolean {
    const previous = this.get(endpoint);
    if (previous === undefined) return false;
    this.#delete.run(endpoint);
    this.#changes.emit(endpoint, previous, undefined);
    return true;
  }

  get(endpoint: string): DeviceCredential | undefined {
    const row = this.#get.get(endpoint);
    return row === undefined ? undefined : toCredential(readRow(row));
  }

  pskKey(identity: string): Uint8Array | undefined {
    const endpoint = this.endpointNameOf({ kind: 'psk', identity });
    const credential = endpoint === undefined ? undefined : this.get(endpoint);
    return credential?.mode === 'psk' ? credential.key : undefined;
  }

  endpointNameOf(identity: ProvenIdentity): string | undefined {
    for (const key of identityKeys(identity)) {
      const owner = this.#ownerOf(key);
      if (owner !== undefined) return owner;
    }
    return undefined;
  }

  isSecured(endpoint: string): boolean {
    return this.#get.get(endpoint) !== undefined;
  }

  onChange(listener: Parameters<CredentialStore['onChange']>[0]): () => void {
    return this.#changes.on(listener);
  }

  #ownerOf(identityKey: string): string | undefined {
    const owner = this.#owner.get(identityKey)?.['endpoint'];
    return text(owner) ? owner : undefined;
  }
}

/** The checks of the table see to it that a row has what its mode has. */
function toCredential(row: ReturnType<typeof readRow>): DeviceCredential {
  switch (row.mode) {
    case 'psk':
      return { mode: 'psk', identity: row.psk_identity ?? '', key: row.psk_key ?? new Uint8Array(0) };
    case 'x509':
      return row.fingerprint === null
        ? { mode: 'x509', commonName: row.common_name ?? '' }
        : { mode: 'x509', fingerprint: row.fingerprint };
    case 'rpk':
      return { mode: 'rpk', publicKey: row.public_key ?? new Uint8Array(0) };
  }
}
