import { copyFileSync, existsSync } from 'node:fs';
import type { AssociationStore, StoredAssociation } from '@flownexus/dtls';
import { onTestFinished } from 'vitest';
import { MemoryCredentialStore, type CredentialStore, type DeviceCredential } from '../src/index.ts';
import type { ObservationStore, StoredObservation } from '../src/observation/observation-store.ts';
import { MemoryOperationStore } from '../src/queue/memory-operation-store.ts';
import type { OperationStore } from '../src/queue/operation-store.ts';
import type { RegistrationStore, StoredRegistration } from '../src/registration/registration-store.ts';
import { openSqliteStores, type SqliteStores } from '../src/sqlite/index.ts';
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
    registrations: new KeptRegistrations(),
    observations: new KeptObservations(),
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

class KeptRegistrations implements RegistrationStore {
  readonly #byName = new Map<string, StoredRegistration>();

  load(): Iterable<StoredRegistration> {
    return [...this.#byName.values()];
  }

  save(stored: StoredRegistration): void {
    const { endpointName, registrationId } = stored.registration;
    if (this.#byName.get(endpointName)?.registration.registrationId !== registrationId) {
      this.#byName.delete(endpointName);
    }
    this.#byName.set(endpointName, stored);
  }

  remove(endpointName: string, registrationId: string): void {
    if (this.#byName.get(endpointName)?.registration.registrationId === registrationId) {
      this.#byName.delete(endpointName);
    }
  }
}

class KeptObservations implements ObservationStore {
  readonly #kept = new Map<string, StoredObservation>();

  load(): Iterable<StoredObservation> {
    return [...this.#kept.values()];
  }

  save(observation: StoredObservation): void {
    const { endpointName, paths, composite } = observation;
    this.#kept.set(JSON.stringify([endpointName, composite, paths]), observation);
  }

  remove(endpointName: string, paths: readonly string[], composite: boolean): void {
    this.#kept.delete(JSON.stringify([endpointName, composite, paths]));
  }

  endRegistration(endpointName: string): void {
    for (const [key, observation] of this.#kept) {
      if (observation.endpointName !== endpointName) continue;
      if (observation.kept) this.#kept.set(key, { ...observation, established: undefined });
      else this.#kept.delete(key);
    }
  }
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
