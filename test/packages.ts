import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..');

const { workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { workspaces: string[] };

/** The names of the folders below `packages/`: what is published. */
export const packages: readonly string[] = workspaces
  .filter((folder) => folder.startsWith('packages/'))
  .map((folder) => folder.slice('packages/'.length));
