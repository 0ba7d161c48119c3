import type { Response } from 'express';
import { ApiError } from '../http/errors.ts';
import type { Downloads } from './download-counts.ts';
import type { StoredPackage } from './firmware-repository.ts';

/**
 * Answers a GET or HEAD with the file of a package: ranges, If-Range and the other conditions are heeded, and nobody on the way compresses it. `count` is told of what went out.
 * Rejects with an {@link ApiError} when there is nothing to send.
 */
export async function sendPackage(
  response: Response,
  folder: string,
  stored: StoredPackage,
  count: (more: Partial<Downloads>) => void,
): Promise<void> {
  if (stored.damage !== undefined) throw gone(stored.damage);
  response.set({
    'Content-Type': 'application/octet-stream',
    'Cache-Control': 'private, no-cache, no-transform',
    ETag: `"${stored.sha256}"`,
    'Last-Modified': new Date(stored.createdAt).toUTCString(),
  });
  // Emitted when a body is sent, with its headers set.
  response.once('pipe', () => follow(response, stored.size, count));
  const error = await new Promise<Error | undefined>((resolve) => {
    response.sendFile(stored.id, { root: folder, dotfiles: 'allow', cacheControl: false }, resolve);
  });
  if (error === undefined || response.headersSent) return;
  // Of the file, not of what is answered now.
  for (const name of ['ETag', 'Last-Modified', 'Cache-Control']) response.removeHeader(name);
  switch ('status' in error ? error.status : undefined) {
    case 404:
      throw gone('its file is not there');
    case 412:
      throw new ApiError(412, 'precondition-failed', 'the package is another one');
    case 416:
      throw new ApiError(416, 'bad-range', `the package has ${stored.size} bytes`);
    default:
      throw error;
  }
}

function follow(response: Response, size: number, count: (more: Partial<Downloads>) => void): void {
  const [, first = '0', last = String(size - 1)] = /^bytes (\d+)-(\d+)/.exec(response.get('Content-Range') ?? '') ?? [];
  if (first === '0') count({ started: 1 });
  const before = response.socket?.bytesWritten ?? 0;
  const { socket } = response;
  response.once('close', () => {
    const length = Number(last) - Number(first) + 1;
    const isWhole = response.writableFinished;
    // Of one that broke off, more or less: the headers are among them.
    const bytes = isWhole ? length : Math.min(length, (socket?.bytesWritten ?? before) - before);
    count({ bytes, ...(isWhole && Number(last) === size - 1 ? { completed: 1 } : {}) });
  });
}

function gone(reason: string): ApiError {
  return new ApiError(410, 'gone', `the package can not be had any more: ${reason}`);
}
