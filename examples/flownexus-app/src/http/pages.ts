import { existsSync } from 'node:fs';
import { join } from 'node:path';
import express, { Router } from 'express';

/** The web bundle: its files, and its one page for every other address. */
export function pages(directory: string): Router {
  const router = Router();
  const page = join(directory, 'index.html');
  // The names of these files change with their content.
  router.use(
    '/assets',
    express.static(join(directory, 'assets'), { index: false, immutable: true, maxAge: '1y' }),
    (_, response) => {
      response.status(404).type('text').send('There is no such file.\n');
    },
  );
  router.use(express.static(directory, { index: false }));
  router.get('/{*path}', (_, response) => {
    if (existsSync(page)) response.sendFile(page);
    else response.status(503).type('text').send('The web page is not built yet: run "npm run build".\n');
  });
  return router;
}
