import { describe, expect, test } from 'vitest';
import { limits } from '../../src/limits.ts';
import { decodeLog } from '../../src/logs/decode-log.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('auto', () => {
  test.each<[string, Uint8Array, readonly (string | Uint8Array)[]]>([
    ['lines', bytes('one\ntwo\r\n\nthree'), ['one', 'two', 'three']],
    ['text in UTF-8', bytes('Gerät bereit ✓\n'), ['Gerät bereit ✓']],
    ['a string in C', bytes('ready\0\0'), ['ready']],
    ['with tabs and colours', bytes('\u001b[1ma\tb'), ['\u001b[1ma\tb']],
    ['nothing', bytes(''), []],
    ['what is no UTF-8', Uint8Array.of(0x61, 0xff), [Uint8Array.of(0x61, 0xff)]],
    ['a NUL inside', Uint8Array.of(0x61, 0, 0x62), [Uint8Array.of(0x61, 0, 0x62)]],
  ])('%s', (_name, content, expected) => {
    expect([...decodeLog(content, 'auto')]).toEqual(expected);
  });
});

test('text is text, whatever it is', () => {
  expect([...decodeLog(Uint8Array.of(0x61, 0xff, 0x0a, 0x62), 'text')]).toEqual(['a\ufffd', 'b']);
});

test('bytes are one piece', () => {
  expect([...decodeLog(bytes('a\nb'), 'bytes')]).toEqual([bytes('a\nb')]);
});

test('a decoder gets bytes, also of a string', () => {
  const given: Uint8Array[] = [];
  const decoder = (content: Uint8Array): string[] => {
    given.push(content);
    return ['decoded'];
  };
  expect([...decodeLog('ä', decoder), ...decodeLog(Uint8Array.of(1), decoder)]).toEqual(['decoded', 'decoded']);
  expect(given).toEqual([bytes('ä'), Uint8Array.of(1)]);
});

test('a long line comes in pieces', () => {
  const long = 'x'.repeat(limits.maxLogLineLength + 5);
  expect([...decodeLog(`${long}\ny`, 'auto')]).toEqual(['x'.repeat(limits.maxLogLineLength), 'xxxxx', 'y']);
});
