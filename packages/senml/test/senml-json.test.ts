import { describe, expect, test } from 'vitest';
import { decodeSenmlJson, encodeSenmlJson, SenmlError } from '@flownexus/senml';
import type { SenmlErrorCode, SenmlRecord } from '@flownexus/senml';

const text = (records: SenmlRecord[]): string => new TextDecoder().decode(encodeSenmlJson(records));

function codeOf(run: () => unknown): SenmlErrorCode | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof SenmlError) return error.code;
    throw error;
  }
  return undefined;
}

describe('decodeSenmlJson', () => {
  test('takes text and bytes, with all fields', () => {
    const document =
      '[{"bn":"a","bt":1,"bu":"A","bv":2,"bs":3,"bver":5,"n":"b","u":"V","v":1.5,"s":4,"t":-1,"ut":60},{"vlo":"1:2"}]';
    const records = [
      { bn: 'a', bt: 1, bu: 'A', bv: 2, bs: 3, bver: 5, n: 'b', u: 'V', v: 1.5, s: 4, t: -1, ut: 60 },
      { vlo: '1:2' },
    ];
    expect(decodeSenmlJson(document)).toEqual(records);
    expect(decodeSenmlJson(new TextEncoder().encode(document))).toEqual(records);
  });

  test.each([
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', 9007199254740993n],
    ['-9007199254740993', -9007199254740993n],
    ['18446744073709551615', 18446744073709551615n],
    ['-9223372036854775808', -9223372036854775808n],
    ['18446744073709551616', 18446744073709552000],
    ['9007199254740993.0', 9007199254740992],
    ['1e3', 1000],
    ['-0', -0],
  ])('the number %s', (literal, value) => {
    expect(decodeSenmlJson(`[{"n":"a","v":${literal}}]`)).toEqual([{ n: 'a', v: value }]);
  });

  test('takes base64 of both alphabets, padded or not', () => {
    for (const vd of ['-_8', '-_8=', '+/8', '+/8=']) {
      expect(decodeSenmlJson(`[{"n":"a","vd":"${vd}"}]`)).toEqual([{ n: 'a', vd: Uint8Array.of(0xfb, 0xff) }]);
    }
  });

  test.each(['A', 'AQ=', 'AQ===', 'A=Q=', 'AQ ID', 'AQI.', 'é'])('rejects %s as base64', (vd) => {
    expect(codeOf(() => decodeSenmlJson(JSON.stringify([{ n: 'a', vd }])))).toBe('ERR_SENML_RECORD');
  });

  test('ignores what it does not know, unless it must be understood', () => {
    expect(decodeSenmlJson('[{"n":"a","v":1,"x":{"y":[]},"constructor":1}]')).toEqual([{ n: 'a', v: 1 }]);
    expect(codeOf(() => decodeSenmlJson('[{"n":"a","v":1,"x_":0}]'))).toBe('ERR_SENML_RECORD');
  });

  test('leaves Object.prototype alone', () => {
    // RFC 8428 §4.4: the name ends in an underscore.
    expect(codeOf(() => decodeSenmlJson('[{"__proto__":{"v":1},"n":"a"}]'))).toBe('ERR_SENML_RECORD');
    expect(decodeSenmlJson('[{"n":"a","x":{"__proto__":{"v":1}}}]')).toEqual([{ n: 'a' }]);
    expect(({} as Record<string, unknown>)['v']).toBeUndefined();
  });

  test.each([
    ['', 'ERR_SENML_JSON'],
    ['[', 'ERR_SENML_JSON'],
    ['[{}] x', 'ERR_SENML_JSON'],
    ['null', 'ERR_SENML_JSON'],
    ['{"n":"a"}', 'ERR_SENML_JSON'],
    ['[1]', 'ERR_SENML_JSON'],
    ['[null]', 'ERR_SENML_JSON'],
    ['[[]]', 'ERR_SENML_JSON'],
    ['[{"n":1}]', 'ERR_SENML_RECORD'],
    ['[{"v":"1"}]', 'ERR_SENML_RECORD'],
    ['[{"v":null}]', 'ERR_SENML_RECORD'],
    ['[{"v":1e400}]', 'ERR_SENML_RECORD'],
    ['[{"vb":0}]', 'ERR_SENML_RECORD'],
    ['[{"bver":0}]', 'ERR_SENML_RECORD'],
    ['[{"bver":1.5}]', 'ERR_SENML_RECORD'],
    ['[{"vlo":"1:1","vs":""}]', 'ERR_SENML_RECORD'],
  ])('rejects %s with %s', (document, code) => {
    expect(codeOf(() => decodeSenmlJson(document))).toBe(code);
  });

  test('rejects bytes that are not UTF-8', () => {
    expect(codeOf(() => decodeSenmlJson(Uint8Array.of(0x5b, 0x22, 0xff, 0x22, 0x5d)))).toBe('ERR_SENML_JSON');
  });

  test('does not quote the document', () => {
    let message = '';
    try {
      decodeSenmlJson('[{"vs": secret}]');
    } catch (error) {
      message = String(error);
    }
    expect(message).toBe('SenmlError: expected JSON, found other text at offset 0');
  });

  test('keeps within its limits', () => {
    const limits = { maxBytes: 40, maxNesting: 3, maxItems: 10, maxRecords: 2, maxNameLength: 10 };
    expect(decodeSenmlJson('[{},{}]', limits)).toHaveLength(2);
    expect(codeOf(() => decodeSenmlJson('[{},{},{}]', limits))).toBe('ERR_SENML_LIMIT');
    expect(codeOf(() => decodeSenmlJson(`[]${' '.repeat(39)}`, limits))).toBe('ERR_SENML_LIMIT');
    expect(decodeSenmlJson('[{"x":["[[[\\"[["]}]', limits)).toEqual([{}]);
    expect(codeOf(() => decodeSenmlJson('[{"x":[[]]}]', limits))).toBe('ERR_SENML_LIMIT');
    const few = { ...limits, maxBytes: 1000, maxItems: 5 };
    expect(decodeSenmlJson('[{"x":[1,2,3,",,,,"],"n":"a"}]', few)).toHaveLength(1);
    expect(codeOf(() => decodeSenmlJson('[{"x":[1,2,3,4,5],"n":"a"}]', few))).toBe('ERR_SENML_LIMIT');
    expect(codeOf(() => decodeSenmlJson(`[1234567890123456,${'['.repeat(500_000)}`))).toBe('ERR_SENML_LIMIT');
  });
});

describe('encodeSenmlJson', () => {
  test('writes integers exactly and bytes as base64url without padding', () => {
    expect(
      text([
        { bn: '/3/0/', n: '0', v: 18446744073709551615n },
        { n: '1', vd: Uint8Array.of(0xfb, 0xff) },
      ]),
    ).toBe('[{"bn":"/3/0/","n":"0","v":18446744073709551615},{"n":"1","vd":"-_8"}]');
  });

  test('marks a double beyond 2^53 as no integer', () => {
    expect(text([{ n: 'a', v: 2 ** 60 }])).toBe('[{"n":"a","v":1.152921504606847e+18}]');
  });

  test('escapes text', () => {
    expect(text([{ n: 'a', vs: '"\\\n' }])).toBe('[{"n":"a","vs":"\\"\\\\\\n"}]');
  });

  test('rejects what JSON or SenML has no form for', () => {
    for (const record of [{ v: Number.NaN }, { v: Infinity }, { t: Number.NaN }, { v: 1, vb: true }]) {
      expect(codeOf(() => encodeSenmlJson([record]))).toBe('ERR_SENML_RECORD');
    }
  });
});
