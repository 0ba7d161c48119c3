import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SenmlError } from '@flownexus/senml';
import { DecodeError, parsePath, withPrefix } from '@flownexus/lwm2m-core';
import type { ResourceRecord, RootNode } from '@flownexus/lwm2m-core';
import { decodeLwm2mCbor } from '../../src/formats/lwm2m-cbor.ts';
import { encodeLwm2mCbor } from '../../src/formats/lwm2m-cbor-encode.ts';
import { nodeFromRecords, recordsFromNode } from '../../src/node-tree.ts';
import { definitions } from '../definitions.ts';
import { loadVectors } from '../formats/vectors.ts';
import { fromHex } from '../hex.ts';
import { placed, root, typed } from '../generators.ts';

test('round trip of trees', () => {
  fc.assert(
    fc.property(placed, ([node, path]) => {
      const at = parsePath(path);
      const { records } = decodeLwm2mCbor(encodeLwm2mCbor(node, at, typed), at, typed);
      expect(records).toEqual(recordsFromNode(node, path));
      expect(nodeFromRecords(records, path, typed)).toEqual(node);
    }),
  );
});

test('without definitions floats stay floats and integers integers', () => {
  fc.assert(
    fc.property(placed, ([node, path]) => {
      const at = parsePath(path);
      const { records } = decodeLwm2mCbor(encodeLwm2mCbor(node, at, undefined), at, undefined);
      records.forEach(({ type, value }, index) => {
        const original = recordsFromNode(node, path)[index]!;
        expect(type === 'float').toBe(original.type === 'float');
        if (original.type !== 'objlnk') expect(value).toEqual(original.value);
      });
    }),
  );
});

const prefix = fc.stringMatching(/^[a-z][\w.~-]{0,8}$/);

test('round trip of the root with devices behind a gateway', () => {
  const device = fc.record({ prefix, objects: root.map(({ objects }) => objects) });
  const devices = fc.uniqueArray(device, { selector: (item) => item.prefix, maxLength: 3 });
  fc.assert(
    fc.property(root, devices, (node, iotDevices) => {
      const at = parsePath('/');
      const expected = recordsFromNode(node, '/');
      for (const { prefix: ofDevice, objects } of iotDevices) {
        const records = recordsFromNode({ kind: 'root', objects }, '/');
        expected.push(...records.map((record) => ({ ...record, path: withPrefix(record.path, ofDevice) })));
      }
      const bytes = encodeLwm2mCbor({ ...node, iotDevices }, at, typed);
      expect(decodeLwm2mCbor(bytes, at, typed).records).toEqual(expected);
    }),
  );
});

/** Of a map with one array of four small ids. */
const KEY_LENGTH = 6;

type Tree = Map<number, Tree | Uint8Array>;

function treeOf(records: readonly ResourceRecord[]): Tree {
  const tree: Tree = new Map();
  for (const { path, type, value } of records) {
    const { objectId, objectInstanceId, resourceId, resourceInstanceId } = path;
    const ids = [objectId, objectInstanceId, resourceId, resourceInstanceId].filter((item) => item !== undefined);
    let map = tree;
    for (const item of ids.slice(0, -1)) {
      const below = map.get(item) ?? new Map();
      map.set(item, below);
      map = below as Tree;
    }
    const bytes = encodeLwm2mCbor({ kind: 'resourceInstance', id: 0, type, value }, parsePath('/0/0/0/0'), undefined);
    map.set(ids.at(-1)!, bytes.subarray(KEY_LENGTH));
  }
  return tree;
}

const head = (major: number, argument: number): number[] =>
  argument < 24 ? [major | argument] : [major | 25, argument >> 8, argument & 255];

/** One of the many ways to write a tree: `choose` decides on the keys, and on lengths and tags when `loose`. */
function writeTree(tree: Tree, choose: (below: number) => number, loose: boolean): number[] {
  const pairs: number[] = [];
  let count = 0;
  const add = (ids: readonly number[], content: Tree | Uint8Array): void => {
    if (content instanceof Map) {
      const [only] = content;
      if (content.size === 1 && choose(2) === 1) {
        add([...ids, only![0]], only![1]);
        return;
      }
      if (choose(3) === 1) {
        for (const [item, below] of content) add([...ids, item], below);
        return;
      }
    }
    const written = ids.flatMap((item) => head(0x00, item));
    const key =
      ids.length === 1 && choose(2) === 1
        ? written
        : loose && choose(2) === 1
          ? [0x9f, ...written, 0xff]
          : [...head(0x80, ids.length), ...written];
    const value = content instanceof Map ? writeTree(content, choose, loose) : content;
    pairs.push(...key, ...(loose && choose(4) === 1 ? [0xd8, 0x63] : []), ...value);
    count += 1;
  };
  for (const [item, content] of tree) add([item], content);
  return loose && choose(2) === 1 ? [0xbf, ...pairs, 0xff] : [...head(0xa0, count), ...pairs];
}

