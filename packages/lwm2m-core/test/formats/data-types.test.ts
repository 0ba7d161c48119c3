import { describe, expect, test } from 'vitest';
import { decodePayload, encodePayload } from '@flownexus/lwm2m-core';
import type { ResourceType, ResourceValue } from '@flownexus/lwm2m-core';
import { everythingIs } from '../definitions.ts';
import { toHex, toText } from '../hex.ts';

const TEXT = 0;
const CBOR = 60;
const SENML_JSON = 110;
const SENML_CBOR = 112;
const TLV = 11542;
const OMA_JSON = 11543;
const LWM2M_CBOR = 11544;

const TEXTUAL: ReadonlySet<number> = new Set([TEXT, SENML_JSON, OMA_JSON]);

/** `[{"bn":"/9/0/1",` in SenML CBOR without the head of the map, and `{[9, 0, 1]:` in LwM2M CBOR. */
const BASE_NAME = '81a221662f392f302f31';
const KEY = 'a183090001';

type Row = readonly [type: ResourceType, value: ResourceValue, encodings: Readonly<Record<number, string>>];

/** One value of each type of TS Core, Appendix C, as each format has it. */
const ROWS: readonly Row[] = [
  [
    'string',
    'é',
    {
      [TEXT]: 'é',
      [CBOR]: '62c3a9',
      [SENML_JSON]: '"vs":"é"',
      [SENML_CBOR]: '0362c3a9',
      [TLV]: 'c201c3a9',
      [OMA_JSON]: '"sv":"é"',
      [LWM2M_CBOR]: '62c3a9',
    },
  ],
  [
    'integer',
    -300,
    {
      [TEXT]: '-300',
      [CBOR]: '39012b',
      [SENML_JSON]: '"v":-300',
      [SENML_CBOR]: '0239012b',
      [TLV]: 'c201fed4',
      [OMA_JSON]: '"v":-300',
      [LWM2M_CBOR]: '39012b',
    },
  ],
  [
    'unsignedInteger',
    2n ** 64n - 1n,
    {
      [TEXT]: '18446744073709551615',
      [CBOR]: '1bffffffffffffffff',
      [SENML_JSON]: '"v":18446744073709551615',
      [SENML_CBOR]: '021bffffffffffffffff',
      [TLV]: 'c80108ffffffffffffffff',
      [OMA_JSON]: '"v":18446744073709551615',
      [LWM2M_CBOR]: '1bffffffffffffffff',
    },
  ],
  [
    'float',
    1.5,
    {
      [TEXT]: '1.5',
      [CBOR]: 'f93e00',
      [SENML_JSON]: '"v":1.5',
      [SENML_CBOR]: '02fb3ff8000000000000',
      [TLV]: 'c801083ff8000000000000',
      [OMA_JSON]: '"v":1.5',
      [LWM2M_CBOR]: 'f93e00',
    },
  ],
  [
    'boolean',
    true,
    {
      [TEXT]: '1',
      [CBOR]: 'f5',
      [SENML_JSON]: '"vb":true',
      [SENML_CBOR]: '04f5',
      [TLV]: 'c10101',
      [OMA_JSON]: '"bv":true',
      [LWM2M_CBOR]: 'f5',
    },
  ],
  [
    'opaque',
    Uint8Array.of(0xfb, 0xff),
    {
      [TEXT]: '+/8=',
      [CBOR]: '42fbff',
      [SENML_JSON]: '"vd":"-_8"',
      [SENML_CBOR]: '0842fbff',
      [TLV]: 'c201fbff',
      [OMA_JSON]: '"sv":"+/8="',
      [LWM2M_CBOR]: '42fbff',
    },
  ],
  [
    'time',
    1_367_491_215,
    {
      [TEXT]: '1367491215',
      [CBOR]: 'c11a5182428f',
      [SENML_JSON]: '"v":1367491215',
      [SENML_CBOR]: '021a5182428f',
      [TLV]: 'c4015182428f',
      [OMA_JSON]: '"v":1367491215',
      [LWM2M_CBOR]: '1a5182428f',
    },
  ],
  [
    'objlnk',
    { objectId: 66, objectInstanceId: 0 },
    {
      [TEXT]: '66:0',
      [CBOR]: '6436363a30',
      [SENML_JSON]: '"vlo":"66:0"',
      [SENML_CBOR]: '63766c6f6436363a30',
      [TLV]: 'c40100420000',
      [OMA_JSON]: '"ov":"66:0"',
      [LWM2M_CBOR]: '6436363a30',
    },
  ],
  [
    'corelnk',
    '</3>',
    {
      [TEXT]: '</3>',
      [CBOR]: '643c2f333e',
      [SENML_JSON]: '"vs":"</3>"',
      [SENML_CBOR]: '03643c2f333e',
      [TLV]: 'c4013c2f333e',
      [OMA_JSON]: '"sv":"</3>"',
      [LWM2M_CBOR]: '643c2f333e',
    },
  ],
];

/** A payload with the value alone in it. */
function payloadOf(contentFormat: number, value: string): string {
  switch (contentFormat) {
    case SENML_JSON:
      return `[{"bn":"/9/0/1",${value}}]`;
    case OMA_JSON:
      return `{"bn":"/9/0/1","e":[{${value}}]}`;
    case SENML_CBOR:
      return BASE_NAME + value;
    case LWM2M_CBOR:
      return KEY + value;
    default:
      return value;
  }
}

describe('TS Core, Appendix C', () => {
  test.each(ROWS)('%s', (type, value, encodings) => {
    const node = { kind: 'singleResource', id: 1, type, value } as const;
    for (const [key, text] of Object.entries(encodings)) {
      const contentFormat = Number(key);
      const bytes = encodePayload(node, contentFormat, '/9/0/1');
      const shown = TEXTUAL.has(contentFormat) ? toText(bytes) : toHex(bytes);
      expect(shown, key).toBe(payloadOf(contentFormat, text));
      expect(decodePayload(bytes, contentFormat, '/9/0/1', everythingIs(type)).node, key).toEqual(node);
    }
  });

  test('the link to nothing', () => {
    const value = { objectId: 65_535, objectInstanceId: 65_535 };
    const node = { kind: 'singleResource', id: 1, type: 'objlnk', value } as const;
    for (const contentFormat of [TEXT, CBOR, SENML_JSON, SENML_CBOR, TLV, OMA_JSON, LWM2M_CBOR]) {
      const bytes = encodePayload(node, contentFormat, '/9/0/1');
      expect(decodePayload(bytes, contentFormat, '/9/0/1', everythingIs('objlnk')).node).toEqual(node);
    }
  });
});
