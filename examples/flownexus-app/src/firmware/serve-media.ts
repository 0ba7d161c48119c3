import type { RequestHandler } from 'express';
import { ApiError } from '../http/errors.ts';
import type { DownloadCounts } from './download-counts.ts';
import type { FirmwareRepository } from './firmware-repository.ts';
import { tokenIn } from './media-path.ts';
import { sendPackage } from './send-package.ts';

export interface ServeMediaOptions {
  readonly repository: Pick<FirmwareRepository, 'byToken'>;
  readonly counts: Pick<DownloadCounts, 'add'>;
  readonly folder: string;
}

/** `GET` and `HEAD /media/firmware/<token>/<fileName>`, for devices: who knows the token needs nothing else. To be mounted at `MEDIA`. */
export function serveMedia({ repository, counts, folder }: ServeMediaOptions): RequestHandler {
  return async (request, response) => {
    const path = request.originalUrl.split('?', 1)[0] ?? '';
    response.set('Cache-Control', 'no-store');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.set('Allow', 'GET, HEAD');
      throw new ApiError(405, 'method-not-allowed', `${request.method} is not possible here`);
    }
    const stored = repository.byToken(tokenIn(path) ?? '');
    // The same for whatever is not there.
    if (stored === undefined) throw new ApiError(404, 'not-found', 'nothing is at that address');
    await sendPackage(response, folder, stored, (more) => counts.add(stored.id, more));
  };
}
