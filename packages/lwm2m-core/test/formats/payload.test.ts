import { expect, test } from 'vitest';
import { decodePathList, decodePayload, encodePathList, encodePayload, Lwm2mError } from '@flownexus/lwm2m-core';
import type { Lwm2mNode, ResourceType, ResourceValue } from '@flownexus/lwm2m-core';
import { definitions } from '../definitions.ts';
import { fromHex } from '../hex.ts';

const node = { kind: 'singleResource', id: 0, type: 'string', value: 'x' } as const;

test.each([40, 65000])('Content-Format %d is not decoded', (contentFormat) => {
  const expected = expect.objectContaining({ code: 'ERR_LWM2M_CONTENT_FORMAT' }) as Error;
  expect(() => decodePayload(new Uint8Array(), contentFormat, '/3/0/0')).toThrow(expected);
  expect(() => encodePayload(node, contentFormat, '/3/0/0')).toThrow(expected);
  expect(() => decodePathList(new Uint8Array(), contentFormat)).toThrow(expected);
  expect(() => encodePathList([], contentFormat)).toThrow(expected);
});

test('the numbers from before the registration are decoded, not encoded', () => {
  expect(decodePayload(fromHex('c10964'), 1542, '/3/0/9', definitions).node).toMatchObject({ value: 100 });
  expect(decodePayload(fromHex('3935'), 1541, '/3/0/9', definitions).node).toMatchObject({ value: 95 });
  const json = new TextEncoder().encode('{"bn":"/3/0/9","e":[{"v":90}]}');
  expect(decodePayload(json, 1543, '/3/0/9', definitions).node).toMatchObject({ value: 90 });
  expect(() => encodePayload(node, 1542, '/3/0/0')).toThrow(Lwm2mError);
});

test('opaque payloads are copied, and one of a Resource of another type is kept', () => {
  const bytes = Uint8Array.of(1, 2);
  const decoded = decodePayload(bytes, 42, '/3/0/9', definitions);
  bytes.fill(0);
  expect(decoded.node).toEqual({ kind: 'singleResource', id: 9, type: 'opaque', value: Uint8Array.of(1, 2) });
  expect(() => decodePayload(bytes, 42, '/3/0')).toThrow(Lwm2mError);
  expect(() => encodePayload(node, 42, '/3/0/0')).toThrow(Lwm2mError);
});

test('a path that does not parse', () => {
  expect(() => decodePayload(new Uint8Array(), 0, '/x')).toThrow(
    expect.objectContaining({ code: 'ERR_LWM2M_PATH' }) as Error,
  );
});

test.each<[ResourceType, ResourceValue, ErrorConstructor]>([
  ['string', 1, TypeError],
  ['integer', 'x', TypeError],
  ['boolean', 1, TypeError],
  ['opaque', 'x', TypeError],
  ['objlnk', 'x', TypeError],
  ['none', 'x', TypeError],
  ['string', true, TypeError],
  ['string', Uint8Array.of(1), TypeError],
  ['string', { objectId: 1, objectInstanceId: 1 }, TypeError],
  ['integer', 1.5, RangeError],
  ['integer', 2n ** 63n, RangeError],
  ['unsignedInteger', -1, RangeError],
  ['time', Number.NaN, RangeError],
  ['objlnk', { objectId: 70000, objectInstanceId: 0 }, RangeError],
])('a %s can not be %s', (type, value, error) => {
  for (const contentFormat of [0, 60, 110, 112, 11542, 11543, 11544]) {
    const wrong = { kind: 'singleResource', id: 0, type, value } as const;
    expect(() => encodePayload(wrong, contentFormat, '/9/0/0')).toThrow(error);
  }
});

test.each([110, 112, 11542, 11543, 11544, 1542, 1543])('no bytes in %d are an empty tree', (contentFormat) => {
  const none = new Uint8Array();
  expect(decodePayload(none, contentFormat, '/3/0', definitions)).toEqual({
    node: { kind: 'objectInstance', id: 0, resources: [] },
    records: [],
  });
  expect(decodePayload(none, contentFormat, '/3/0/6', definitions).node).toMatchObject({ instances: [] });
  // A Resource with one value has to have it.
  expect(() => decodePayload(none, contentFormat, '/3/0/9', definitions)).toThrow(Lwm2mError);
});

test.each([110, 112, 11542, 11543, 11544])(
  'a node of a wrong shape is not taken for an empty one in %d',
  (contentFormat) => {
    const wrong = [
      { kind: 'objectInstance', id: 0, resources: {} },
      { kind: 'objectInstance', id: 0, resources: [{ id: 0, value: 1 }] },
    ] as unknown as Lwm2mNode[];
    for (const shape of wrong) expect(() => encodePayload(shape, contentFormat, '/3/0')).toThrow(TypeError);
  },
);

test.each([-1, 65536, 1.5, Number.NaN, undefined, null])('%s is no id in any format', (id) => {
  const resource = { kind: 'singleResource', id, type: 'integer', value: 1 } as unknown as Lwm2mNode;
  const instance = { kind: 'objectInstance', id: 0, resources: [resource] } as unknown as Lwm2mNode;
  for (const contentFormat of [110, 112, 11542, 11543, 11544]) {
    expect(() => encodePayload(instance, contentFormat, '/3/0')).toThrow(RangeError);
  }
});

test('an error has nothing of the payload, not even a prefix', () => {
  const text = '[{"n":"/SECRET/3/0/6","v":1},{"n":"/SECRET/3/0/6/0","v":1}]';
  expect(() => decodePayload(new TextEncoder().encode(text), 110, '/')).toThrow(/^(?!.*SECRET).*both/);
});
