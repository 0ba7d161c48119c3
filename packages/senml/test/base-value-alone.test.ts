import { expect, test } from 'vitest';
import { resolveSenml } from '@flownexus/senml';
import type { SenmlNumber, SenmlPatchRecord } from '@flownexus/senml';

// RFC 8428 §4.5.4: of Base Value and Value the missing one counts as zero.
test.each<[string, SenmlPatchRecord[], (SenmlNumber | undefined)[]]>([
  ['of its own record', [{ n: 'a', bv: 3 }], [3]],
  ['of a record before', [{ n: 'a', bv: 3, v: 1 }, { n: 'b' }], [4, 3]],
  [
    'that is replaced',
    [
      { n: 'a', bv: 3 },
      { n: 'b', bv: 2n ** 60n },
    ],
    [3, 2n ** 60n],
  ],
  ['beside a sum', [{ n: 'a', bv: 3, s: 5 }], [3]],
  [
    'in front of another kind of value',
    [
      { n: 'a', bv: 3, vs: 'x' },
      { n: 'b', vb: true },
    ],
    [undefined, undefined],
  ],
  [
    'in front of bytes and links',
    [
      { n: 'a', bv: 3, vd: Uint8Array.of(1) },
      { n: 'b', vlo: '1:2' },
    ],
    [undefined, undefined],
  ],
  [
    'in front of a removal',
    [
      { n: 'a', bv: 3, v: 1 },
      { n: 'b', remove: true },
    ],
    [4, undefined],
  ],
  ['that is not there', [{ n: 'a' }, { n: 'b', s: 1 }], [undefined, undefined]],
])('a base value %s', (_name, records, values) => {
  expect(resolveSenml(records).map(({ v }) => v)).toEqual(values);
});

test('a base value that is a float gives a float', () => {
  const resolved = resolveSenml([
    { n: 'a', bv: 3, bvFloat: true },
    { n: 'b', bv: 0.5 },
    { n: 'c', bv: 3 },
  ]);
  expect(resolved.map(({ v, float }) => [v, float])).toEqual([
    [3, true],
    [0.5, undefined],
    [3, undefined],
  ]);
});
