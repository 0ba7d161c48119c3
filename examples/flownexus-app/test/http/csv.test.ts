import { expect, test } from 'vitest';
import { formatCsv } from '../../src/http/csv.ts';

const cell = (value: string | number | boolean | null): string =>
  formatCsv({ columns: ['a'], rows: [[value]] }).slice('a\r\n'.length, -'\r\n'.length);

test.each(['=1+1', '+1', '-1+1', '-a', '@SUM(A1)', '\t=1', '--1', '-', '-1-'])('%j is no formula', (text) => {
  expect(cell(text)).toBe(`'${text}`);
});

test('what begins with a line break is none either', () => {
  expect([cell('\n=1'), cell('\r=1'), cell('-1\n')]).toEqual([`"'\n=1"`, `"'\r=1"`, `"'-1\n"`]);
});

test.each([-1.5, '-9223372036854775808', '-Infinity', '18446744073709551615', 'a=1', true])(
  '%j is as it is',
  (value) => {
    expect(cell(value)).toBe(String(value));
  },
);

test('quotes and commas are kept', () => {
  expect([cell('a,"b"'), cell(null)]).toEqual(['"a,""b"""', '']);
});
