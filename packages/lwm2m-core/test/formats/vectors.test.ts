import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  decodePathList,
  decodePayload,
  encodePathList,
  encodePayload,
  formatObjectLink,
  formatPath,
  Lwm2mError,
} from '@flownexus/lwm2m-core';
import type { DefinitionSource, ResourceRecord, ResourceType, ResourceValue } from '@flownexus/lwm2m-core';
import { definitions, everythingIs } from '../definitions.ts';
import { fromHex, toHex } from '../hex.ts';

interface Vector {
  readonly name: string;
  readonly ct: number;
  readonly direction?: string;
  readonly expect?: string;
  readonly requestPath?: string;
  readonly kind?: string;
  readonly hex: string;
  readonly text?: string;
  readonly decoded?: unknown;
}

type DecodedRecord = Readonly<Record<string, unknown>>;

function load(file: string): Vector[] {
  const url = new URL(`../vectors/${file}.json`, import.meta.url);
  return (JSON.parse(readFileSync(url, 'utf8')) as { vectors: Vector[] }).vectors;
}

/** An LwM2M path of the vector's own: `/dp` is where a Send goes, and the alternate path is a matter of the names. */
const ROOT_PATHS: Readonly<Record<string, string>> = { '/lwm2m/3/0/0': '/lwm2m' };

function decode(vector: Vector, source: DefinitionSource | undefined): readonly ResourceRecord[] {
  const requested = vector.requestPath ?? '/';
  const rootPath = ROOT_PATHS[requested] ?? '';
  const path = requested === '/dp' ? '/' : requested.slice(rootPath.length);
  return decodePayload(fromHex(vector.hex), vector.ct, path, source, { rootPath }).records;
}

function isPathList(vector: Vector): boolean {
  return (
    Array.isArray(vector.decoded) && vector.decoded.length > 0 && Object.keys(vector.decoded[0] as object).length === 1
  );
}

/** A record as the SenML vectors write it. */
function senmlRecord({ path, value, time }: ResourceRecord): DecodedRecord {
  return { path: formatPath(path), ...senmlValue(value), ...(time === undefined ? {} : { t: time }) };
}

function senmlValue(value: ResourceValue): DecodedRecord {
  if (typeof value === 'string') return { vs: value };
  if (typeof value === 'boolean') return { vb: value };
  if (typeof value === 'number') return { v: value };
  if (typeof value === 'bigint') return { v: value.toString() };
  return value instanceof Uint8Array ? { vd: { hex: toHex(value) } } : { vlo: formatObjectLink(value) };
}

function withoutRoot(record: DecodedRecord, vector: Vector): DecodedRecord {
  const path = String(record['path']).slice((ROOT_PATHS[vector.requestPath ?? ''] ?? '').length);
  return { ...record, path: path.replaceAll(/\/0+(?=\d)/g, '/') };
}

describe('SenML', () => {
  const vectors = [...load('senml-json'), ...load('senml-cbor')];

  test.each(
    vectors.filter((vector) => vector.expect !== 'reject' && vector.decoded !== undefined && !isPathList(vector)),
  )('$name decodes, with and without definitions', (vector) => {
    const decoded = (vector.decoded as DecodedRecord[]).map((record) => withoutRoot(record, vector));
    expect(decode(vector, undefined).map(senmlRecord)).toEqual(decoded);
    expect(decode(vector, definitions).map(senmlRecord)).toEqual(decoded);
  });

  test.each(vectors.filter(isPathList))('$name is a list of paths', (vector) => {
    const decoded = (vector.decoded as DecodedRecord[]).map((record) => record['path']);
    expect(decodePathList(fromHex(vector.hex), vector.ct).map(formatPath)).toEqual(decoded);
    expect(toHex(encodePathList(decodePathList(fromHex(vector.hex), vector.ct), vector.ct))).toBe(vector.hex);
    expect(() => decode(vector, undefined)).toThrow(Lwm2mError);
  });

  test.each(vectors.filter((vector) => vector.expect === 'reject'))('$name is rejected', (vector) => {
    expect(() => decode(vector, undefined)).toThrow(Lwm2mError);
    expect(() => decode(vector, definitions)).toThrow(Lwm2mError);
    expect(() => decodePathList(fromHex(vector.hex), vector.ct)).toThrow(Lwm2mError);
  });

  test.each(vectors.filter((vector) => vector.direction === 'both'))('$name encodes to the same bytes', (vector) => {
    const path = vector.requestPath ?? '/';
    const { node } = decodePayload(fromHex(vector.hex), vector.ct, path, definitions);
    const bytes = encodePayload(node, vector.ct, path, definitions);
    expect(decodePayload(bytes, vector.ct, path, definitions).node).toEqual(node);
    // A tree is in the order of its ids; the payload of a composite needs not be.
    if (path !== '/') expect(toHex(bytes)).toBe(vector.hex);
  });
});

