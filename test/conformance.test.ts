import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { namedTestProblem } from './named-test.ts';
import { root } from './packages.ts';

const folder = join(root, 'docs', 'conformance');
// The pages of the plugtests and of the enabler test cases are no clauses: tests of their own compare them with what they list.
const tables = readdirSync(folder).filter(
  (name) => name.endsWith('.md') && !['README.md', 'plugtests.md', 'ets.md'].includes(name),
);

/** One clause, as a row of a table has it. */
interface Row {
  /** The heading above the table and the clause: `RFC 7252 §4.2`. */
  readonly clause: string;
  readonly demand: string;
  readonly status: string;
  readonly tests: readonly string[];
}

/** The rows of all tables of a page. The folder that tests are named below is in its first line: `<!-- tests: … -->`. */
function parse(page: string): { readonly base: string; readonly rows: readonly Row[] } {
  const text = readFileSync(join(folder, page), 'utf8');
  const base = /^<!-- tests: (.+) -->$/m.exec(text)?.[1] ?? '';
  const rows: Row[] = [];
  let heading = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('## ')) heading = line.slice(3).split(':')[0] ?? '';
    if (!line.startsWith('| §')) continue;
    const cells = line.split(/(?<!\\)\|/).slice(1, -1);
    const [clause = '', demand = '', status = '', tests = ''] = cells.map((cell) => cell.trim().replaceAll('\\|', '|'));
    if (cells.length !== 4) throw new Error(`expected four cells, found ${cells.length}: ${line}`);
    rows.push({ clause: `${heading} ${clause}`, demand, status, tests: tests === '' ? [] : tests.split('<br>') });
  }
  return { base, rows };
}

describe.each(tables)('docs/conformance/%s', (page) => {
  const { base, rows } = parse(page);

  test('names tests that exist', () => {
    expect(rows.flatMap((row) => row.tests.flatMap((named) => namedTestProblem(base, named) ?? []))).toEqual([]);
  });

  test('has a test for each clause that is done, and a reason for each that is not', () => {
    const wrong = rows.filter(({ status, tests }) => {
      if (status === 'done') return tests.length === 0;
      if (/^in part: ./.test(status)) return tests.length === 0;
      return !/^(not done|n\/a): ./.test(status);
    });
    expect(wrong).toEqual([]);
  });

  test('says each thing once', () => {
    const keys = rows.map(({ clause, demand }) => `${clause} ${demand}`);
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
    expect(rows.length).toBeGreaterThan(0);
  });
});

test('the README counts what there is', () => {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  const all = tables.flatMap((page) => parse(page).rows);
  const count = (pattern: RegExp): number => all.filter(({ status }) => pattern.test(status)).length;
  const line = `${all.length} clauses: ${count(/^done$/)} done, ${count(/^in part/)} in part, ${count(/^not done/)} not done, ${count(/^n\/a/)} that do not apply.`;
  expect(readme).toContain(line);
});
