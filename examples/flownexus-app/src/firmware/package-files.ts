import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiError } from '../http/errors.ts';
import { limits } from '../limits.ts';

const PART = '.part';
/** The names that it makes: a UUID, with `.part` while it is being received. What else is in the folder is left alone. */
const OWN_NAME = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(\.part)?$/;

export interface PackageFilesOptions {
  /** Made where it is not there yet. */
  readonly folder: string;
  /** Writes all bytes to the end of a file. */
  readonly write?: (handle: FileHandle, bytes: Uint8Array) => Promise<void>;
  /** Bytes of the disk that are free. */
  readonly room?: () => Promise<number>;
  /** Bytes that are left free. */
  readonly reserveBytes?: number;
}

/** What was received. */
export interface ReceivedFile {
  readonly size: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** The files of firmware packages, with their ids as names. Only the process may read them. */
export class PackageFiles {
  readonly folder: string;
  readonly #write: NonNullable<PackageFilesOptions['write']>;
  readonly #room: () => Promise<number>;
  readonly #reserveBytes: number;

  constructor({ folder, write, room, reserveBytes = limits.firmwareDiskReserveBytes }: PackageFilesOptions) {
    this.folder = folder;
    this.#write = write ?? ((handle, bytes) => handle.writeFile(bytes));
    this.#room = room ?? (() => freeBytes(folder));
    this.#reserveBytes = reserveBytes;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** Where the file of a package is. */
  path(id: string): string {
    return join(this.folder, id);
  }

  /** Rejects with an {@link ApiError} 507 when the disk has no room for so many bytes more. */
  async checkRoom(bytes: number): Promise<void> {
    if ((await this.#room()) - this.#reserveBytes < bytes) throw diskFull();
  }

  /**
   * Writes a file, no faster than the disk takes it. `check` is called with the size so far before more is written, and at the end `verify` with what was received:
   * when one of them throws, or the bytes do, or the disk is full ({@link ApiError} 507), nothing is left. What has resolved is on the disk.
   */
  async receive(
    id: string,
    bytes: AsyncIterable<Uint8Array>,
    { check, verify }: { readonly check: (size: number) => void; readonly verify: (received: ReceivedFile) => void },
  ): Promise<ReceivedFile> {
    const part = this.path(id) + PART;
    try {
      const received = await this.#fill(part, bytes, check);
      verify(received);
      await rename(part, this.path(id));
      await this.#syncFolder();
      return received;
    } catch (error) {
      await rm(part, { force: true });
      await rm(this.path(id), { force: true });
      throw isDiskFull(error) ? diskFull(error) : error;
    }
  }

  /** Removes the file of a package; resolves also when there is none. */
  async remove(id: string): Promise<void> {
    await rm(this.path(id), { force: true });
  }

  /** Why the file of a package can not be used; undefined: it can. Its content is not looked at. */
  async damage(id: string, size: number): Promise<string | undefined> {
    try {
      const found = await stat(this.path(id));
      return found.isFile() && found.size === size
        ? undefined
        : `its file has ${String(found.size)} bytes and not ${String(size)}`;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'its file is not there';
      throw error;
    }
  }

  /** Removes what uploads that broke off, and packages that are none, have left. Gives the names. */
  async sweep(isPackage: (id: string) => boolean): Promise<string[]> {
    const left = (await readdir(this.folder)).filter((name) => {
      const [, id, part] = OWN_NAME.exec(name) ?? [];
      return id !== undefined && (part !== undefined || !isPackage(id));
    });
    for (const name of left) await rm(join(this.folder, name), { force: true });
    return left;
  }

  async #fill(path: string, bytes: AsyncIterable<Uint8Array>, check: (size: number) => void): Promise<ReceivedFile> {
    const handle = await open(path, 'wx', 0o600);
    try {
      const hash = createHash('sha256');
      let size = 0;
      let looked = 0;
      for await (const chunk of bytes) {
        size += chunk.length;
        check(size);
        if (size - looked >= limits.firmwareDiskLookBytes) {
          await this.checkRoom(0);
          looked = size;
        }
        hash.update(chunk);
        await this.#write(handle, chunk);
      }
      await handle.sync();
      return { size, sha256: hash.digest('hex') };
    } finally {
      await handle.close();
    }
  }

  /** So that the name is on the disk, too. */
  async #syncFolder(): Promise<void> {
    // A folder can not be opened there, and needs not be.
    if (process.platform === 'win32') return;
    const handle = await open(this.folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

function diskFull(cause?: unknown): ApiError {
  const error = new ApiError(507, 'disk-full', 'the disk of the server has no room for the package');
  if (cause !== undefined) error.cause = cause;
  return error;
}
