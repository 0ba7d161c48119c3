import { expect, test } from 'vitest';
import { decodeSenmlCbor, decodeSenmlJson, encodeSenmlCbor, encodeSenmlJson, resolveSenml } from '@flownexus/senml';
import { fromHex } from './hex.ts';

/** The example of RFC 8428 §5.1.2, and its bytes of §6. */
const SERIES =
  '[{"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,"bu":"A","bver":5,"n":"voltage","u":"V","v":120.1},' +
  '{"n":"current","t":-5,"v":1.2},{"n":"current","t":-4,"v":1.3},{"n":"current","t":-3,"v":1.4},' +
  '{"n":"current","t":-2,"v":1.5},{"n":"current","t":-1,"v":1.6},{"n":"current","t":0,"v":1.7}]';
const SERIES_CBOR =
  '87a721781b75726e3a6465763a6f773a313065323037336130313038303036' +
  '3a22fb41d303a15b00106223614120050067766f6c7461676501615602fb40' +
  '5e066666666666a3006763757272656e74062402fb3ff3333333333333a300' +
  '6763757272656e74062302fb3ff4cccccccccccda3006763757272656e7406' +
  '2202fb3ff6666666666666a3006763757272656e74062102f93e00a3006763' +
  '757272656e74062002fb3ff999999999999aa3006763757272656e74060002' +
  'fb3ffb333333333333';

const START = 1_276_020_076.001;

test('base name, time and unit hold for the records that follow', () => {
  const resolved = resolveSenml(decodeSenmlJson(SERIES), { now: 1_700_000_000 });
  expect(resolved.map(({ name, unit, time, v }) => [name, unit, time, v])).toEqual([
    ['urn:dev:ow:10e2073a0108006:voltage', 'V', START, 120.1],
    ['urn:dev:ow:10e2073a0108006:current', 'A', START - 5, 1.2],
    ['urn:dev:ow:10e2073a0108006:current', 'A', START - 4, 1.3],
    ['urn:dev:ow:10e2073a0108006:current', 'A', START - 3, 1.4],
    ['urn:dev:ow:10e2073a0108006:current', 'A', START - 2, 1.5],
    ['urn:dev:ow:10e2073a0108006:current', 'A', START - 1, 1.6],
    ['urn:dev:ow:10e2073a0108006:current', 'A', START, 1.7],
  ]);
});

test('both representations have the same records', () => {
  const records = decodeSenmlCbor(fromHex(SERIES_CBOR));
  expect(records).toEqual(decodeSenmlJson(SERIES));
  expect(decodeSenmlCbor(encodeSenmlCbor(records))).toEqual(records);
  expect(decodeSenmlJson(encodeSenmlJson(records))).toEqual(records);
});

test('each kind of value (RFC 8428 §5.1.5)', () => {
  const text =
    '[{"bn":"urn:dev:ow:10e2073a01080063:","n":"temp","u":"Cel","v":23.1},{"n":"label","vs":"Machine Room"},' +
    '{"n":"open","vb":false},{"n":"nfc-reader","vd":"aGkgCg"}]';
  expect(resolveSenml(decodeSenmlJson(text)).map(({ v, vs, vb, vd }) => v ?? vs ?? vb ?? vd)).toEqual([
    23.1,
    'Machine Room',
    false,
    new TextEncoder().encode('hi \n'),
  ]);
});
