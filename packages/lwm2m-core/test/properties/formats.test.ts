import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeChanges,
  decodePathList,
  decodePayload,
  encodeChanges,
  encodePathList,
  encodePayload,
  encodeRecords,
  formatObjectLink,
  formatPath,
  Lwm2mError,
  pathOf,
  recordsFromNode,
  withPrefix,
} from '@flownexus/lwm2m-core';
import type { Lwm2mNode, Path, ResourceChange, ResourceNode, ResourceRecord } from '@flownexus/lwm2m-core';
import { definitions } from '../definitions.ts';
import {
  gateway,
  id,
  path as anyPath,
  placed,
  prefix,
  resource,
  root,
  rootPath,
  sparse,
  typed,
  typeOf,
  value,
  VALUES,
} from '../generators.ts';

// Trees of OMA JSON and LwM2M CBOR, and series of OMA JSON, have their tests where the rest of these formats has.

describe('round trips with definitions', () => {
  test.each([110, 112, 11542])('of trees in %d', (contentFormat) => {
    fc.assert(
      fc.property(placed, ([node, path]) => {
        const decoded = decodePayload(encodePayload(node, contentFormat, path, typed), contentFormat, path, typed);
        expect(decoded.node).toEqual(node);
        expect(decoded.records).toEqual(recordsFromNode(node, path));
      }),
    );
  });

  // The formats of records have no form for what is empty.
  test.each([11542, 11544])('of trees with empty Object Instances and multiple Resources in %d', (contentFormat) => {
    fc.assert(
      fc.property(sparse, ([node, path]) => {
        const bytes = encodePayload(node, contentFormat, path, typed);
        expect(decodePayload(bytes, contentFormat, path, typed).node).toEqual(node);
      }),
    );
  });

  test.each([110, 112, 11543, 11544])('of the root, with devices behind a gateway, in %d', (contentFormat) => {
    // TLV and LwM2M CBOR have ids alone, and no alternate path.
    const alternate = contentFormat === 11544 ? fc.constant('/') : rootPath;
    fc.assert(
      fc.property(fc.oneof(root, gateway), alternate, (node, at) => {
        const bytes = encodePayload(node, contentFormat, '/', typed, { rootPath: at });
        const decoded = decodePayload(bytes, contentFormat, '/', typed, { rootPath: at });
        expect(decoded.node).toEqual(node);
        expect(decoded.records).toEqual(recordsFromNode(node, '/'));
      }),
    );
  });

  test.each([110, 112, 11542, 11543, 11544])('of trees of a device behind a gateway in %d', (contentFormat) => {
    fc.assert(
      fc.property(placed, prefix, rootPath, ([node, path], ofDevice, alternate) => {
        const at = `/${ofDevice}${path}`;
        const bytes = encodePayload(node, contentFormat, at, typed, { rootPath: alternate });
        const decoded = decodePayload(bytes, contentFormat, at, typed, { rootPath: alternate });
        expect(decoded.node).toEqual(node);
        expect(decoded.records).toEqual(recordsFromNode(node, at));
      }),
    );
  });

  test.each([0, 60])('of one value in %d', (contentFormat) => {
    fc.assert(
      fc.property(resource, (node) => {
        const [of, path] = valueOf(node);
        const bytes = encodePayload(of, contentFormat, path, typed);
        expect(decodePayload(bytes, contentFormat, path, typed).node).toEqual(of);
      }),
    );
  });

  test('of bytes in 42', () => {
    fc.assert(
      fc.property(VALUES.opaque, (of) => {
        const node: Lwm2mNode = { kind: 'singleResource', id: 14, type: 'opaque', value: of };
        expect(decodePayload(encodePayload(node, 42, '/1/2/14', typed), 42, '/1/2/14', typed).node).toEqual(node);
      }),
    );
  });

  // RFC 8259 §6: JSON has neither infinities nor NaN.
  test.each([60, 112, 11542, 11544])('of floats that are no number of JSON in %d', (contentFormat) => {
    for (const of of [Infinity, -Infinity, Number.NaN]) {
      const node: Lwm2mNode = { kind: 'singleResource', id: 12, type: 'float', value: of };
      const bytes = encodePayload(node, contentFormat, '/1/2/12', typed);
      expect(decodePayload(bytes, contentFormat, '/1/2/12', typed).node).toEqual(node);
    }
  });

  test.each([0, 60, 110, 112, 11543, 11544])('of times with a fraction in %d', (contentFormat) => {
    fc.assert(
      fc.property(fc.double({ min: -1e12, max: 1e12, noNaN: true }), (of) => {
        const node: Lwm2mNode = { kind: 'singleResource', id: 6, type: 'time', value: of + 0 };
        const bytes = encodePayload(node, contentFormat, '/1/2/6', typed);
        expect(decodePayload(bytes, contentFormat, '/1/2/6', typed).node).toEqual(node);
      }),
    );
  });
});

