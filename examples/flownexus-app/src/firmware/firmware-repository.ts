import { randomBytes, randomUUID } from 'node:crypto';
import type { FirmwareRow } from '../database/firmware-tables.ts';
import { isTaken } from '../database/faults.ts';
import type { Database } from '../database/open-database.ts';
import { ApiError } from '../http/errors.ts';
import type { PackageFiles, ReceivedFile } from './package-files.ts';
import { type BoundsOptions, UploadBounds, versionTaken } from './upload-bounds.ts';

/** 128 bits, 22 characters. */
const TOKEN_BYTES = 16;

/** A firmware package. */
export interface StoredPackage {
  readonly id: string;
  readonly version: string;
  readonly fileName: string;
  /** Bytes. */
  readonly size: number;
  /** In hexadecimal. */
  readonly sha256: string;
  readonly notes: string | null;
  /** Whoever knows it can fetch the package. */
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly createdBy: string;
  /** Why its file can not be used; undefined: it can. */
  readonly damage: string | undefined;
}

export interface NewPackage extends Pick<StoredPackage, 'version' | 'fileName' | 'notes' | 'createdBy'> {
  /** Bytes that it will have, where that is known. */
  readonly length: number | undefined;
  /** What its SHA-256 has to be, in hexadecimal. */
  readonly sha256: readonly string[];
}

export interface FirmwareRepositoryOptions {
  readonly database: Database;
  readonly files: PackageFiles;
  readonly settings: BoundsOptions['settings'];
  /** Whether an update needs a package. */
  readonly inUse: (id: string) => boolean | Promise<boolean>;
  /** Told of files that could not be removed. */
  readonly report: (error: unknown, context: string) => void;
}

/** All firmware packages: rows of table Firmware, in memory as well, and their files. */
export class FirmwareRepository {
  readonly #options: FirmwareRepositoryOptions;
  readonly #packages = new Map<string, StoredPackage>();
  readonly #byToken = new Map<string, StoredPackage>();
  readonly #bounds: UploadBounds;
  readonly #pending = new Set<Promise<unknown>>();
  /** How often packages are in use by {@link using}, by their ids. */
  readonly #held = new Map<string, number>();
  /** Ids of packages that are being deleted. */
  readonly #leaving = new Set<string>();
  readonly #listeners: ((id: string, now: StoredPackage | undefined) => void)[] = [];

  private constructor(options: FirmwareRepositoryOptions) {
    this.#options = options;
    this.#bounds = new UploadBounds({ stored: () => this.#packages.values(), settings: options.settings });
  }

