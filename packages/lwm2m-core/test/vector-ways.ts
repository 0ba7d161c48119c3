import {
  decodePathList,
  decodePayload,
  encodePathList,
  encodePayload,
  formatAttributes,
  formatExecuteArguments,
  formatLinkFormat,
  formatObjectLink,
  formatPath,
  parseAttributes,
  parseExecuteArguments,
  parseLinkFormat,
} from '@flownexus/lwm2m-core';
import type { DefinitionSource, Link, Lwm2mNode, ResourceRecord, ResourceValue } from '@flownexus/lwm2m-core';
import { readTlvs } from '../src/formats/tlv-reader.ts';
import { definitions, everythingIs } from './definitions.ts';
import type { FormatVector } from './formats/vectors.ts';
import { fromHex, fromText, toHex } from './hex.ts';
import {
  ARGUMENT_CONTENTS,
  ATTRIBUTE_CONTENTS,
  CBOR_CONTENTS,
  EMPTY,
  LINK_CONTENTS,
  TEXT_CONTENTS,
  TLV_CONTENTS,
} from './vector-contents.ts';

/** One of the ways that a payload is decoded. */
export interface DecodingWay {
  readonly name: string;
  /** What is decoded, in the words of the vector. */
  readonly decode: () => unknown;
  /** The same after it was encoded and decoded once more; absent where a format is only read. */
  readonly decodeAgain?: () => unknown;
  /** What is in the vector. */
  readonly content: unknown;
}

/** One of the ways that a payload is encoded. */
export interface EncodingWay {
  readonly name: string;
  /** Gives hex digits. */
  readonly encode: () => string;
}

/** Everything that can be done with a vector. */
export interface VectorWays {
  readonly decodings: readonly DecodingWay[];
  readonly encodings: readonly EncodingWay[];
}

type Shown = Readonly<Record<string, unknown>>;

const WITHOUT = 'without definitions';
const SOURCES: readonly (readonly [name: string, source: DefinitionSource | undefined])[] = [
  [WITHOUT, undefined],
  ['with definitions', definitions],
];

/** The ways of the vectors of each file. */
export const WAYS: Readonly<Record<string, (vector: FormatVector) => VectorWays>> = {
  attr: attributeWays,
  cbor: cborWays,
  execargs: argumentWays,
  link: linkWays,
  'lwm2m-cbor': (vector) => valueWays(vector, showValue),
  'oma-json': (vector) => valueWays(vector, showOmaJson),
  opaque: opaqueWays,
  'senml-cbor': senmlWays,
  'senml-etch-cbor': pathListWays,
  'senml-etch-json': pathListWays,
  'senml-json': senmlWays,
  text: textWays,
  tlv: tlvWays,
};

/* What is not of an LwM2M path in the vectors: `/dp` is where a Send goes, the alternate path a matter of the names. */
const ROOT_PATHS: Readonly<Record<string, string>> = { '/lwm2m/3/0/0': '/lwm2m' };

interface Request {
  readonly path: string;
  readonly rootPath: string;
}

function requestOf({ requestPath = '/' }: FormatVector): Request {
  const rootPath = ROOT_PATHS[requestPath] ?? '';
  return { path: requestPath === '/dp' ? '/' : requestPath.slice(rootPath.length), rootPath };
}

/** The ways of a format whose values have paths. */
function valueWays(vector: FormatVector, show: (record: ResourceRecord) => Shown): VectorWays {
  const { path, rootPath } = requestOf(vector);
  const decoded = vector.decoded ?? (EMPTY.has(vector.name) ? [] : undefined);
  // One vector has an id with a leading zero, which names the same.
  const content = decoded?.map((record) => ({
    ...record,
    path: String(record['path'])
      .slice(rootPath.length)
      .replaceAll(/\/0+(?=\d)/g, '/'),
  }));
  const bytes = fromHex(vector.hex);
  const decode = (from: Uint8Array, source: DefinitionSource | undefined): ReturnType<typeof decodePayload> =>
    decodePayload(from, vector.ct, path, source, { rootPath });
  const encode = (node: Lwm2mNode, source: DefinitionSource | undefined): Uint8Array =>
    encodePayload(node, vector.ct, path, source, { rootPath });
  return {
    decodings: SOURCES.map(([name, source]) => ({
      name,
      decode: () => decode(bytes, source).records.map(show),
      // A tree has one value of a Resource and no times: a series is not the same again.
      ...(content?.some((record) => 't' in record) === true
        ? {}
        : {
            decodeAgain: () => {
              const again = decode(encode(decode(bytes, source).node, source), source).records.map(show);
              return inOrderOf(again, content);
            },
          }),
      content,
    })),
    encodings: SOURCES.map(([name, source]) => ({
      name,
      encode: () => toHex(encode(decode(bytes, source).node, source)),
    })),
  };
}