describe('without definitions', () => {
  test.each([110, 112])('the payload shows its types in %d', (contentFormat) => {
    fc.assert(
      fc.property(placed, ([node, path]) => {
        const bytes = encodePayload(node, contentFormat, path);
        const shown = recordsFromNode(node, path).map((record) => ({ ...record, type: shownType(record) }));
        expect(decodePayload(bytes, contentFormat, path).records).toEqual(shown);
      }),
    );
  });

  test('the payload shows its type in 60, where an object link is text', () => {
    fc.assert(
      fc.property(resource, (node) => {
        const [of, path] = valueOf(node);
        const [record] = decodePayload(encodePayload(of, 60, path), 60, path).records;
        const type = of.type === 'time' ? 'time' : shownType(of);
        const expected =
          typeof of.value === 'object' && !(of.value instanceof Uint8Array)
            ? { type: 'string', value: formatObjectLink(of.value) }
            : { type, value: of.value };
        expect(record).toMatchObject(expected);
      }),
    );
  });

  test.each([110, 112, 11542, 11544])('nothing gets lost in %d', (contentFormat) => {
    fc.assert(
      fc.property(placed, ([node, path]) => {
        const bytes = encodePayload(node, contentFormat, path, typed);
        const again = encodePayload(decodePayload(bytes, contentFormat, path).node, contentFormat, path);
        expect(again).toEqual(bytes);
        expect(decodePayload(again, contentFormat, path, typed).node).toEqual(node);
      }),
    );
  });
});

describe('round trips of records', () => {
  const time = fc.option(
    fc.oneof(
      fc.integer(),
      fc.double({ min: -1e10, max: 1e10, noNaN: true }).map((t) => t + 0),
    ),
    { nil: undefined },
  );
  const record = fc.tuple(id, id, time).chain(([resourceId, instanceId, at]) => {
    const type = typeOf(resourceId);
    const path = resourceId % 2 === 0 ? pathOf(1, 2, resourceId) : pathOf(1, 2, resourceId, instanceId);
    return VALUES[type].map((of): ResourceRecord => ({ path, type, value: of, time: at }));
  });

  test.each([110, 112])('of series in %d', (contentFormat) => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 8 }), rootPath, (records, alternate) => {
        const options = { rootPath: alternate };
        const bytes = encodeRecords(records, contentFormat, '/1/2', typed, options);
        expect(decodePayload(bytes, contentFormat, '/1/2', typed, options).records).toEqual(records);
      }),
    );
  });

  test.each([110, 112, 11543])('of series of one Resource in %d', (contentFormat) => {
    const series = fc.uniqueArray(fc.tuple(fc.integer(), VALUES.float), {
      selector: ([at]) => at,
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(series, (values) => {
        const path = pathOf(1, 2, 12);
        const records = values.map(([at, of]): ResourceRecord => ({ path, type: 'float', value: of, time: at }));
        const bytes = encodeRecords(records, contentFormat, path, typed);
        expect(decodePayload(bytes, contentFormat, path, typed).records).toEqual(records);
      }),
    );
  });
});

describe('composites', () => {
  const values = fc.uniqueArray(value, { selector: ({ path }) => formatPath(path), minLength: 1, maxLength: 8 });
  const removal = fc
    .tuple(fc.option(prefix, { nil: undefined }), fc.array(id, { minLength: 1, maxLength: 4 }))
    .map(([ofDevice, ids]): ResourceChange => ({ path: withPrefix(pathOf(...ids), ofDevice), value: null }));

  test.each([110, 112])('round trip of changes in %d', (contentFormat) => {
    fc.assert(
      fc.property(values, rootPath, (changes, alternate) => {
        const options = { rootPath: alternate };
        const bytes = encodeChanges(changes, contentFormat, typed, options);
        expect(decodeChanges(bytes, contentFormat, typed, options)).toEqual(changes);
      }),
    );
  });

  test.each([320, 322])('round trip of changes with removals in %d', (contentFormat) => {
    const changes = fc.array(fc.oneof<fc.Arbitrary<ResourceChange>[]>(value, removal), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(changes, rootPath, (list, alternate) => {
        const options = { rootPath: alternate };
        const bytes = encodeChanges(list, contentFormat, typed, options);
        expect(decodeChanges(bytes, contentFormat, typed, options)).toEqual(list);
      }),
    );
  });

  test.each([110, 112, 320, 322])('round trip of lists of paths in %d', (contentFormat) => {
    fc.assert(
      fc.property(fc.array(anyPath, { minLength: 1, maxLength: 8 }), rootPath, (paths: Path[], alternate) => {
        const options = { rootPath: alternate };
        expect(decodePathList(encodePathList(paths, contentFormat, options), contentFormat, options)).toEqual(paths);
      }),
    );
  });
});

type ValueNode = Extract<Lwm2mNode, { readonly value: unknown }>;

/** A value of a Resource, with its path. */
function valueOf(node: ResourceNode): [ValueNode, string] {
  if (node.kind === 'singleResource') return [node, `/1/2/${String(node.id)}`];
  const [first] = node.instances;
  return [first!, `/1/2/${String(node.id)}/${String(first!.id)}`];
}

/** The type that a value has when only the payload tells. */
function shownType({ type, value: of }: Pick<ResourceRecord, 'type' | 'value'>): ResourceRecord['type'] {
  if (type === 'corelnk') return 'string';
  if (type === 'time' || type === 'unsignedInteger') {
    return typeof of === 'bigint' && of >= 2n ** 63n ? 'unsignedInteger' : 'integer';
  }
  return type;
}

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
