import { describe, expect, test } from 'vitest';
import {
  compositeFormatFor,
  contentFormatsFor,
  decodePayload,
  encodeForEndpoint,
  UNASSIGNED_INSTANCE_ID,
} from '@flownexus/lwm2m-core';
import type { Lwm2mNode } from '@flownexus/lwm2m-core';

describe('contentFormatsFor', () => {
  test.each([
    ['1.0', [], [11542, 11543]],
    ['1.1', [], [112, 110, 11542]],
    ['1.2', [], [112, 11544, 110, 11542]],
    ['1.2.1', [], [112, 11544, 110, 11542]],
    ['1.3', [], [112, 11544, 110, 11542]],
    ['1.0.2', [], [11542, 11543]],
    // As Wakaama 1.0 announces it.
    ['1.0', [11543], [11542, 11543]],
    ['1.1', [11543], [112, 110, 11542, 11543]],
    ['1.2', [112, 11544], [112, 11544, 110, 11542]],
    ['1.2', [11544], [11544, 112, 110, 11542]],
    ['1.1', [60, 110, 112, 11542, 11543], [112, 110, 11542, 11543]],
    ['1.1', [60, 110, 11542], [110, 11542, 112]],
    ['1.1', [11542], [11542, 112, 110]],
    ['1.1', [0, 40, 60], [112, 110, 11542]],
    ['1.0', [112], [112, 11542, 11543]],
  ])('LwM2M %s, ct %j: %j', (lwm2mVersion, contentFormats, expected) => {
    expect(contentFormatsFor({ lwm2mVersion, contentFormats })).toEqual(expected);
  });
});

test.each([
  ['1.1', [], false, 112],
  ['1.1', [110], false, 110],
  ['1.1', [110, 112], false, 112],
  ['1.2', [11544], false, 112],
  ['1.2', [112, 322, 320], false, 322],
  ['1.2', [110, 320], false, 320],
  ['1.2', [], true, 322],
  ['1.2', [110], true, 320],
  ['1.0', [], false, 112],
])('a composite with LwM2M %s, ct %j, removing: %s, is in %i', (lwm2mVersion, contentFormats, removes, expected) => {
  expect(compositeFormatFor({ lwm2mVersion, contentFormats }, removes)).toBe(expected);
});

describe('encodeForEndpoint', () => {
  const lifetime = { kind: 'singleResource', id: 1, type: 'integer', value: 300 } as const;
  const firmware = { kind: 'singleResource', id: 0, type: 'opaque', value: Uint8Array.of(1, 2, 3) } as const;
  const unassigned = { kind: 'objectInstance', id: UNASSIGNED_INSTANCE_ID, resources: [lifetime] } as const;
  const v10 = { lwm2mVersion: '1.0', contentFormats: [] };
  const v11 = { lwm2mVersion: '1.1', contentFormats: [] };

  test.each<[string, Lwm2mNode, string, typeof v10, number]>([
    ['an integer for 1.0', lifetime, '/1/0/1', v10, 11542],
    ['an integer for 1.1', lifetime, '/1/0/1', v11, 112],
    ['what an endpoint announced', lifetime, '/1/0/1', { lwm2mVersion: '1.1', contentFormats: [110] } as never, 110],
    ['an opaque value for 1.0', firmware, '/5/0/0', v10, 42],
    ['an opaque value for 1.1', firmware, '/5/0/0', v11, 42],
    ['an Object Instance without an id', unassigned, '/1', v11, 11542],
  ])('%s', (_name, node, path, endpoint, contentFormat) => {
    const encoded = encodeForEndpoint(node, path, endpoint);
    expect(encoded.contentFormat).toBe(contentFormat);
    const { records } = decodePayload(encoded.payload, contentFormat, path);
    expect(records).toHaveLength(1);
  });

  test('what the endpoint has refused is not picked again', () => {
    const refusals: number[] = [];
    for (;;) {
      let contentFormat: number;
      try {
        ({ contentFormat } = encodeForEndpoint(firmware, '/5/0/0', v11, undefined, { refused: refusals }));
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_LWM2M_ENCODE' });
        break;
      }
      refusals.push(contentFormat);
    }
    expect(refusals).toEqual([42, 112, 110, 11542]);
  });

  test('a node at a path where it does not belong is the mistake of the caller', () => {
    expect(() => encodeForEndpoint(lifetime, '/1/0/2', v11)).toThrow(RangeError);
  });
});
