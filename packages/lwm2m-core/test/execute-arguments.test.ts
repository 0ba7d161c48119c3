import { describe, expect, test } from 'vitest';
import { formatExecuteArguments, parseExecuteArguments } from '@flownexus/lwm2m-core';
import type { ExecuteArgument } from '@flownexus/lwm2m-core';
import { MAX_EXECUTE_ARGUMENTS_LENGTH } from '../src/limits.ts';
import { failureOf } from './failure.ts';
import { fromText } from './hex.ts';

function offsetOfFailure(payload: string | Uint8Array): number {
  return failureOf(() => parseExecuteArguments(payload), 'ERR_LWM2M_ARGUMENTS').offset;
}

describe('parseExecuteArguments', () => {
  test.each<[text: string, list: ExecuteArgument[]]>([
    ['', []],
    ['5', [{ digit: 5, value: undefined }]],
    ["5=''", [{ digit: 5, value: '' }]],
    [
      "2='10.3',0,9='x=y'",
      [
        { digit: 2, value: '10.3' },
        { digit: 0, value: undefined },
        { digit: 9, value: 'x=y' },
      ],
    ],
    ["0='</33629/1>,</33629/2>'", [{ digit: 0, value: '</33629/1>,</33629/2>' }]],
    ["0='!#&(-[]~'", [{ digit: 0, value: '!#&(-[]~' }]],
  ])('%j', (text, list) => {
    expect(parseExecuteArguments(text)).toStrictEqual(list);
    expect(parseExecuteArguments(fromText(text))).toStrictEqual(list);
    expect(formatExecuteArguments(list)).toBe(text);
  });

  test.each<[text: string, offset: number]>([
    [',', 0],
    ['1,', 2],
    ['1,,2', 2],
    [' 1', 0],
    ['1, 2', 2],
    ['1 ,2', 1],
    ['12', 1],
    ['1=', 2],
    ["1='", 3],
    ["1='a", 4],
    ["1='a b'", 4],
    [String.raw`1='a\'`, 4],
    [`1='"'`, 3],
    ["1='é'", 3],
    ["1='a''", 5],
    ["1='a',1", 6],
    ['\uFEFF1', 0],
    ["1='a'\0", 5],
  ])('refuses %j at %d', (text, offset) => {
    expect(offsetOfFailure(text)).toBe(offset);
    expect(offsetOfFailure(fromText(text))).toBe(offset);
  });

  test('is bounded in length, and takes a value as long', () => {
    const value = 'x'.repeat(MAX_EXECUTE_ARGUMENTS_LENGTH - 4);
    expect(parseExecuteArguments(`0='${value}'`)).toEqual([{ digit: 0, value }]);
    expect(offsetOfFailure(`0='${value}x'`)).toBe(MAX_EXECUTE_ARGUMENTS_LENGTH);
    expect(offsetOfFailure(Uint8Array.of(0xff))).toBe(0);
  });

  test('never repeats the arguments in its errors', () => {
    expect(failureOf(() => parseExecuteArguments("0='secret"), 'ERR_LWM2M_ARGUMENTS').message).not.toContain('secret');
  });
});

test.each<ExecuteArgument[][]>([
  [[{ digit: 10 }]],
  [[{ digit: -1 }]],
  [[{ digit: 0.5 }]],
  [[{ digit: 1 }, { digit: 1, value: 'x' }]],
  [[{ digit: 1, value: 'a b' }]],
  [[{ digit: 1, value: "it's" }]],
  [[{ digit: 1, value: 'ü' }]],
])('%j has no form', (list) => {
  expect(() => formatExecuteArguments(list)).toThrow(RangeError);
});
