import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hasTitle } from '../has-title.ts';
import { root } from '../packages.ts';
import { ETS_CASES } from './cases.ts';

const page = readFileSync(join(root, 'docs', 'conformance', 'ets.md'), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.includes('-int-'))
  .map((line) => {
    const [id = '', title = '', judged = '', state = '', file = ''] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    return { id, title, judged, state, file };
  });

const folder = join(root, 'test', 'ets');
const sources = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
);

/** The files that have a test of this name. */
function filesOf(id: string, title: string): string[] {
  return [...sources].filter(([, source]) => hasTitle(source, `${id} ${title}`)).map(([name]) => name);
}

test('docs/conformance/ets.md has each case once, as it is called', () => {
  expect(rows.map(({ id, title, judged }) => ({ id, title, judged }))).toEqual(ETS_CASES);
});

test('each case that is done has a test of its name in the file named, and each other a reason and no test', () => {
  const wrong = rows.filter(({ id, title, state, file }) => {
    const files = filesOf(id, title);
    if (state === 'done') return files.length !== 1 || files[0] !== file;
    return files.length > 0 || file !== '' || !/^not yet: ./.test(state);
  });
  expect(wrong).toEqual([]);
});

test('the page counts what there is', () => {
  const isOfServer = ({ judged }: { readonly judged: string }): boolean => /^(server|both servers)$/.test(judged);
  const done = rows.filter(({ state }) => state === 'done');
  const ofServer = rows.filter(isOfServer);
  expect(page).toContain(
    `${done.length} of ${rows.length} cases are done; of the ${ofServer.length} that judge the server, ${done.filter(isOfServer).length}.`,
  );
});