  /** Reads the rows, and removes files that are none's. `onRow` is told of each row with its package. */
  static async open(
    options: FirmwareRepositoryOptions,
    onRow: (stored: StoredPackage, row: FirmwareRow) => void,
  ): Promise<FirmwareRepository> {
    const { database, files } = options;
    const repository = new FirmwareRepository(options);
    const rows = await database.reads.selectFrom('Firmware').selectAll().orderBy('created_at').orderBy('id').execute();
    for (const row of rows) {
      const stored = toPackage(row, await files.damage(row.id, row.size));
      repository.#keep(stored);
      onRow(stored, row);
    }
    await files.sweep((id) => repository.#packages.has(id));
    return repository;
  }

  /** Calls `listener` when a package is new (`now` is it), and when it is gone (undefined). */
  onChange(listener: (id: string, now: StoredPackage | undefined) => void): void {
    this.#listeners.push(listener);
  }

  /** The newest first. */
  list(): readonly StoredPackage[] {
    return [...this.#packages.values()].sort(compare);
  }

  byId(id: string): StoredPackage | undefined {
    return this.#packages.get(id);
  }

  byToken(token: string): StoredPackage | undefined {
    return this.#byToken.get(token);
  }

  /**
   * Receives a package. Resolves when its file and its row are on the disk. Rejects with an {@link ApiError} and nothing is left: 400 for an empty one, 409 for a version that is
   * there already and where there are as many as there may be, 413, 422 for a digest that was said to be another, 429, 507; and with what `bytes` rejects with.
   * What can be refused before the bytes are read is.
   */
  async add(wanted: NewPackage, bytes: AsyncIterable<Uint8Array>): Promise<StoredPackage> {
    const id = randomUUID();
    this.#bounds.begin(id, wanted);
    const receiving = this.#receive(id, wanted, bytes);
    this.#pending.add(receiving);
    try {
      return await receiving;
    } finally {
      this.#pending.delete(receiving);
      this.#bounds.end(id);
    }
  }

  /** Does `work` with a package that can not be deleted meanwhile. Resolves to undefined, with nothing done, when there is none, or it is being deleted. */
  async using<T>(id: string, work: (stored: StoredPackage) => Promise<T>): Promise<T | undefined> {
    const stored = this.#leaving.has(id) ? undefined : this.#packages.get(id);
    if (stored === undefined) return undefined;
    this.#held.set(id, (this.#held.get(id) ?? 0) + 1);
    try {
      return await work(stored);
    } finally {
      const others = (this.#held.get(id) ?? 0) - 1;
      if (others > 0) this.#held.set(id, others);
      else this.#held.delete(id);
    }
  }

  /** Resolves to undefined when there is none of that id. */
  async changeNotes(id: string, notes: string | null): Promise<StoredPackage | undefined> {
    if (!this.#packages.has(id)) return undefined;
    await this.#options.database.db.updateTable('Firmware').set({ notes }).where('id', '=', id).execute();
    const current = this.#packages.get(id);
    if (current === undefined) return undefined;
    const changed = { ...current, notes };
    this.#keep(changed);
    return changed;
  }

  /** Resolves to false when there is none of that id. Rejects with an {@link ApiError} 409 while an update needs it. */
  async delete(id: string): Promise<boolean> {
    const stored = this.#packages.get(id);
    if (stored === undefined || this.#leaving.has(id)) return false;
    if (this.#held.has(id)) throw needed();
    // No update begins meanwhile. Those that are under way find it until it is certain that there are none.
    this.#leaving.add(id);
    try {
      if (await this.#options.inUse(id)) throw needed();
      await this.#options.database.db.deleteFrom('Firmware').where('id', '=', id).execute();
    } finally {
      this.#leaving.delete(id);
    }
    this.#drop(stored);
    this.#tell(id, undefined);
    await this.#removeFile(id);
    return true;
  }

  /** Resolves when nothing is being received any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#pending);
  }

  async #receive(id: string, wanted: NewPackage, bytes: AsyncIterable<Uint8Array>): Promise<StoredPackage> {
    const { files } = this.#options;
    await files.checkRoom(wanted.length ?? 0);
    const received = await files.receive(id, bytes, {
      check: (size) => this.#bounds.grow(id, size),
      verify: (each) => verify(each, wanted),
    });
    const row: FirmwareRow = {
      id,
      version: wanted.version,
      file_name: wanted.fileName,
      ...received,
      notes: wanted.notes,
      token: randomBytes(TOKEN_BYTES).toString('base64url'),
      created_at: Date.now(),
      created_by: wanted.createdBy,
      downloads_started: 0,
      downloads_completed: 0,
      downloaded_bytes: 0,
    };
    try {
      await this.#options.database.db.insertInto('Firmware').values(row).execute();
    } catch (error) {
      await this.#undo(id);
      throw isTaken(error) ? versionTaken(wanted.version) : error;
    }
    const stored = toPackage(row, undefined);
    this.#keep(stored);
    this.#tell(id, stored);
    return stored;
  }

  /** The row may be there although its insertion failed: the connection may have been lost just then. What is left now goes at the next start. */
  async #undo(id: string): Promise<void> {
    try {
      await this.#options.database.db.deleteFrom('Firmware').where('id', '=', id).execute();
    } catch (error) {
      this.#options.report(error, `the row of a firmware package that was refused could not be removed: ${id}`);
      return;
    }
    await this.#removeFile(id);
  }

  /** A file that stays goes at the next start. */
  async #removeFile(id: string): Promise<void> {
    try {
      await this.#options.files.remove(id);
    } catch (error) {
      this.#options.report(error, `the file of a firmware package could not be removed: ${id}`);
    }
  }

  #keep(stored: StoredPackage): void {
    this.#packages.set(stored.id, stored);
    this.#byToken.set(stored.token, stored);
  }

  #drop({ id, token }: StoredPackage): void {
    this.#packages.delete(id);
    this.#byToken.delete(token);
  }

  #tell(id: string, now: StoredPackage | undefined): void {
    for (const listener of this.#listeners) listener(id, now);
  }
}

/** In the order of the list. */
export function compare(
  a: Pick<StoredPackage, 'createdAt' | 'id'>,
  b: Pick<StoredPackage, 'createdAt' | 'id'>,
): number {
  return b.createdAt - a.createdAt || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

function needed(): ApiError {
  return new ApiError(409, 'conflict', 'an update that is not over needs it');
}

function verify({ size, sha256 }: ReceivedFile, wanted: NewPackage): void {
  if (size === 0) throw new ApiError(400, 'bad-body', 'the package is empty');
  if (wanted.sha256.some((expected) => expected !== sha256)) {
    throw new ApiError(422, 'wrong-digest', `what was received has the SHA-256 ${sha256}, and not the one that was said`); // prettier-ignore
  }
}

function toPackage(row: FirmwareRow, damage: string | undefined): StoredPackage {
  return {
    id: row.id,
    version: row.version,
    fileName: row.file_name,
    size: row.size,
    sha256: row.sha256,
    notes: row.notes,
    token: row.token,
    createdAt: row.created_at,
    createdBy: row.created_by,
    damage,
  };
}
