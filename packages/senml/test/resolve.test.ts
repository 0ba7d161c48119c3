import { describe, expect, test } from 'vitest';
import { resolveSenml, SenmlError } from '@flownexus/senml';
import type { SenmlNumber, SenmlRecord } from '@flownexus/senml';

const times = (records: SenmlRecord[], now?: number): (number | undefined)[] =>
  resolveSenml(records, now === undefined ? {} : { now }).map((record) => record.time);

describe('resolveSenml', () => {
  test('base fields hold until they are replaced', () => {
    const resolved = resolveSenml([
      { bn: 'a', bu: 'A', bv: 1, bs: 10, n: '1', v: 1 },
      { n: '2', v: 2, u: 'V', s: 5 },
      { bn: 'b', n: '1', vs: 'x' },
      { bu: 'W', bv: 0, n: '2', v: 2, ut: 30 },
    ]);
    expect(resolved).toEqual([
      { name: 'a1', unit: 'A', v: 2, sum: 10 },
      { name: 'a2', unit: 'V', v: 3, sum: 15 },
      { name: 'b1', unit: 'A', vs: 'x', sum: 10 },
      { name: 'b2', unit: 'W', v: 2, sum: 10, updateTime: 30 },
    ]);
  });

  test('a name may be all in the base name', () => {
    expect(resolveSenml([{ bn: '/3/0/0', vs: 'x' }])[0]?.name).toBe('/3/0/0');
  });

  test('times: base time plus time, none when neither is given', () => {
    expect(times([{ n: 'a', v: 1 }])).toEqual([undefined]);
    expect(
      times([
        { n: 'a', v: 1, bt: 1.7e9 },
        { v: 1, n: 'a' },
        { n: 'a', v: 1, t: -5 },
      ]),
    ).toEqual([1.7e9, 1.7e9, 1.7e9 - 5]);
    expect(
      times([
        { n: 'a', v: 1, t: 1.7e9 },
        { n: 'a', v: 1 },
      ]),
    ).toEqual([1.7e9, undefined]);
  });

  // RFC 8428 §4.5.3.
  test('times below 2^28 are relative to now', () => {
    const now = 1_700_000_000;
    expect(times([{ n: 'a', t: -30 }], now)).toEqual([now - 30]);
    expect(times([{ n: 'a', t: 0 }], now)).toEqual([now]);
    expect(times([{ n: 'a', bt: 2 ** 28 - 1 }], now)).toEqual([now + 2 ** 28 - 1]);
    expect(times([{ n: 'a', bt: 2 ** 28 }], now)).toEqual([2 ** 28]);
    expect(times([{ n: 'a', bt: 2 ** 28, t: -1 }], now)).toEqual([now + 2 ** 28 - 1]);
    expect(times([{ n: 'a', t: -30 }])).toEqual([-30]);
  });

  test.each<[SenmlNumber, SenmlNumber, SenmlNumber]>([
    [1, 2, 3],
    [0.5, 2, 2.5],
    [2 ** 53 - 1, 1, 2n ** 53n],
    [2n ** 63n, 2n ** 63n - 1n, 2n ** 64n - 1n],
    [2n ** 63n, -5, 2n ** 63n - 5n],
    [2n ** 63n, -(2n ** 63n), 0],
    [2n ** 64n - 1n, 1, 2 ** 64],
    [2n ** 63n, 0.5, 2 ** 63],
  ])('base value %s plus %s', (bv, v, sum) => {
    expect(resolveSenml([{ n: 'a', bv, v }])[0]?.v).toBe(sum);
  });

  test.each<[SenmlRecord, SenmlNumber, true | undefined]>([
    [{ v: 25 }, 25, undefined],
    [{ v: 25, float: true }, 25, true],
    [{ v: 1.5 }, 1.5, undefined],
    [{ bv: 1, v: 2 }, 3, undefined],
    [{ bv: 1, v: 2, float: true }, 3, true],
    [{ bv: 1, bvFloat: true, v: 2 }, 3, true],
    [{ bv: 0.5, v: 1.5 }, 2, true],
    [{ bv: 0.5, v: 1 }, 1.5, undefined],
    [{ bv: 1, bvFloat: true, v: 2n ** 60n }, 2 ** 60, true],
    [{ bv: 1, v: 2n ** 60n }, 2n ** 60n + 1n, undefined],
    [{ bv: 1, v: 1e300 }, 1e300, true],
    [{ bv: 1, bvFloat: true, vs: '' }, 0, undefined],
  ])('%o: the value is a float if it or its base value is', (record, v, float) => {
    const [resolved] = resolveSenml([{ n: 'a', ...record }]);
    expect(resolved?.v).toBe(record.vs === undefined ? v : undefined);
    expect(resolved?.float).toBe(float);
  });

  test('a base value stays a float for the records that follow', () => {
    const records = [
      { n: 'a', bv: 1, bvFloat: true },
      { n: 'a', v: 1 },
      { n: 'a', bv: 2, v: 1 },
    ];
    expect(resolveSenml(records).map(({ float }) => float)).toEqual([true, true, undefined]);
  });

  test('refuses records without a name, with a long one, and times that are not finite', () => {
    expect(() => resolveSenml([{ v: 1 }])).toThrow(SenmlError);
    expect(() => resolveSenml([{ bn: 'aaa', n: 'bb' }], { maxNameLength: 4 })).toThrow(SenmlError);
    expect(() => resolveSenml([{ n: 'a', bt: 1.7e308, t: 1.7e308 }])).toThrow(SenmlError);
  });
});
