/**
 * Stores of an LwM2M server in SQLite, on `node:sqlite` (Node 22.16 or later).
 *
 * @module
 */
export type { SqliteBootstrapStore } from './sqlite-bootstrap-store.ts';
export type { SqliteCredentialStore } from './sqlite-credential-store.ts';
export { openSqliteStores, type SqliteStores, type SqliteStoresOptions } from './open-stores.ts';
export type { OperationRetention } from './sqlite-operation-store.ts';
export type { FirmwareRetention } from './sqlite-firmware-store.ts';
