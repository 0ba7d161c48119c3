import type { AssociationStore } from '@flownexus/dtls';
import { safeReporter } from '../events.ts';
import type { FirmwareStore } from '../firmware/firmware-store.ts';
import type { ObservationStore } from '../observation/observation-store.ts';
import type { OperationStore } from '../queue/operation-store.ts';
import type { RegistrationStore } from '../registration/registration-store.ts';
import { SqliteAssociationStore } from './sqlite-association-store.ts';
import { SqliteBootstrapStore } from './sqlite-bootstrap-store.ts';
import { SqliteCredentialStore } from './sqlite-credential-store.ts';
import { SqliteFirmwareStore, type FirmwareRetention } from './sqlite-firmware-store.ts';
import { GroupCommit } from './group-commit.ts';
import { SqliteObservationStore } from './sqlite-observation-store.ts';
import { openDatabase } from './open-database.ts';
import { SqliteOperationStore, type OperationRetention } from './sqlite-operation-store.ts';
import { SqliteRegistrationStore } from './sqlite-registration-store.ts';

/** Where stores are, and how long they keep what is finished. */
export interface SqliteStoresOptions {
  /**
   * Path of the database; it is made when it is not there, and read and written by its owner only, for it has keys. `:memory:` keeps nothing over a
   * restart. SQLite has other files beside it while it is open.
   */
  readonly file: string;
  /** How long finished operations are kept: 30 days, and the latest 100 of an endpoint. What waits is kept whatever its age. */
  readonly retention?: OperationRetention;
  /** How long finished firmware updates are kept: a year. */
  readonly firmwareRetention?: FirmwareRetention;
  /** Told of rows that can not be read. They are skipped, and stay where they are until something takes their place. Must not throw. */
  readonly onError?: (error: unknown, context: string) => void;
}

/** The stores of one server, in one database. */
export interface SqliteStores {
  readonly registrations: RegistrationStore;
  readonly observations: ObservationStore;
  readonly operations: OperationStore;
  readonly firmware: FirmwareStore;
  readonly credentials: SqliteCredentialStore;
  /** For the option `configurations` of a Bootstrap-Server. */
  readonly bootstrapConfigurations: SqliteBootstrapStore;
  /** For one `coaps` endpoint: what two transports brought back would send with the same nonces. */
  readonly associations: AssociationStore;
  /** Commits what waits and lets go of the file; after `stop` of the server. What is saved afterwards rejects. Closing twice is harmless. */
  close(): void;
  [Symbol.dispose](): void;
}

/**
 * Opens the stores of a server in a SQLite database. What is saved is on the disk when its promise resolves, also after a power cut; what is saved in one turn
 * of the event loop is flushed together. When the disk is full or fails, promises reject with `ERR_LWM2M_SERVER_STORE`, and
 * the server acknowledges nothing. Only one can have a file open: a server that is started twice is refused.
 *
 * Never put back a copy of the file from an earlier time while its associations are used: DTLS nonces would be used twice, which gives the keys away. Remove
 * the rows of the table Association from such a copy; devices then do new handshakes.
 *
 * @throws Lwm2mServerError `ERR_LWM2M_SERVER_STORE` when the file can't be opened, is open already, is another database, or is of a newer release
 * @throws RangeError for a retention that is none
 *
 * @example
 * const stores = openSqliteStores({ file: 'lwm2m.db' });
 * const server = new Lwm2mServer({
 *   endpoints: [coap(), coaps({ credentials: stores.credentials, associations: stores.associations })],
 *   objects: await ObjectRegistry.bundled(),
 *   registrationStore: stores.registrations,
 *   observationStore: stores.observations,
 *   operationStore: stores.operations,
 * });
 */
export function openSqliteStores(options: SqliteStoresOptions): SqliteStores {
  const report = safeReporter(options.onError);
  const database = openDatabase(options.file);
  const commit = new GroupCommit(database);
  const close = (): void => {
    commit.close();
    if (database.isOpen) database.close();
  };
  try {
    const associations = new SqliteAssociationStore(database, commit);
    return {
      registrations: new SqliteRegistrationStore(database, commit, report),
      observations: new SqliteObservationStore(database, commit, report),
      operations: new SqliteOperationStore(database, commit, report, options.retention),
      firmware: new SqliteFirmwareStore(database, commit, report, options.firmwareRetention),
      credentials: new SqliteCredentialStore(database, commit, associations),
      bootstrapConfigurations: new SqliteBootstrapStore(database, commit),
      associations,
      close,
      [Symbol.dispose]: close,
    };
  } catch (error) {
    close();
    throw error;
  }
}
