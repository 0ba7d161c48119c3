import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  decodeSenmlCbor,
  decodeSenmlFetch,
  decodeSenmlJson,
  decodeSenmlPatch,
  encodeSenmlCbor,
  encodeSenmlFetch,
  encodeSenmlJson,
  encodeSenmlPatch,
  packSenml,
  resolveSenml,
  SenmlError,
} from '@flownexus/senml';
import type { SenmlFetchRecord, SenmlForm, SenmlPatchRecord } from '@flownexus/senml';
import { fromHex, toHex } from './hex.ts';

interface Vector {
  readonly name: string;
  readonly ct: number;
  readonly expect: string;
  readonly hex: string;
  readonly decoded?: readonly { readonly path: string }[];
}

function load(file: string): Vector[] {
  const url = new URL(`./vectors/${file}`, import.meta.url);
  return (JSON.parse(readFileSync(url, 'utf8')) as { vectors: Vector[] }).vectors;
}

const vectors = [...load('senml-etch-json.json'), ...load('senml-etch-cbor.json')];
const formOf = (vector: Vector): SenmlForm => (vector.ct === 320 ? 'json' : 'cbor');
const json = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function errorOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

describe('vectors', () => {
  test.each(vectors.filter((vector) => vector.expect === 'accept'))('$name', (vector) => {
    const paths = vector.decoded!.map(({ path }) => path);
    const form = formOf(vector);
    expect(resolveSenml(decodeSenmlFetch(fromHex(vector.hex), form)).map(({ name }) => name)).toEqual(paths);
    expect(toHex(encodeSenmlFetch(packSenml(paths.map((name) => ({ name }))), form))).toBe(vector.hex);
  });

  test.each(vectors.filter((vector) => vector.expect === 'reject'))('$name is rejected', (vector) => {
    expect(() => decodeSenmlFetch(fromHex(vector.hex), formOf(vector))).toThrow(SenmlError);
  });
});

describe('Fetch Packs', () => {
  const records: SenmlFetchRecord[] = [
    { bn: '2001:db8::2/3311/0/', bt: 1_276_020_091, bu: 'A', n: '5850', t: 1.5, u: 'Cel' },
    { n: '5851' },
  ];

  test.each<SenmlForm>(['json', 'cbor'])('round trip in %s', (form) => {
    expect(decodeSenmlFetch(encodeSenmlFetch(records, form), form)).toEqual(records);
  });

  test('no time is no time of zero', () => {
    expect(resolveSenml(decodeSenmlFetch(json('[{"n":"a"},{"n":"b","t":0}]'), 'json')).map(({ time }) => time)).toEqual(
      [undefined, 0],
    );
  });

  test('ignores what has no meaning in a query, unless it must be understood', () => {
    expect(decodeSenmlFetch(json('[{"n":"a","bv":1,"bs":"x","bver":99,"ut":null,"foo":1}]'), 'json')).toEqual([
      { n: 'a' },
    ]);
    expect(errorOf(() => decodeSenmlFetch(json('[{"n":"a","foo_":1}]'), 'json'))).toMatchObject({
      record: 0,
      offset: 1,
    });
  });

  test.each(['"v":1', '"v":null', '"vs":""', '"vb":false', '"vd":""', '"vlo":"0:0"', '"s":1'])(
    'rejects %s',
    (field) => {
      expect(errorOf(() => decodeSenmlFetch(json(`[{"n":"a"},{"n":"b",${field}}]`), 'json'))).toMatchObject({
        code: 'ERR_SENML_RECORD',
        record: 1,
        offset: 11,
      });
    },
  );

  test('rejects packs without records, and records without a name', () => {
    expect(errorOf(() => decodeSenmlFetch(json('[]'), 'json'))).toMatchObject({ code: 'ERR_SENML_RECORD', offset: 0 });
    expect(errorOf(() => decodeSenmlFetch(Uint8Array.of(0x80), 'cbor'))).toMatchObject({ code: 'ERR_SENML_RECORD' });
    expect(errorOf(() => decodeSenmlFetch(json('[{"bn":"/3/0/"},{"t":1}]'), 'json'))).toMatchObject({ record: 1 });
    for (const form of ['json', 'cbor'] as const) {
      expect(errorOf(() => encodeSenmlFetch([], form))).toMatchObject({ code: 'ERR_SENML_RECORD', offset: undefined });
      expect(errorOf(() => encodeSenmlFetch([{ t: 1 }], form))).toMatchObject({ code: 'ERR_SENML_RECORD' });
      const withValue = { n: 'a', v: 1 };
      expect(errorOf(() => encodeSenmlFetch([withValue], form))).toMatchObject({ code: 'ERR_SENML_RECORD' });
    }
  });
});

describe('Patch Packs', () => {
  const records: SenmlPatchRecord[] = [
    { bn: '2001:db8::2/3311/0/', n: '5850', vb: false },
    { n: '5851', remove: true, t: 5 },
    { n: '5750', v: 10 },
    { n: '5751', s: 3 },
  ];

  test.each<[SenmlForm, string]>([
    ['json', '{"n":"5851","v":null,"t":5}'],
    ['cbor', toHex(Uint8Array.of(0xa3, 0, 0x64)) + '353835310605' + '02f6'],
  ])('round trip in %s', (form, removal) => {
    const bytes = encodeSenmlPatch(records, form);
    expect(form === 'json' ? text(bytes) : toHex(bytes)).toContain(removal);
    expect(decodeSenmlPatch(bytes, form)).toEqual(records);
  });

  test('what is removed resolves and packs as such', () => {
    const pack = json('[{"bn":"/3/0/","n":"0","v":null},{"n":"9","v":1.0}]');
    const resolved = resolveSenml(decodeSenmlPatch(pack, 'json'));
    expect(resolved).toEqual([
      { name: '/3/0/0', remove: true },
      { name: '/3/0/9', v: 1, float: true },
    ]);
    expect(text(encodeSenmlPatch(packSenml(resolved), 'json'))).toBe(text(pack));
  });

  test.each([
    ['[]', undefined],
    ['[{"n":"a","v":1},{"n":"a"}]', 1],
    ['[{"v":1}]', 0],
    ['[{"n":"a","v":null,"vs":"x"}]', 0],
    ['[{"n":"a","v":1,"vs":"x"}]', 0],
    ['[{"n":"a","vs":null}]', 0],
  ])('rejects %s', (document, record) => {
    expect(errorOf(() => decodeSenmlPatch(json(document), 'json'))).toMatchObject({ code: 'ERR_SENML_RECORD', record });
  });

  test('undefined is not null', () => {
    expect(errorOf(() => decodeSenmlPatch(fromHex('81a200616102f7'), 'cbor'))).toMatchObject({
      record: 0,
    });
    expect(decodeSenmlPatch(fromHex('81a200616102f6'), 'cbor')).toEqual([{ n: 'a', remove: true }]);
  });

  test('there is no removing outside of them', () => {
    expect(errorOf(() => decodeSenmlJson('[{"n":"a","v":null}]'))).toMatchObject({ code: 'ERR_SENML_RECORD' });
    expect(errorOf(() => decodeSenmlCbor(fromHex('81a200616102f6')))).toMatchObject({ code: 'ERR_SENML_RECORD' });
    for (const encode of [encodeSenmlJson, encodeSenmlCbor]) {
      expect(errorOf(() => encode(records))).toMatchObject({ code: 'ERR_SENML_RECORD', record: 1 });
    }
  });
});