describe('TLV', () => {
  interface TlvItem {
    readonly instance?: number;
    readonly multiple?: number;
    readonly resource?: number;
    readonly resourceInstance?: number;
    readonly hex?: string;
    readonly length?: number;
    readonly fill?: string;
    readonly children?: readonly TlvItem[];
  }

  /** The values of the vector's own decoding, as path and hex, for a payload at the path. */
  function valuesOf(items: readonly TlvItem[], path: string): string[] {
    return items.flatMap((item) => {
      const levels = path === '/' ? 0 : path.split('/').length - 1;
      const base = (depth: number): string =>
        path
          .split('/')
          .slice(0, depth + 1)
          .join('/');
      if (item.instance !== undefined) return valuesOf(item.children ?? [], `${base(1)}/${String(item.instance)}`);
      const instancePath = levels === 1 ? `${path}/65535` : base(2);
      if (item.multiple !== undefined) return valuesOf(item.children ?? [], `${instancePath}/${String(item.multiple)}`);
      if (item.resource !== undefined)
        return [`${instancePath}/${String(item.resource)} ${item.hex ?? (item.fill ?? '').repeat(item.length ?? 0)}`];
      return [`${base(3)}/${String(item.resourceInstance)} ${item.hex ?? ''}`];
    });
  }

  // The value of this one is no TLV: see the test of the reader.
  const vectors = load('tlv').filter((vector) => vector.name !== 'tlv-len16');

  test.each(vectors.filter((vector) => vector.expect !== 'reject' && vector.decoded !== undefined))(
    '$name decodes to the bytes of its values without definitions',
    (vector) => {
      const path = vector.requestPath ?? '/3/0';
      const { records } = decodePayload(fromHex(vector.hex), vector.ct, path);
      const values = records.map((record) => {
        return `${formatPath(record.path)} ${record.value instanceof Uint8Array ? toHex(record.value) : 'not opaque'}`;
      });
      expect(values).toEqual(valuesOf(vector.decoded as TlvItem[], path));
    },
  );

  test.each(vectors.filter((vector) => vector.expect === 'accept'))('$name decodes with definitions', (vector) => {
    const path = vector.requestPath ?? '/3/0';
    const { records } = decodePayload(fromHex(vector.hex), vector.ct, path, definitions);
    expect(records).toHaveLength(decodePayload(fromHex(vector.hex), vector.ct, path).records.length);
  });

  test.each(vectors.filter((vector) => vector.expect === 'reject'))('$name is rejected', (vector) => {
    expect(() => decodePayload(fromHex(vector.hex), vector.ct, vector.requestPath ?? '/3/0', definitions)).toThrow(
      Lwm2mError,
    );
  });

  test.each(vectors.filter((vector) => vector.direction === 'both'))('$name encodes to the same bytes', (vector) => {
    const path = vector.requestPath ?? '/3/0';
    for (const source of [undefined, definitions]) {
      const { node } = decodePayload(fromHex(vector.hex), vector.ct, path, source);
      expect(toHex(encodePayload(node, vector.ct, path, source))).toBe(vector.hex);
    }
  });
});

describe('text', () => {
  const TYPES: Readonly<Record<string, [ResourceType, ResourceValue?]>> = {
    'text-string': ['string', 'Open Mobile Alliance'],
    'text-float': ['float', 6.667e-11],
    'text-bool1': ['boolean', true],
    'text-bool0': ['boolean', false],
    'text-opaque': ['opaque', Uint8Array.of(1, 2, 3, 4, 5)],
    'text-objlnk': ['objlnk', { objectId: 10, objectInstanceId: 65535 }],
    'text-bad-int-empty': ['integer'],
    'text-bad-int-alpha': ['integer'],
    'text-bad-bool-true': ['boolean'],
    'text-bad-b64': ['opaque'],
    'text-bad-objlnk-range': ['objlnk'],
  };

  test.each(load('text'))('$name', (vector) => {
    const [type, value] = TYPES[vector.name]!;
    const source = everythingIs(type);
    if (vector.expect === 'reject') {
      expect(() => decodePayload(fromHex(vector.hex), 0, '/0/0/0', source)).toThrow(Lwm2mError);
      return;
    }
    const { node, records } = decodePayload(fromHex(vector.hex), 0, '/0/0/0', source);
    expect(records.map((record) => [record.type, record.value])).toEqual([[type, value]]);
    expect(toHex(encodePayload(node, 0, '/0/0/0'))).toBe(vector.hex);
  });
});