const choices = fc.array(fc.nat(11), { minLength: 1, maxLength: 100 });

function chooser(numbers: readonly number[]): (below: number) => number {
  let next = 0;
  return (below) => numbers[next++ % numbers.length]! % below;
}

test('every way to write a tree reads the same, and none with definite lengths is shorter', () => {
  fc.assert(
    fc.property(root, choices, fc.boolean(), (node, numbers, loose) => {
      const at = parsePath('/');
      const records = recordsFromNode(node, '/');
      const bytes = Uint8Array.from(writeTree(treeOf(records), chooser(numbers), loose));
      expect(decodeLwm2mCbor(bytes, at, typed).records).toEqual(records);
      if (!loose) expect(encodeLwm2mCbor(node, at, typed).length).toBeLessThanOrEqual(bytes.length);
    }),
  );
});

function decodesOrRefuses(bytes: Uint8Array): void {
  for (const path of ['/', '/3/0', '/3/0/6/0', '/d01/3/0'].map(parsePath)) {
    for (const source of [undefined, definitions]) {
      try {
        decodeLwm2mCbor(bytes, path, source);
      } catch (error) {
        expect(error instanceof DecodeError || error instanceof SenmlError).toBe(true);
        expect((error as DecodeError).offset).toBeGreaterThanOrEqual(0);
        expect((error as DecodeError).offset).toBeLessThanOrEqual(bytes.length);
      }
    }
  }
}

test('arbitrary bytes give values or a decode error', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), decodesOrRefuses), { numRuns: 1000 });
});

test('arbitrary items in maps give values or a decode error', () => {
  const item = fc.constantFrom('00', '03', '09', '20', '1a00010000', '80', '8103', '820300', '83030009', '8463643031030009')
    .chain((key) => fc.constantFrom('00', 'f6', 'f93c00', '6161', '4161', 'a0', '8100', 'c100', 'a10901', 'bf00bf0901ffff').map((value) => key + value)); // prettier-ignore
  fc.assert(
    fc.property(fc.array(item, { maxLength: 4 }), (items) => decodesOrRefuses(fromHex(`bf${items.join('')}ff`))),
    { numRuns: 500 },
  );
});

test('damaged payloads give values or a decode error', () => {
  const vectors = [...loadVectors('lwm2m-cbor'), ...loadVectors('captures-formats').filter(({ ct }) => ct === 11544)];
  const payload = fc.oneof(
    fc.constantFrom(...vectors).map(({ hex }) => fromHex(hex)),
    root.map((node: RootNode) => encodeLwm2mCbor(node, parsePath('/'), typed)),
  );
  fc.assert(
    fc.property(payload, fc.nat(), fc.nat(255), (bytes, at, byte) => {
      const damaged = Uint8Array.from(bytes);
      damaged[at % bytes.length] = byte;
      decodesOrRefuses(damaged);
      decodesOrRefuses(damaged.subarray(0, at % bytes.length));
    }),
    { numRuns: 500 },
  );
});

test('64 KiB of hostile bytes take little time', () => {
  const size = 65_536;
  const repeat = (start: string, part: string, end: string): Uint8Array =>
    fromHex(start + part.repeat((size - start.length / 2 - end.length / 2) / (part.length / 2)) + end);
  const keys = (write: (index: number) => string): Uint8Array => {
    let hex = 'bf';
    for (let index = 0; hex.length < 2 * size - 30; index += 1) hex += write(index);
    return fromHex(`${hex}ff`);
  };
  const two = (index: number): string => (index & 0xffff).toString(16).padStart(4, '0');
  const hostile = [
    repeat('', 'a103', 'a0'),
    repeat('', '81', ''),
    repeat('', 'bf', ''),
    repeat('', 'c1', '00'),
    repeat('bf', '83030009', 'ff'),
    repeat('bf8303000978', '61', 'ff'),
    repeat('bf9f', '03', 'ff00ff'),
    keys((index) => `83030019${two(index)}00`),
    keys((index) => `8403000619${two(index)}00`),
    keys((index) => `820319${two(index)}a0`),
    keys((index) => `19${two(index)}a100a10000`),
    keys((index) => `1b${two(index).repeat(4)}00`),
    keys((index) => `fb${two(index).repeat(4)}00`),
    keys((index) => `64${Array.from(two(index), (digit) => digit.charCodeAt(0).toString(16)).join('')}a0`),
  ];
  const start = performance.now();
  hostile.forEach(decodesOrRefuses);
  expect(performance.now() - start).toBeLessThan(10_000);
});
