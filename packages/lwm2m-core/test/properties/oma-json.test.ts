import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DecodeError, parsePath, pathOf } from '@flownexus/lwm2m-core';
import type { ResourceRecord } from '@flownexus/lwm2m-core';
import { decodeOmaJson, encodeOmaJson } from '../../src/formats/oma-json.ts';
import { nodeFromRecords, recordsFromNode } from '../../src/node-tree.ts';
import { definitions } from '../definitions.ts';
import { loadVectors } from '../formats/vectors.ts';
import { fromHex, fromText } from '../hex.ts';
import { id, placed, root, typed, typeOf, VALUES } from '../generators.ts';

test('round trip of trees, also below an alternate path', () => {
  const rootPath = fc.constantFrom('/', '/lwm2m', '/a/b');
  const node = fc.oneof(
    placed,
    root.map((tree) => [tree, '/'] as const),
  );
  fc.assert(
    fc.property(node, rootPath, ([tree, path], alternate) => {
      const options = { rootPath: alternate };
      const at = parsePath(path);
      const expected = recordsFromNode(tree, path);
      const { records } = decodeOmaJson(encodeOmaJson(expected, at, typed, options), at, typed, options);
      expect(records).toEqual(expected);
      expect(nodeFromRecords(records, path, typed)).toEqual(tree);
    }),
  );
});

test('without definitions floats stay floats and integers integers', () => {
  fc.assert(
    fc.property(placed, ([node, path]) => {
      const at = parsePath(path);
      const original = recordsFromNode(node, path);
      const { records } = decodeOmaJson(encodeOmaJson(original, at, undefined, {}), at, undefined, {});
      records.forEach(({ type, value }, index) => {
        expect(type === 'float').toBe(original[index]!.type === 'float');
        if (original[index]!.type !== 'opaque') expect(value).toEqual(original[index]!.value);
      });
    }),
  );
});

test('round trip of series', () => {
  const time = fc.option(
    fc.oneof(
      fc.integer(),
      fc.maxSafeInteger(),
      fc.double({ min: -1e10, max: 1e10, noNaN: true }).map((value) => value + 0),
    ),
    { nil: undefined },
  );
  const record = fc.tuple(id, time).chain(([resourceId, at]) => {
    const type = typeOf(resourceId);
    return VALUES[type].map((value): ResourceRecord => ({ path: pathOf(1, 2, resourceId), type, value, time: at }));
  });
  const series = fc.uniqueArray(record, {
    selector: ({ path, time: at }) => `${String(path.resourceId)} ${String(at)}`,
    maxLength: 8,
  });
  fc.assert(
    fc.property(series, (records) => {
      const at = parsePath('/1/2');
      expect(decodeOmaJson(encodeOmaJson(records, at, typed, {}), at, typed, {}).records).toEqual(records);
    }),
  );
});

function decodesOrRefuses(bytes: Uint8Array): void {
  for (const path of ['/', '/3/0', '/3/0/6/1', '/d01/3/0'].map(parsePath)) {
    for (const source of [undefined, definitions]) {
      try {
        decodeOmaJson(bytes, path, source, { now: 0, rootPath: '/lwm2m' });
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
        expect((error as DecodeError).offset).toBeLessThanOrEqual(bytes.length);
      }
    }
  }
}

test('arbitrary bytes give values or a decode error', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), decodesOrRefuses), { numRuns: 1000 });
});

test('arbitrary JSON gives values or a decode error', () => {
  const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('/3/0/', '9', '66:0', 1, true, -5));
  const entry = fc.dictionary(fc.constantFrom('n', 't', 'v', 'bv', 'sv', 'ov', '__proto__', 'constructor'), value, {
    noNullPrototype: false,
  });
  const document = fc.record({ bn: value, bt: value, e: fc.oneof(fc.array(entry), value) }, { requiredKeys: [] });
  fc.assert(
    fc.property(document, (content) => decodesOrRefuses(fromText(JSON.stringify(content)))),
    { numRuns: 500 },
  );
});

test('damaged payloads give values or a decode error', () => {
  const vectors = [...loadVectors('oma-json'), ...loadVectors('captures-formats').filter(({ ct }) => ct === 11543)];
  fc.assert(
    fc.property(fc.constantFrom(...vectors), fc.nat(), fc.nat(255), ({ hex }, at, byte) => {
      const damaged = fromHex(hex);
      damaged[at % damaged.length] = byte;
      decodesOrRefuses(damaged);
      decodesOrRefuses(damaged.subarray(0, at % damaged.length));
    }),
    { numRuns: 500 },
  );
});

test('64 KiB of hostile text take little time', () => {
  const fill = (start: string, part: string, end: string): string =>
    start + part.repeat(Math.floor((65_536 - start.length - end.length) / part.length)) + end;
  const hostile = [
    fill('', '[', ''),
    fill('', '{"e":', ''),
    fill('"', '\\"', ''),
    fill('"', '\\', ''),
    fill('{"e":[', '{"n":"0","v":1},', '1]}'),
    fill('{"bn":"', '/0', '","e":[{"v":1}]}'),
    fill('{"bn":"/', '0', '/0/0","e":[{"v":1}]}'),
    fill('{"e":[{"n":"', '0', '/","v":1}]}'),
    fill('{"e":[{"n":"/3/0/9","v":', '9', '}]}'),
    fill('{"e":[{"n":"/3/0/9","v":1', '.0', '}]}'),
    fill('{"e":[{"n":"/3/0/9","ov":"', '1', ':1"}]}'),
    fill('{"e":[{"n":"/5/0/0","sv":"', 'A', '"}]}'),
    fill('{"e":[', '{"n":"/3/0/6/1","v":12345678901234567890},', '{}]}'),
    fill('{"bn":"/3/0/6","e":[', '{"n":"","v":1},', '{}]}'),
    fill('{', '"a":1,', '"e":[]}'),
    fill('{"__proto__":', '{"__proto__":{}},', ''),
  ];
  const start = performance.now();
  hostile.forEach((text) => decodesOrRefuses(fromText(text)));
  expect(performance.now() - start).toBeLessThan(10_000);
});
