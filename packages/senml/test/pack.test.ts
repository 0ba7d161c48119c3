import { expect, test } from 'vitest';
import { packSenml, resolveSenml } from '@flownexus/senml';
import type { SenmlEntry, SenmlPatchRecord } from '@flownexus/senml';

test.each<[SenmlEntry[], SenmlPatchRecord[]]>([
  [[], []],
  [[{ name: '/3/0/9', v: 1 }], [{ n: '/3/0/9', v: 1 }]],
  [
    [{ name: '/3/0/9', v: 1 }, { name: '/3/0/10' }],
    [{ bn: '/3/0/', n: '9', v: 1 }, { n: '10' }],
  ],
  [
    [{ name: '/3/0/9' }, { name: '/3/01/9' }],
    [{ bn: '/3/', n: '0/9' }, { n: '01/9' }],
  ],
  [
    [{ name: '/3/0/' }, { name: '/3/0/9' }],
    [{ bn: '/3/0/' }, { n: '9' }],
  ],
  [
    [{ name: 'a' }, { name: 'ab' }],
    [{ n: 'a' }, { n: 'ab' }],
  ],
  [
    [
      { name: 'urn:dev:mac:1/x', time: 1_700_000_000, v: 1 },
      { name: 'urn:dev:mac:1/x', time: 1_700_000_060, v: 2.5 },
      { name: 'urn:dev:mac:1/x', time: 1_700_000_000, v: 3 },
    ],
    [
      { bn: 'urn:dev:mac:1/', bt: 1_700_000_000, n: 'x', v: 1 },
      { n: 'x', t: 60, v: 2.5 },
      { n: 'x', v: 3 },
    ],
  ],
  [
    [{ name: 'a', time: 5 }, { name: 'b' }],
    [{ n: 'a', t: 5 }, { n: 'b' }],
  ],
  [
    [{ name: 'a' }, { name: 'b', time: 0 }],
    [{ n: 'a' }, { n: 'b', t: 0 }],
  ],
  [[{ name: 'a', time: 5 }], [{ n: 'a', bt: 5 }]],
  // The difference is rounded to -1e20, which would make the second time 0.
  [
    [
      { name: 'a', time: 1e20 },
      { name: 'b', time: 0.1 },
    ],
    [
      { n: 'a', t: 1e20 },
      { n: 'b', t: 0.1 },
    ],
  ],
  [
    [
      {
        name: 'a',
        unit: 'Cel',
        updateTime: 60,
        v: 25,
        float: true,
        vs: undefined,
        sum: 3,
      },
    ],
    [{ n: 'a', u: 'Cel', v: 25, float: true, s: 3, ut: 60 }],
  ],
  [
    [
      { name: 'a', vs: '' },
      { name: 'b', vb: false },
      { name: 'c', vd: Uint8Array.of(1) },
      { name: 'd', vlo: '1:2' },
      { name: 'e', remove: true },
    ],
    [
      { n: 'a', vs: '' },
      { n: 'b', vb: false },
      { n: 'c', vd: Uint8Array.of(1) },
      { n: 'd', vlo: '1:2' },
      { n: 'e', remove: true },
    ],
  ],
])('%j', (resolved, records) => {
  const packed = packSenml(resolved);
  expect(packed).toEqual(records);
  expect(packed.every((record) => Object.values(record).every((value) => value !== undefined))).toBe(true);
  expect(resolveSenml(packed)).toEqual(resolved);
});
