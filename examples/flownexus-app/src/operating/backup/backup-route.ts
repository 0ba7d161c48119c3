import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { ApiError } from '../../http/errors.ts';
import { type Route, route } from '../../http/route.ts';
import { keepLastBackup } from './last-backup.ts';
import { type BackupOptions, stageBackup } from './stage-backup.ts';

/** `POST /api/v1/backup`. */
export function backupRoute(options: BackupOptions): Route {
  let running = false;
  return route({
    method: 'post',
    path: '/api/v1/backup',
    operationId: 'makeBackup',
    summary: 'Makes a backup, and gives it as an archive (tar)',
    description:
      'It has the database as it is at one moment, and the files of the data directory; with PostgreSQL the files alone. It has all keys: keep it like them. An ' +
      'archive that was cut short is refused when it is restored.',
    tag: 'Operating',
    access: 'administer',
    answers: {
      200: { description: 'The archive', contentType: 'application/x-tar' },
      409: { description: 'Another one is being made' },
    },
    handle: () => {
      refuseSecond(running);
      const time = Date.now();
      const name = `flownexus-${new Date(time).toISOString().replaceAll(/[:.]/g, '-')}.tar`;
      return {
        headers: { 'Content-Type': 'application/x-tar', 'Content-Disposition': `attachment; filename="${name}"` },
        // It can still be refused here: nothing has left before the first byte of the archive.
        write: async (response) => {
          refuseSecond(running);
          running = true;
          try {
            await send(options, response);
          } finally {
            running = false;
          }
          // Last of all: who has all of it finds everything done.
          response.end();
        },
      };
    },
  });
}

function refuseSecond(running: boolean): void {
  if (running) throw new ApiError(409, 'conflict', 'a backup is being made already');
}

async function send(options: BackupOptions, response: Response): Promise<void> {
  const staged = await stageBackup(options);
  try {
    let bytes = 0;
    const archive = staged.pack();
    archive.on('data', (chunk: Uint8Array) => (bytes += chunk.length));
    await pipeline(archive, response, { end: false });
    await keepLastBackup(options.dataDirectory, { time: staged.manifest.time, bytes });
  } finally {
    await staged.remove();
  }
}