test.each(load('opaque'))('$name', (vector) => {
  const value = fromHex(vector.hex);
  const node = { kind: 'singleResource', id: 0, type: 'opaque', value } as const;
  expect(encodePayload(node, vector.ct, vector.requestPath ?? '/')).toEqual(value);
});

describe('CBOR', () => {
  const vectors = load('cbor');
  const NUMBERS: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity, '-Infinity': -Infinity };
  const TAGGED: Readonly<Record<string, [ResourceType, ResourceValue]>> = {
    'cbor-77': ['time', 1363896240],
    'cbor-78': ['time', 1363896240],
    'cbor-79': ['time', 1363896240.5],
    'cbor-80': ['opaque', fromHex('01020304')],
    'cbor-81': ['opaque', fromHex('6449455446')],
    'zephyr-cbor-time-tag0': ['time', 1],
  };

  function expected(decoded: unknown, value: ResourceValue): ResourceValue {
    if (typeof value === 'bigint') return BigInt(decoded as string);
    if (typeof value === 'number') return typeof decoded === 'string' ? NUMBERS[decoded]! : (decoded as number);
    return value instanceof Uint8Array ? fromHex((decoded as { hex: string }).hex) : (decoded as string | boolean);
  }

  test.each(vectors.filter((vector) => vector.expect === 'accept'))('$name decodes', (vector) => {
    const path = vector.requestPath ?? '/0/0/0';
    const [record] = decodePayload(fromHex(vector.hex), 60, path).records;
    const tagged = TAGGED[vector.name];
    if (tagged !== undefined) expect([record!.type, record!.value]).toEqual(tagged);
    else expect(record!.value).toEqual(expected(vector.decoded, record!.value));
    // A value of another type than the declared one is kept.
    expect(decodePayload(fromHex(vector.hex), 60, path, definitions).records).toHaveLength(1);
  });

  test.each(vectors.filter((vector) => vector.expect === 'either'))('$name is legal and decodes', (vector) => {
    expect(decodePayload(fromHex(vector.hex), 60, vector.requestPath ?? '/0/0/0').records).toHaveLength(1);
  });

  test.each(vectors.filter((vector) => vector.expect === 'reject'))('$name is rejected', (vector) => {
    expect(() => decodePayload(fromHex(vector.hex), 60, vector.requestPath ?? '/0/0/0')).toThrow(Lwm2mError);
  });

  test.each(vectors.filter((vector) => vector.direction === 'both'))('$name encodes to the same bytes', (vector) => {
    const path = vector.requestPath ?? '/0/0/0';
    const { node } = decodePayload(fromHex(vector.hex), 60, path);
    expect(toHex(encodePayload(node, 60, path))).toBe(vector.hex);
  });
});

describe('payloads of real devices', () => {
  const vectors = load('captures');

  test.each(vectors.filter((vector) => vector.kind === 'values'))(
    '$name decodes and survives every format',
    (vector) => {
      const path = vector.requestPath ?? '/';
      for (const source of [undefined, definitions]) {
        const { node, records } = decodePayload(fromHex(vector.hex), vector.ct, path, source);
        expect(records).not.toHaveLength(0);
        for (const contentFormat of vector.ct === 11542 ? [110, 112, 11542] : [110, 112]) {
          const bytes = encodePayload(node, contentFormat, path, source);
          expect(decodePayload(bytes, contentFormat, path, source).node).toEqual(node);
        }
      }
    },
  );

  test.each(vectors.filter((vector) => vector.kind === 'values' && (vector.ct === 110 || vector.ct === 112)))(
    '$name has the values that it shows',
    (vector) => {
      expect(decode(vector, undefined).map(senmlRecord)).toEqual(vector.decoded);
    },
  );

  test.each(vectors.filter((vector) => vector.kind === 'values' && (vector.ct === 0 || vector.ct === 60)))(
    '$name has the value that it shows',
    (vector) => {
      expect(decode(vector, undefined).map((record) => record.value)).toEqual([vector.decoded]);
    },
  );

  test.each(vectors.filter((vector) => vector.kind === 'pathList'))('$name is a list of paths', (vector) => {
    expect(decodePathList(fromHex(vector.hex), vector.ct).map(formatPath)).toEqual(
      (vector.decoded as DecodedRecord[]).map((record) => `/${String(record['path']).replace(/^\//, '')}`),
    );
  });
});
