import { describe, expect, test } from 'vitest';
import { decodePathList, decodePayload, encodePayload, formatPath } from '@flownexus/lwm2m-core';
import { definitions } from '../definitions.ts';
import { fromHex } from '../hex.ts';
import { showSenml } from '../vector-ways.ts';
import { loadVectors } from './vectors.ts';

describe('payloads of real devices', () => {
  const vectors = loadVectors('captures');
  const values = vectors.filter(({ kind }) => kind === 'values');

  test.each(values)('$name decodes and survives every format', (vector) => {
    const path = vector.requestPath ?? '/';
    for (const source of [undefined, definitions]) {
      const { node, records } = decodePayload(fromHex(vector.hex), vector.ct, path, source);
      expect(records).not.toHaveLength(0);
      // Where nothing is declared, OMA JSON has no form of bytes, and LwM2M CBOR none of object links.
      const isDeclared = records.every(({ type, path: { objectId = 0, resourceId = 0 } }) => {
        return source?.resource(objectId, resourceId)?.type === type;
      });
      const formats = [110, 112, ...(isDeclared ? [11543, 11544] : []), ...(vector.ct === 11542 ? [11542] : [])];
      for (const contentFormat of formats) {
        const bytes = encodePayload(node, contentFormat, path, source);
        expect(decodePayload(bytes, contentFormat, path, source).node).toEqual(node);
      }
    }
  });

  test.each(values.filter(({ ct }) => ct === 110 || ct === 112))('$name has the values that it shows', (vector) => {
    const { records } = decodePayload(fromHex(vector.hex), vector.ct, vector.requestPath ?? '/');
    expect(records.map(showSenml)).toEqual(vector.decoded);
  });

  test.each(values.filter(({ ct }) => ct === 0 || ct === 60))('$name has the value that it shows', (vector) => {
    const { records } = decodePayload(fromHex(vector.hex), vector.ct, vector.requestPath ?? '/');
    expect(records.map(({ value }) => value)).toEqual([vector.decoded]);
  });

  test.each(vectors.filter(({ kind }) => kind === 'pathList'))('$name is a list of paths', (vector) => {
    expect(decodePathList(fromHex(vector.hex), vector.ct).map(formatPath)).toEqual(
      vector.decoded?.map((record) => `/${String(record['path']).replace(/^\//, '')}`),
    );
  });
});
