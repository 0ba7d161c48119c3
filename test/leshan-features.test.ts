import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { namedTestProblem } from './named-test.ts';
import { root } from './packages.ts';

/** Feature, what Leshan has, what we have, tests: the rows of all tables of the page. */
const rows = readFileSync(join(root, 'docs', 'leshan-features.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| feature') && !line.startsWith('| --'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

test('each row of docs/leshan-features.md names tests that exist, or says that it is not built', () => {
  expect(rows.length).toBeGreaterThan(20);
  const wrong = rows.flatMap(([feature = '', , here = '', tests = ''], index) => {
    if (rows[index]?.length !== 4) return [`${feature}: not four cells`];
    if (/^not yet/.test(here)) return tests === '' ? [] : [`${feature}: has tests, and is not built`];
    if (tests === '') return [`${feature}: no test`];
    return tests.split('<br>').flatMap((named) => namedTestProblem('packages/lwm2m-server/test', named) ?? []);
  });
  expect(wrong).toEqual([]);
});
