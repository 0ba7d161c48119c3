import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  decodeSenmlCbor,
  decodeSenmlJson,
  encodeSenmlCbor,
  encodeSenmlJson,
  resolveSenml,
  SenmlError,
} from '@flownexus/senml';
import type { ResolvedSenmlRecord } from '@flownexus/senml';
import { fromHex, toHex } from './hex.ts';

interface Vector {
  readonly name: string;
  readonly ct: number;
  readonly direction?: string;
  readonly expect?: string;
  readonly hex: string;
  readonly decoded?: readonly Record<string, unknown>[];
}

function load(file: string): Vector[] {
  const url = new URL(`./vectors/${file}`, import.meta.url);
  return (JSON.parse(readFileSync(url, 'utf8')) as { vectors: Vector[] }).vectors;
}

/** Well-formed SenML: what is wrong with these is a matter of LwM2M (paths, lists of paths). */
const ONLY_LWM2M_REJECTS = new Set([
  'senml-json-pathlist-with-value',
  'senml-json-pathlist-with-time',
  'senml-cbor-bad-bad-path',
  'senml-cbor-bad-oid-range',
  'senml-cbor-bad-path-5',
]);

const vectors = [...load('senml-json.json'), ...load('senml-cbor.json'), ...load('captures.json')];

function decode(vector: Vector): ReturnType<typeof decodeSenmlJson> {
  const bytes = fromHex(vector.hex);
  return vector.ct === 110 ? decodeSenmlJson(bytes) : decodeSenmlCbor(bytes);
}

/** A resolved record as the vectors write it. */
function plain(record: ResolvedSenmlRecord): Record<string, unknown> {
  const { name: path, time: t, vs, vb, vlo } = record;
  const v = typeof record.v === 'bigint' ? record.v.toString() : record.v;
  const vd = record.vd === undefined ? undefined : { hex: toHex(record.vd) };
  return { path, v, vs, vb, vd, vlo, t };
}

describe('vectors', () => {
  test.each(vectors.filter((vector) => vector.expect !== 'reject' && vector.decoded !== undefined))(
    '$name decodes',
    (vector) => {
      expect(resolveSenml(decode(vector)).map(plain)).toEqual(vector.decoded);
    },
  );

  test.each(vectors.filter((vector) => vector.expect === 'reject' && !ONLY_LWM2M_REJECTS.has(vector.name)))(
    '$name is rejected',
    (vector) => {
      expect(() => resolveSenml(decode(vector))).toThrow(SenmlError);
    },
  );

  /** Where either is right: what this package does, and why. */
  const CHOICES: Readonly<Record<string, readonly [does: 'accept' | 'reject', why: string]>> = {
    'senml-json-gateway-erratum': [
      'accept',
      'a name may have an empty segment; that it is no path is a matter of LwM2M',
    ],
    'senml-cbor-reject-31': ['accept', 'a map of indefinite length is CBOR'],
    'senml-cbor-empty-payload': ['reject', 'no bytes are no CBOR'],
  };

  test.each(vectors.filter((vector) => vector.expect === 'either'))('$name is decided', (vector) => {
    const resolve = (): unknown => resolveSenml(decode(vector));
    if (CHOICES[vector.name]?.[0] === 'accept') expect(resolve).not.toThrow();
    else expect(resolve).toThrow(SenmlError);
    expect(Object.keys(CHOICES)).toContain(vector.name);
  });

  test.each(vectors.filter((vector) => vector.direction === 'both' || vector.direction === 'encode'))(
    '$name encodes to the same bytes',
    (vector) => {
      const encode = vector.ct === 110 ? encodeSenmlJson : encodeSenmlCbor;
      expect(toHex(encode(decode(vector)))).toBe(vector.hex);
    },
  );
});