/** A tree is in the order of its ids, a payload as the device likes it. */
function inOrderOf(records: readonly Shown[], order: readonly Shown[] | undefined): readonly Shown[] {
  const place = new Map(order?.map(({ path }, index) => [path, index]));
  return records.toSorted((a, b) => (place.get(a['path']) ?? -1) - (place.get(b['path']) ?? -1));
}

function senmlWays(vector: FormatVector): VectorWays {
  const values = valueWays(vector, showSenml);
  const paths = pathListWays(vector);
  if (EMPTY.has(vector.name)) return values;
  // What is no SenML at all is neither; what is rejected may be so only as a list of paths.
  if (vector.expect !== 'accept' && vector.decoded === undefined) {
    return { decodings: [...values.decodings, ...paths.decodings], encodings: [] };
  }
  const isPathList = vector.decoded?.[0] !== undefined && Object.keys(vector.decoded[0]).length === 1;
  return isPathList ? paths : values;
}

function pathListWays({ ct, hex, decoded }: FormatVector): VectorWays {
  const decode = (bytes: Uint8Array): string[] => decodePathList(bytes, ct).map(formatPath);
  const content = decoded?.map(({ path }) => String(path));
  return {
    decodings: [
      {
        name: 'as a list of paths',
        decode: () => decode(fromHex(hex)),
        decodeAgain: () => decode(encodePathList(decode(fromHex(hex)), ct)),
        content,
      },
    ],
    encodings: [{ name: 'as a list of paths', encode: () => toHex(encodePathList(content ?? [], ct)) }],
  };
}

function cborWays(vector: FormatVector): VectorWays {
  const { path } = requestOf(vector);
  const bytes = fromHex(vector.hex);
  const tagged = CBOR_CONTENTS[vector.name];
  const decode = (from: Uint8Array, source: DefinitionSource | undefined): unknown => {
    const [record] = decodePayload(from, vector.ct, path, source).records;
    if (record === undefined) return undefined;
    return tagged === undefined ? plain(record.value) : [record.type, record.value];
  };
  const encode = (source: DefinitionSource | undefined): Uint8Array =>
    encodePayload(decodePayload(bytes, vector.ct, path, source).node, vector.ct, path, source);
  // A type that is declared is what a tag of times makes way for.
  const sources = tagged === undefined ? SOURCES : SOURCES.slice(0, 1);
  return {
    decodings: sources.map(([name, source]) => ({
      name,
      decode: () => decode(bytes, source),
      decodeAgain: () => decode(encode(source), source),
      content: tagged ?? vector.decoded,
    })),
    encodings: SOURCES.map(([name, source]) => ({ name, encode: () => toHex(encode(source)) })),
  };
}

function textWays({ name, ct, hex }: FormatVector): VectorWays {
  const [type = 'string', value] = TEXT_CONTENTS[name] ?? [];
  const source = everythingIs(type);
  const decode = (bytes: Uint8Array): ReturnType<typeof decodePayload> => decodePayload(bytes, ct, '/0/0/0', source);
  const encode = (): Uint8Array => encodePayload(decode(fromHex(hex)).node, ct, '/0/0/0', source);
  const show = ({ records }: ReturnType<typeof decodePayload>): unknown =>
    records.map((record) => [record.type, record.value]);
  return {
    decodings: [
      {
        name: `as ${type}`,
        decode: () => show(decode(fromHex(hex))),
        decodeAgain: () => show(decode(encode())),
        content: [[type, value]],
      },
    ],
    encodings: [{ name: `as ${type}`, encode: () => toHex(encode()) }],
  };
}

function opaqueWays({ ct, hex, requestPath = '/' }: FormatVector): VectorWays {
  const node = { kind: 'singleResource', id: 0, type: 'opaque', value: fromHex(hex) } as const;
  return { decodings: [], encodings: [{ name: WITHOUT, encode: () => toHex(encodePayload(node, ct, requestPath)) }] };
}

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

function tlvWays(vector: FormatVector): VectorWays {
  if (vector.name === 'tlv-len16') return framingWays(vector);
  const { name: vectorName, ct, hex, requestPath = '/3/0' } = vector;
  const typed = TLV_CONTENTS[vectorName];
  const content = vector.decoded === undefined ? undefined : tlvValues(vector.decoded, requestPath);
  const sources = typed === undefined ? SOURCES : [...SOURCES, [`as ${typed[0]}`, everythingIs(typed[0])] as const];
  const decode = (from: Uint8Array, source: DefinitionSource | undefined): ReturnType<typeof decodePayload> =>
    decodePayload(from, ct, requestPath, source);
  const encode = (source: DefinitionSource | undefined): Uint8Array =>
    encodePayload(decode(fromHex(hex), source).node, ct, requestPath, source);
  return {
    decodings: sources.map(([name, source], index) => {
      const show = ({ records }: ReturnType<typeof decodePayload>): unknown =>
        index === 2 ? records.map(({ type, value }) => [type, value]) : records.map(showTlv);
      return {
        name,
        decode: () => show(decode(fromHex(hex), source)),
        decodeAgain: () => show(decode(encode(source), source)),
        content: index === 2 ? [typed] : content,
      };
    }),
    encodings: sources.map(([name, source]) => ({ name, encode: () => toHex(encode(source)) })),
  };
}

