import { expect, test } from 'vitest';
import { limitedLog } from '../src/limited-log.ts';

test('so many lines a second are written, and the next one says how many were not', () => {
  let time = 0;
  const lines: [string, number][] = [];
  const write = (_error: unknown, context: string, left: number): void => void lines.push([context, left]);
  const log = limitedLog({ write, perSecond: 2, now: () => time });
  for (const context of ['a', 'b', 'c', 'd']) log(new Error('full'), context);
  expect(lines).toEqual([
    ['a', 0],
    ['b', 0],
  ]);
  time = 1_000;
  for (const context of ['e', 'f', 'g']) log(new Error('full'), context);
  expect(lines.slice(2)).toEqual([
    ['e', 2],
    ['f', 0],
  ]);
});
