import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodePathList,
  decodePayload,
  encodePayload,
  encodeRecords,
  Lwm2mError,
  pathOf,
  recordsFromNode,
} from '@flownexus/lwm2m-core';
import type { ResourceRecord } from '@flownexus/lwm2m-core';
import { definitions } from '../definitions.ts';
import { id, placed, resource, root, typed, typeOf, VALUES } from '../generators.ts';

test.each([110, 112, 11542])('round trip of trees in %d', (contentFormat) => {
  fc.assert(
    fc.property(placed, ([node, path]) => {
      const decoded = decodePayload(encodePayload(node, contentFormat, path, typed), contentFormat, path, typed);
      expect(decoded.node).toEqual(node);
      expect(decoded.records).toEqual(recordsFromNode(node, path));
    }),
  );
});

test.each([110, 112])('round trip of the root in %d', (contentFormat) => {
  fc.assert(
    fc.property(root, (node) => {
      expect(decodePayload(encodePayload(node, contentFormat, '/', typed), contentFormat, '/', typed).node).toEqual(
        node,
      );
    }),
  );
});

test.each([0, 60])('round trip of one value in %d', (contentFormat) => {
  fc.assert(
    fc.property(resource, (node) => {
      const [value, path] =
        node.kind === 'singleResource'
          ? [node, `/1/2/${String(node.id)}`]
          : [node.instances[0]!, `/1/2/${String(node.id)}/${String(node.instances[0]!.id)}`];
      expect(decodePayload(encodePayload(value, contentFormat, path, typed), contentFormat, path, typed).node).toEqual(
        value,
      );
    }),
  );
});

test.each([110, 112])('round trip of series in %d', (contentFormat) => {
  const time = fc.option(
    fc.oneof(
      fc.integer(),
      fc.double({ min: -1e10, max: 1e10, noNaN: true }).map((t) => t + 0),
    ),
    { nil: undefined },
  );
  const record = fc
    .tuple(
      id.map((value) => value - (value % 2)),
      time,
    )
    .chain(([resourceId, at]) => {
      const type = typeOf(resourceId);
      return VALUES[type].map((value): ResourceRecord => ({ path: pathOf(1, 2, resourceId), type, value, time: at }));
    });
  fc.assert(
    fc.property(fc.array(record, { maxLength: 8 }), (records) => {
      const bytes = encodeRecords(records, contentFormat, '/1/2', typed);
      expect(decodePayload(bytes, contentFormat, '/1/2', typed).records).toEqual(records);
    }),
  );
});

const FORMATS = [0, 42, 60, 110, 112, 11542];
const PATHS = ['/', '/3', '/2', '/3/0', '/3/0/9', '/3/0/6', '/3/0/6/0', '/3/0/22', '/3303/0/5700'];

function decodesOrRefuses(bytes: Uint8Array, contentFormat: number, path: string): void {
  for (const source of [undefined, definitions]) {
    try {
      decodePayload(bytes, contentFormat, path, source, { now: 0 });
    } catch (error) {
      expect(error).toBeInstanceOf(Lwm2mError);
    }
  }
}

test('arbitrary bytes give a payload or a Lwm2mError', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 120 }),
      fc.constantFrom(...FORMATS),
      fc.constantFrom(...PATHS),
      decodesOrRefuses,
    ),
    { numRuns: 5000 },
  );
});

test('damaged payloads give a payload or a Lwm2mError', () => {
  fc.assert(
    fc.property(
      placed,
      fc.constantFrom(110, 112, 11542),
      fc.nat(),
      fc.nat(255),
      ([node, path], contentFormat, at, byte) => {
        const bytes = encodePayload(node, contentFormat, path, typed);
        bytes[at % bytes.length] = byte;
        decodesOrRefuses(bytes, contentFormat, path);
        decodesOrRefuses(bytes.subarray(0, at % bytes.length), contentFormat, path);
        try {
          decodePathList(bytes, contentFormat === 110 ? 110 : 112);
        } catch (error) {
          expect(error).toBeInstanceOf(Lwm2mError);
        }
      },
    ),
    { numRuns: 1000 },
  );
});
