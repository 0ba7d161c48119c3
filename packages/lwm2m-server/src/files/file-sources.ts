import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import type { BodySource } from '@flownexus/coap';
import { limits } from '../limits.ts';
import { ChunkCache } from './chunk-cache.ts';

/** An ETag has 8 bytes at most (RFC 7252 §5.10.6): the first of a SHA-256. */
const ETAG_BYTES = 8;

/** A file that is read block by block, and open until it is closed. */
export interface FileSource extends BodySource, AsyncDisposable {
  /** The SHA-256 of the content as it was when the file was opened. */
  readonly sha256: Uint8Array;
  /** Closes the file. Reads from then on reject. */
  close(): Promise<void>;
}

/** What is known of a file before it is opened. */
export interface FileSourceOptions {
  /** The SHA-256 of its content. With it the file is not read from end to end, and nothing tells whether it is right. */
  readonly sha256?: Uint8Array;
}

/** A body that is in memory. The ETag is of its content; the bytes are not copied and must not change. */
export function bytesSource(bytes: Uint8Array): BodySource {
  return {
    size: bytes.length,
    etag: etagOf(createHash('sha256').update(bytes).digest()),
    read: (offset, length) => bytes.subarray(offset, offset + length),
  };
}

/**
 * Opens a file to be served. It is read once from end to end for its ETag, which is of its content: the same after a restart, and for a copy elsewhere.
 * Afterwards 1 MiB of it is kept at most, of what was asked for last, for the other devices that fetch it at the same time.
 * It may be replaced (renamed over) or removed meanwhile. When it is changed in place, reads reject: blocks of two images would be mixed.
 * Rejects as `open` of `node:fs/promises` does.
 *
 * @example
 * const image = await fileSource('firmware/app-2.0.bin');
 * const { path } = files.add(image);
 */
export async function fileSource(path: string, options: FileSourceOptions = {}): Promise<FileSource> {
  const handle = await open(path, 'r');
  try {
    const { size, mtimeMs } = await handle.stat();
    const sha256 = options.sha256 ?? (await digestOf(handle, size));
    const chunks = new ChunkCache({
      chunkBytes: limits.fileChunkBytes,
      maxChunks: limits.maxFileChunks,
      read: async (offset) => {
        const bytes = await readAt(handle, offset, Math.min(limits.fileChunkBytes, size - offset));
        const now = await handle.stat();
        if (now.size !== size || now.mtimeMs !== mtimeMs) throw new Error(`the file ${path} was changed in place`);
        return bytes;
      },
    });
    const close = async (): Promise<void> => {
      chunks.close();
      await handle.close();
    };
    return {
      size,
      sha256,
      etag: etagOf(sha256),
      read: (offset, length) => chunks.bytes(offset, length),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The ETag of a content that has this SHA-256. */
export function etagOf(digest: Uint8Array): Uint8Array {
  return Uint8Array.from(digest.subarray(0, ETAG_BYTES));
}

async function digestOf(handle: FileHandle, size: number): Promise<Uint8Array> {
  const hash = createHash('sha256');
  for (let offset = 0; offset < size; offset += limits.fileChunkBytes) {
    hash.update(await readAt(handle, offset, Math.min(limits.fileChunkBytes, size - offset)));
  }
  return hash.digest();
}

/** As many bytes as are asked for, or as there are before the end: a read may give fewer than it could. */
async function readAt(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
