import { describe, expect, test } from 'vitest';
import { DecodeError } from '@flownexus/lwm2m-core';
import { failureOf } from './failure.ts';
import { loadVectors, vectorFiles } from './formats/vectors.ts';
import type { FormatVector } from './formats/vectors.ts';
import { WAYS } from './vector-ways.ts';
import type { DecodingWay } from './vector-ways.ts';

/*
 * Payloads with what is in them, each in the direction that it is for. What devices sent is in files of its own, named
 * captures, and has its tests elsewhere.
 */

/** What the specifications leave open, and what this package does. */
const CHOICES: Readonly<Record<string, readonly [does: 'accept' | 'reject', why: string]>> = {
  'attr-incons-pmin=10&pmax=5': ['accept', 'a device of LwM2M 1.2 ignores the pmax; checkAttributes tells of it'],
  'cbor-reject-60': ['accept', 'strings of indefinite length are CBOR'],
  'cbor-reject-61': ['accept', 'strings of indefinite length are CBOR'],
  'lwcbor-bad-inner-empty-map': ['accept', 'it is the form of an Object without instances'],
  'omajson-split-bn': ['accept', 'a name is the base name and the name of the entry in one text'],
  'senml-json-gateway-erratum': ['reject', 'a path has no empty segment'],
  'senml-cbor-reject-31': ['accept', 'maps of indefinite length are CBOR'],
  'senml-cbor-empty-payload': ['accept', 'the answer to a Read may be empty, whatever its format'],
  'tlv-resource-in-instance-wrapper': ['accept', 'the wrapper is that of the Object Instance that was asked for'],
};

/** What only a definition shows to be wrong, since without one the value is taken as it is. */
const WRONG_BY_DEFINITION: ReadonlySet<string> = new Set([
  'omajson-bad-empty-single',
  'tlv-empty-single-resource',
  'tlv-bool-2bytes',
  'tlv-objlnk-3bytes',
]);

/** What is encoded in another form of the same content. */
const OTHER_ENCODINGS: Readonly<Record<string, readonly [way: string, why: string]>> = {
  'tlv-type-float32': ['as float', 'floats are written in 8 bytes, in which any has its place'],
  'cbor-18': ['with definitions', 'the Resource is an integer'],
  'cbor-20': ['with definitions', 'the Resource is an integer'],
  'cbor-23': ['with definitions', 'the Resource is an integer'],
};

/** Where the definition says that the Resource is multiple: its one value is that of Resource Instance 0 in a tree. */
const MULTIPLE_BY_DEFINITION: Readonly<Record<string, readonly [path: string, inTree: string]>> = {
  'senml-cbor-8': ['/65/543/0', '/65/543/0/0'],
  'tlv-create-no-instance': ['/2/65535/2', '/2/65535/2/0'],
};

interface Case {
  readonly file: string;
  readonly vector: FormatVector;
}

const files = vectorFiles().filter((file) => !file.startsWith('captures'));
const all: readonly Case[] = files.flatMap((file) => loadVectors(file).map((vector) => ({ file, vector })));
const verdictOf = ({ vector }: Case): string | undefined =>
  vector.expect === 'either' ? CHOICES[vector.name]?.[0] : vector.expect;
const isFor = ({ vector }: Case, direction: 'decode' | 'encode'): boolean =>
  vector.direction === direction || vector.direction === 'both';

const accepted = all.filter((item) => isFor(item, 'decode') && verdictOf(item) === 'accept');
const rejected = all.filter((item) => isFor(item, 'decode') && verdictOf(item) === 'reject');
const encoded = all.filter((item) => isFor(item, 'encode'));

function contentInTree(content: unknown, vectorName: string, wayName: string): unknown {
  const paths = wayName === 'with definitions' ? MULTIPLE_BY_DEFINITION[vectorName] : undefined;
  return paths === undefined ? content : (JSON.parse(JSON.stringify(content).replace(...paths)) as unknown);
}

function decodingsOf({ file, vector }: Case): readonly DecodingWay[] {
  const decodings = WAYS[file]?.(vector).decodings ?? [];
  expect(decodings.length, 'the ways to decode it').toBeGreaterThan(0);
  return decodings;
}

describe('decodes', () => {
  test.each(accepted)('$file: $vector.name', (item) => {
    for (const { name, decode, decodeAgain, content } of decodingsOf(item)) {
      expect(content, 'what is in it').toBeDefined();
      expect(decode(), name).toEqual(content);
      if (decodeAgain === undefined) continue;
      expect(decodeAgain(), `${name}, once more`).toEqual(contentInTree(content, item.vector.name, name));
    }
  });
});

describe('refuses', () => {
  test.each(rejected)('$file: $vector.name', (item) => {
    for (const { name, decode } of decodingsOf(item)) {
      if (name === 'without definitions' && WRONG_BY_DEFINITION.has(item.vector.name)) decode();
      else expect(failureOf(decode), name).toBeInstanceOf(DecodeError);
    }
  });
});

describe('encodes', () => {
  test.each(encoded)('$file: $vector.name', ({ file, vector }) => {
    const { encodings = [] } = WAYS[file]?.(vector) ?? {};
    expect(encodings.length, 'the ways to encode it').toBeGreaterThan(0);
    for (const { name, encode } of encodings) {
      // That the content is the same the test of decoding shows, which decodes what was encoded.
      if (OTHER_ENCODINGS[vector.name]?.[0] === name) expect(encode(), name).not.toBe(vector.hex);
      else expect(encode(), name).toBe(vector.hex);
    }
  });
});

describe('no vector is left out', () => {
  test('each file has its ways', () => {
    expect(files.toSorted()).toEqual(Object.keys(WAYS).toSorted());
  });

  test.each(files)('%s', (file) => {
    const vectors = loadVectors(file);
    const ofFile = (items: readonly Case[]): number => items.filter((item) => item.file === file).length;
    const both = vectors.filter(({ direction }) => direction === 'both').length;
    expect(vectors.length).toBeGreaterThan(0);
    expect(ofFile(accepted) + ofFile(rejected) + ofFile(encoded)).toBe(vectors.length + both);
    expect(new Set(vectors.map(({ name }) => name)).size).toBe(vectors.length);
  });

  test('each choice is of a vector that leaves one, and each exception of a vector', () => {
    const names = (items: readonly Case[]): string[] => items.map(({ vector }) => vector.name);
    const open = all.filter(({ vector }) => vector.expect === 'either');
    expect(Object.keys(CHOICES).toSorted()).toEqual(names(open).toSorted());
    expect(names(rejected)).toEqual(expect.arrayContaining([...WRONG_BY_DEFINITION]));
    expect(names(encoded)).toEqual(expect.arrayContaining(Object.keys(OTHER_ENCODINGS)));
    expect(names(accepted)).toEqual(expect.arrayContaining(Object.keys(MULTIPLE_BY_DEFINITION)));
  });
});
