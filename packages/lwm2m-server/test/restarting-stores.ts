import { copyFileSync, existsSync } from 'node:fs';
import type { AssociationStore, StoredAssociation } from '@flownexus/dtls';
import { onTestFinished } from 'vitest';
import {
  MemoryCredentialStore,
  MemoryObservationStore,
  MemoryOperationStore,
  type CredentialStore,
  type DeviceCredential,
  type ObservationStore,
  type OperationStore,
  type RegistrationStore,
} from '../src/index.ts';
import { openSqliteStores, type SqliteStores } from '../src/sqlite/index.ts';
import { MemoryRegistrationStore } from '../src/testing/index.ts';
import { sqliteFile } from './sqlite/sqlite-file.ts';

/** All that a server keeps. */
export interface ServerStores {
  readonly registrations: RegistrationStore;
  readonly observations: ObservationStore;
  readonly operations: OperationStore;
  readonly associations: AssociationStore;
  readonly credentials: CredentialStore & {
    set(endpointName: string, credential: DeviceCredential): void | Promise<void>;
    delete(endpointName: string): boolean | Promise<boolean>;
  };
}

/** Stores that outlive servers, and how each server finds them. */
export interface StoreHost {
  /** For the server that runs at present. */
  readonly stores: ServerStores;
  /** That server has stopped. */
  stopped(): void;
  /** That server is gone from one moment to the next: what it still does has no effect. */
  crashed(): void;
}

/** Stores in memory: a server that crashed writes nothing any more, and hears nothing of it. */
export function memoryHost(): StoreHost {
  const kept: ServerStores = {
    registrations: new MemoryRegistrationStore(),
    observations: new MemoryObservationStore(),
    operations: new MemoryOperationStore(),
    associations: new KeptAssociations(),
    credentials: new MemoryCredentialStore(),
  };
  const newLife = (): { stores: ServerStores; isOver: boolean } => {
    const life = { isOver: false, stores: kept };
    const isOver = (): boolean => life.isOver;
    life.stores = {
      registrations: ofOneLife(kept.registrations, isOver),
      observations: ofOneLife(kept.observations, isOver),
      operations: ofOneLife(kept.operations, isOver),
      associations: ofOneLife(kept.associations, isOver),
      credentials: kept.credentials,
    };
    return life;
  };
  let life = newLife();
  return {
    get stores() {
      return life.stores;
    },
    stopped: () => undefined,
    crashed: () => {
      life.isOver = true;
      life = newLife();
    },
  };
}

/** SQLite: a crash leaves behind what is in the files at that moment. */
export function sqliteHost(): StoreHost {
  let file = sqliteFile();
  const open = (): SqliteStores => {
    const stores = openSqliteStores({ file });
    onTestFinished(() => stores.close());
    return stores;
  };
  let stores = open();
  return {
    get stores() {
      return stores;
    },
    stopped: () => {
      stores.close();
      stores = open();
    },
    crashed: () => {
      const left = `${file}.left`;
      for (const suffix of ['', '-wal']) if (existsSync(file + suffix)) copyFileSync(file + suffix, left + suffix);
      file = left;
      stores = open();
    },
  };
}

/** A store whose calls do nothing, and never settle, once a life is over. */
function ofOneLife<T extends object>(store: T, isOver: () => boolean): T {
  return new Proxy(store, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown =>
        isOver() ? new Promise(() => undefined) : (Reflect.apply(member, target, args) as unknown);
    },
  });
}

class KeptAssociations implements AssociationStore {
  readonly #snapshots = new Map<string, Uint8Array>();

  load(): Iterable<StoredAssociation> {
    return [...this.#snapshots].map(([key, snapshot]) => ({ key, snapshot }));
  }

  save({ key, snapshot }: StoredAssociation): void {
    this.#snapshots.set(key, Uint8Array.from(snapshot));
  }

  remove(key: string): void {
    this.#snapshots.delete(key);
  }
}
