import {
  ContentFormat,
  contentFormatName,
  decodePayload,
  encodePayload,
  encodeRecords,
  parsePath,
  type DefinitionSource,
  type Lwm2mNode,
  type ResourceRecord,
} from '@flownexus/lwm2m-core';

/** Content to decode from and encode into every format that has a form for it. */
interface Content {
  readonly name: string;
  readonly path: string;
  readonly contentFormats: readonly number[];
  /** What is encoded: a node, or records with times. */
  readonly source: Lwm2mNode | readonly ResourceRecord[];
}

/** Two functions to be timed, and the size of the payload. */
export interface Case {
  readonly content: string;
  readonly format: string;
  readonly bytes: number;
  decode(): unknown;
  encode(): unknown;
}

const VALUE: Lwm2mNode = { kind: 'singleResource', id: 5700, type: 'float', value: 21.5 };

const DEVICE: Lwm2mNode = {
  kind: 'objectInstance',
  id: 0,
  resources: [
    ['string', 0, 'Open Mobile Alliance'],
    ['string', 1, 'Lightweight M2M Client'],
    ['string', 2, '345000123'],
    ['string', 3, '1.0'],
    ['integer', 6, [1, 5]],
    ['integer', 7, [3800, 5000]],
    ['integer', 8, [125, 900]],
    ['integer', 9, 100],
    ['integer', 10, 15],
    ['integer', 11, [0]],
    ['time', 13, 1_367_491_215],
    ['string', 14, '+02:00'],
    ['string', 16, 'U'],
  ].map(([type, id, value]) =>
    Array.isArray(value)
      ? {
          kind: 'multipleResource',
          id: id as number,
          type: type as 'integer',
          instances: value.map((item, index) => ({
            kind: 'resourceInstance',
            id: index,
            type: 'integer',
            value: item,
          })),
        }
      : { kind: 'singleResource', id: id as number, type: type as 'integer', value: value as number },
  ),
};

/** A temperature every minute for half an hour. */
const SERIES: readonly ResourceRecord[] = Array.from({ length: 30 }, (_, index) => ({
  path: parsePath('/3303/0/5700'),
  type: 'float',
  value: 20 + (index % 7) / 10,
  time: 1_767_225_600 + index * 60,
}));

const { TEXT, CBOR, SENML_JSON, SENML_CBOR, TLV, OMA_JSON, LWM2M_CBOR } = ContentFormat;
const TREES = [SENML_JSON, SENML_CBOR, TLV, OMA_JSON, LWM2M_CBOR];

const CONTENTS: readonly Content[] = [
  { name: 'one value', path: '/3303/0/5700', contentFormats: [TEXT, CBOR, ...TREES], source: VALUE },
  { name: 'Device /3/0', path: '/3/0', contentFormats: TREES, source: DEVICE },
  { name: 'series of 30', path: '/3303/0/5700', contentFormats: [SENML_JSON, SENML_CBOR, OMA_JSON], source: SERIES },
];

/** All cases; those of `JSON` parse and stringify the SenML JSON of the content, and nothing else. */
export function casesOf(definitions: DefinitionSource): Case[] {
  return CONTENTS.flatMap(({ name, path, contentFormats, source }) => {
    const encode = (contentFormat: number): Uint8Array =>
      'kind' in source
        ? encodePayload(source, contentFormat, path, definitions)
        : encodeRecords(source, contentFormat, path, definitions);
    const json = new TextDecoder().decode(encode(SENML_JSON));
    const parsed: unknown = JSON.parse(json);
    const floor: Case = {
      content: name,
      format: 'JSON',
      bytes: json.length,
      decode: () => JSON.parse(json) as unknown,
      encode: () => JSON.stringify(parsed),
    };
    const formats = contentFormats.map((contentFormat): Case => {
      const payload = encode(contentFormat);
      return {
        content: name,
        format: contentFormatName(contentFormat),
        bytes: payload.length,
        decode: () => decodePayload(payload, contentFormat, path, definitions),
        encode: () => encode(contentFormat),
      };
    });
    return [floor, ...formats];
  });
}