/** The value of this multiple Resource is no TLV: only how long it is matters. */
function framingWays({ hex }: FormatVector): VectorWays {
  const bytes = fromHex(hex);
  const content = [{ type: 2, id: 33, start: 4, end: 404 }];
  return { decodings: [{ name: WITHOUT, decode: () => readTlvs(bytes, 0, bytes.length), content }], encodings: [] };
}

/** The values as path and hex of what is in a payload at the path. */
function tlvValues(items: readonly TlvItem[], path: string): string[] {
  const upTo = (level: number): string => path.split('/', level + 1).join('/');
  const instancePath = path.split('/').length === 2 ? `${path}/65535` : upTo(2);
  return items.flatMap((item) => {
    const value = item.hex ?? (item.fill ?? '').repeat(item.length ?? 0);
    if (item.instance !== undefined) return tlvValues(item.children ?? [], `${upTo(1)}/${String(item.instance)}`);
    if (item.multiple !== undefined) return tlvValues(item.children ?? [], `${instancePath}/${String(item.multiple)}`);
    if (item.resource !== undefined) return [`${instancePath}/${String(item.resource)} ${value}`];
    return [`${upTo(3)}/${String(item.resourceInstance)} ${value}`];
  });
}

function showTlv({ path, type, value }: ResourceRecord): string {
  return `${formatPath(path)} ${value instanceof Uint8Array ? toHex(value) : tlvOf(type, value)}`;
}

/** The bytes of a value, which are behind the header of its TLV. */
function tlvOf(type: ResourceRecord['type'], value: ResourceValue): string {
  const bytes = encodePayload({ kind: 'singleResource', id: 0, type, value }, 11542, '/0/0/0');
  const [tlv] = readTlvs(bytes, 0, bytes.length);
  return toHex(bytes.subarray(tlv?.start, tlv?.end));
}

function attributeWays({ name, text = '' }: FormatVector): VectorWays {
  const content = ATTRIBUTE_CONTENTS[name];
  const forms = [text, text.split('&')];
  return {
    decodings: forms.map((form) => ({
      name: typeof form === 'string' ? 'as a query' : 'as options',
      decode: () => parseAttributes(form),
      decodeAgain: () => parseAttributes(formatAttributes(parseAttributes(form))),
      content,
    })),
    encodings: [],
  };
}

function argumentWays({ name, hex, text = '' }: FormatVector): VectorWays {
  const content = ARGUMENT_CONTENTS[name];
  const forms = [text, fromHex(hex)];
  return {
    decodings: forms.map((form) => ({
      name: typeof form === 'string' ? 'as text' : 'as bytes',
      decode: () => parseExecuteArguments(form),
      decodeAgain: () => parseExecuteArguments(formatExecuteArguments(parseExecuteArguments(form))),
      content,
    })),
    encodings: [],
  };
}

function linkWays({ name, hex, text = '' }: FormatVector): VectorWays {
  const content = LINK_CONTENTS[name]?.map(([target, attributes = {}]) => ({ target, attributes }));
  const forms = [text, fromHex(hex)];
  const decode = (form: string | Uint8Array, strict = false): readonly Link[] => parseLinkFormat(form, { strict });
  return {
    decodings: forms.map((form) => ({
      name: typeof form === 'string' ? 'as text' : 'as bytes',
      decode: () => decode(form),
      decodeAgain: () => decode(fromText(formatLinkFormat(decode(form))), true),
      content,
    })),
    encodings: [],
  };
}

/** A value as the vectors write it: integers that are not safe and floats that are no number of JSON as text. */
function plain(value: ResourceValue): unknown {
  if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))) return String(value);
  if (value instanceof Uint8Array) return { hex: toHex(value) };
  return typeof value === 'object' ? formatObjectLink(value) : value;
}

type Label = 'boolean' | 'number' | 'string' | 'bytes' | 'link';

function labelOf(value: ResourceValue): Label {
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number' || typeof value === 'bigint') return 'number';
  return value instanceof Uint8Array ? 'bytes' : 'link';
}

function showWith(labels: Readonly<Record<Label, string>>): (record: ResourceRecord) => Shown {
  return ({ path, value, time }) => ({
    path: formatPath(path),
    [labels[labelOf(value)]]: plain(value),
    ...(time === undefined ? {} : { t: time }),
  });
}

/** A record as the vectors of SenML write it. */
export const showSenml: (record: ResourceRecord) => Shown = showWith({
  boolean: 'vb',
  number: 'v',
  string: 'vs',
  bytes: 'vd',
  link: 'vlo',
});
const showOmaJson = showWith({ boolean: 'bv', number: 'v', string: 'sv', bytes: 'sv', link: 'ov' });
const showValue = showWith({ boolean: 'value', number: 'value', string: 'value', bytes: 'value', link: 'value' });
