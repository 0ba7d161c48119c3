import { describe, expect, test } from 'vitest';
import type { CoapResponse } from '@flownexus/coap';
import { parsePath } from '@flownexus/lwm2m-core';
import { impliedContentFormat, withAcceptFallback } from '../../src/downlink/accept.ts';

describe('withAcceptFallback', () => {
  async function ask(accept: number | undefined, ...codes: number[]): Promise<(number | undefined)[]> {
    const asked: (number | undefined)[] = [];
    const { result, accept: last } = await withAcceptFallback(
      accept,
      (requested) => {
        asked.push(requested);
        const code = codes.shift();
        return Promise.resolve({ code } as CoapResponse);
      },
      (response) => response,
    );
    expect(last).toBe(asked.at(-1));
    return [...asked, result.code];
  }

  test.each([
    ['4.06', 0x86],
    ['4.15, as Anjay Lite says', 0x8f],
  ])('asks again without Accept on %s', async (_name, code) => {
    expect(await ask(112, code, 0x45)).toEqual([112, undefined, 0x45]);
  });

  test('once only, and not where there was none', async () => {
    expect(await ask(112, 0x86, 0x86)).toEqual([112, undefined, 0x86]);
    expect(await ask(undefined, 0x86)).toEqual([undefined, 0x86]);
    expect(await ask(112, 0x84)).toEqual([112, 0x84]);
  });
});

test.each([
  [112, '/3/0', 112],
  [undefined, '/3', 11542],
  [undefined, '/3/0', 11542],
  [undefined, '/3/0/9', 0],
  [undefined, '/3/0/7/0', 0],
])('a 2.05 without Content-Format, Accept %s on %s: %i', (accept, path, expected) => {
  expect(impliedContentFormat(accept, parsePath(path))).toBe(expected);
});
