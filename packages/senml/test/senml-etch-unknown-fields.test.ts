import { expect, test } from 'vitest';
import { decodeSenmlFetch, decodeSenmlPatch, SenmlError } from '@flownexus/senml';
import { fromHex } from './hex.ts';

const json = (text: string): Uint8Array => new TextEncoder().encode(text);

// RFC 8790 §3: as in SenML, what is unknown is ignored, unless its name ends in an underscore.
test('a Patch Pack keeps nothing of unknown fields, and is refused for one that must be understood', () => {
  expect(decodeSenmlPatch(json('[{"n":"a","v":null,"foo":1}]'), 'json')).toEqual([{ n: 'a', remove: true }]);
  expect(() => decodeSenmlPatch(json('[{"n":"a","v":1,"foo_":1}]'), 'json')).toThrow(SenmlError);
  // {n: "a", v: 1, 9: 1} and {n: "a", v: 1, "f_": 1}
  expect(decodeSenmlPatch(fromHex('81a3006161020109' + '01'), 'cbor')).toEqual([{ n: 'a', v: 1 }]);
  expect(() => decodeSenmlPatch(fromHex('81a30061610201' + '62665f01'), 'cbor')).toThrow(SenmlError);
});

test('a Fetch Pack in CBOR likewise', () => {
  expect(decodeSenmlFetch(fromHex('81a20061610901'), 'cbor')).toEqual([{ n: 'a' }]);
  expect(() => decodeSenmlFetch(fromHex('81a200616162665f01'), 'cbor')).toThrow(SenmlError);
});
