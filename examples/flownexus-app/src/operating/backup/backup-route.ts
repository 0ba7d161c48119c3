import { pipeline } from 'node:stream/promises';
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
    handle: async () => {
      if (running) throw new ApiError(409, 'conflict', 'a backup is being made already');
      running = true;
      try {
        const staged = await stageBackup(options);
        const { time, database } = staged.manifest;
        const name = `flownexus-${new Date(time).toISOString().replaceAll(/[:.]/g, '-')}.tar`;
        return {
          headers: { 'Content-Type': 'application/x-tar', 'Content-Disposition': `attachment; filename="${name}"` },
          audit: { rows: database.rows },
          write: async (response) => {
            try {
              let bytes = 0;
              const archive = staged.pack();
              archive.on('data', (chunk: Uint8Array) => (bytes += chunk.length));
              await pipeline(archive, response);
              await keepLastBackup(options.dataDirectory, { time, bytes });
            } finally {
              running = false;
              await staged.remove();
            }
          },
        };
      } catch (error) {
        running = false;
        throw error;
      }
    },
  });
}
