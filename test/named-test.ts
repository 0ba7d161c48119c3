import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasTitle } from './has-title.ts';
import { root } from './packages.ts';

const sources = new Map<string, string>();
function sourceOf(file: string): string | undefined {
  const known = sources.get(file);
  if (known !== undefined) return known;
  if (!existsSync(join(root, file))) return undefined;
  const source = readFileSync(join(root, file), 'utf8');
  sources.set(file, source);
  return source;
}

/** Why a test that a document names as `file › title` is none; undefined when it is one. The file is below `base`, or from the root. */
export function namedTestProblem(base: string, named: string): string | undefined {
  const [file = '', title] = named.split(' › ');
  const path = /^(packages|examples|test)\//.test(file) ? file : join(base, file);
  const source = sourceOf(path);
  if (source === undefined) return `${named}: there is no ${path}`;
  if (title === undefined || !hasTitle(source, title)) return `${named}: ${path} has no test with this title`;
  return undefined;
}
