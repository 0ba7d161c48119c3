import type { DatabaseSync } from 'node:sqlite';
import type { DefinitionSource } from '@flownexus/lwm2m-core';
import { CredentialTable } from './credential-table.ts';
import { DtlsAssociationTable } from './dtls-association-table.ts';
import { EndpointTable } from './endpoint-table.ts';
import { EventTable } from './event-table.ts';
import { ResourceTable } from './resource-table.ts';
import { ResourceTypeTable } from './resource-type-table.ts';

/** The tables of one open database, with every statement prepared once. */
export class Database {
  readonly associations: DtlsAssociationTable;
  readonly credentials: CredentialTable;
  readonly endpoints: EndpointTable;
  readonly resourceTypes: ResourceTypeTable;
  readonly resources: ResourceTable;
  readonly events: EventTable;
  readonly #connection: DatabaseSync;

  constructor(connection: DatabaseSync, definitions: DefinitionSource) {
    this.#connection = connection;
    this.associations = new DtlsAssociationTable(connection);
    this.credentials = new CredentialTable(connection);
    this.endpoints = new EndpointTable(connection);
    this.resourceTypes = new ResourceTypeTable(connection, definitions);
    this.resources = new ResourceTable(connection);
    this.events = new EventTable(connection);
    this.transaction(() => this.resourceTypes.seed());
  }

  /** All that `work` writes is stored when this returns; nothing of it when this throws. */
  transaction<T>(work: () => T): T {
    this.#connection.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#connection.exec('COMMIT');
      return result;
    } catch (error) {
      // SQLite has rolled back by itself after some errors, such as a full disk.
      if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK');
      this.resourceTypes.forget();
      throw error;
    }
  }

  close(): void {
    this.#connection.close();
  }
}
