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
    ['-0', -0],
  ])('the number %s', (literal, value) => {
    expect(decodeSenmlJson(`[{"n":"a","v":${literal}}]`)).toEqual([{ n: 'a', v: value }]);
  });

  test.each<[string, number, boolean]>([
    ['25.0', 25, true],
    ['2.5e1', 25, true],
    ['2.5E+1', 25, true],
    ['1e3', 1000, true],
    ['-0.0', -0, true],
    ['0.00', 0, true],
    ['12.000,"s":1.5', 12, true],
    ['1e20', 1e20, true],
    ['9007199254740993.0', 9007199254740992, true],
    ['18446744073709551616', 2 ** 64, false],
    ['25', 25, false],
    ['2.50', 2.5, false],
    ['25e-1', 2.5, false],
    ['1000000000000000000000', 1e21, false],
  ])('tells an integral float from an integer: %s', (literal, v, float) => {
    const [record] = decodeSenmlJson(`[{"v":${literal}}]`);
    expect(record?.v).toBe(v);
    expect(record?.float).toBe(float ? true : undefined);
  });

  test('of other fields just the base value may be a float', () => {
    expect(decodeSenmlJson('[{"bv":2.0,"bt":3.0,"s":4.0,"t":5.0,"bver":1e1,"x":[{"v":1.0}]}]')).toEqual([
      { bv: 2, bvFloat: true, bt: 3, s: 4, t: 5, bver: 10 },
    ]);
  });

  test('an integral float stays one when it is encoded again', () => {
    for (const document of [
      '[{"bv":2.0,"v":25.0}]',
      '[{"bv":2,"v":25}]',
      '[{"v":-0.0}]',
      '[{"v":1e+21}]',
      '[{"v":9.007199254740992e+15}]',
    ]) {
      expect(text(decodeSenmlJson(document))).toBe(document);
    }
  });

  test.each([
    ['[{"n":"a","v":1,"v":2}]', 1],
    ['[{"n":"a"}, {"n":"b","x":{"y":1,"y":1}}]', 12],
    ['[{"n":"a:{,"}, {"n":"b"},\n{"n":"c","n":"c"},{}]', 26],
    ['[{"x":{"__proto__":1,"__proto__":2}}]', 1],
    ['[{"v":1.0,"\\u0076":1}]', 1],
    ['[{},{"a":1,"a":1}]', 4],
  ])('rejects a name that an object has twice: %s', (document, offset) => {
    expect(() => decodeSenmlJson(document)).toThrow(
      `expected distinct names in an object, found duplicates at offset ${String(offset)}`,
    );
  });

  test.each([
    ['', 0],
    ['[', 1],
    ['[{}', 3],
    ['[{},]', 4],
    ['[{}] x', 5],
    ['[{"a"}]', 5],
    ['[{"a":}]', 6],
    ['[{"a":1,}]', 8],
    ['[{a:1}]', 2],
    ['[{"a":tru}]', 9],
    ['[{"a":nulll}]', 10],
    ['[01]', 2],
    ['[-]', 2],
    ['[1.]', 3],
    ['[1e+]', 4],
    ['[.5]', 1],
    ['["\n"]', 2],
    ['["\\x"]', 3],
    ['["\\u12g4"]', 6],
    ['["abc', 5],
    ['[1 2]', 3],
    ["['a']", 1],
    ['\uFEFF[]', 0],
  ])('says where %s is no JSON', (document, offset) => {
    expect(() => decodeSenmlJson(document)).toThrow(`expected JSON, found other text at offset ${String(offset)}`);
  });

  test('says where the record is that is wrong, in units of text and in bytes', () => {
    const document = '[{"n":"é😀"} , {"n":"b","x":[{},[]]},\n {"v":"1"}]';
    const error = (source: string | Uint8Array): unknown => {
      try {
        return decodeSenmlJson(source);
      } catch (thrown) {
        return thrown;
      }
    };
    expect(error(document)).toMatchObject({ code: 'ERR_SENML_RECORD', record: 2, offset: 39 });
    expect(error(new TextEncoder().encode(document))).toMatchObject({ record: 2, offset: 42 });
    expect(error(new TextEncoder().encode(`\uFEFF${document}`))).toMatchObject({ record: 2, offset: 45 });
    expect(error('[{},7]')).toMatchObject({ code: 'ERR_SENML_JSON', record: 1, offset: 4 });
    expect(error(Uint8Array.of(0x5b, 0x22, 0xff, 0x22, 0x5d))).toMatchObject({ offset: 2 });
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
    expect(message).toBe('SenmlError: expected JSON, found other text at offset 8');
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

test('a name twice is found in the record that has it', () => {
  for (const first of ['{"n":"a","x":{"v":1.0}}', '{"n":"a","x":{"v":12345678901234567890}}']) {
    const text = `[${first},{"n":"b","n":"c"}]`;
    const expected = expect.objectContaining({ record: 1, offset: first.length + 2 }) as Error;
    expect(() => decodeSenmlJson(text)).toThrow(expected);
  }
});
