import { describe, expect, test } from 'vitest';
import {
  formatOperation,
  formatOperationResult,
  parseOperation,
  parseOperationResult,
  type Operation,
} from '../../src/index.ts';
import { OPERATIONS, RESULTS } from './operation-samples.ts';

describe('the text of an operation', () => {
  test.each(OPERATIONS)('$kind $path$paths', (operation) => {
    const text = formatOperation(operation);
    expect(parseOperation(text)).toEqual(operation);
    expect(formatOperation(parseOperation(text))).toBe(text);
  });

  test.each(RESULTS)('a result $responseCode', (result) => {
    expect(parseOperationResult(formatOperationResult(result))).toEqual(result);
  });

  test('is readable, and tags what JSON does not have', () => {
    const node = { kind: 'singleResource', id: 9, type: 'integer', value: 2n ** 60n } as const;
    expect(formatOperation({ kind: 'write', path: '/3/0/9', mode: 'replace', node })).toBe(
      '{"kind":"write","path":"/3/0/9","mode":"replace","node":{"kind":"singleResource","id":9,"type":"integer","value":{"bigint":"1152921504606846976"}}}',
    );
    expect(formatOperation({ kind: 'request', method: 'PUT', path: ['3'], payload: Uint8Array.of(1, 2) })).toBe(
      '{"kind":"request","method":"PUT","path":["3"],"payload":"AQI="}',
    );
  });

  test('negative zero stays what it is', () => {
    const node = { kind: 'singleResource', id: 9, type: 'float', value: -0 } as const;
    const parsed = parseOperation(formatOperation({ kind: 'write', path: '/3/0/9', mode: 'replace', node }));
    expect(parsed).toMatchObject({ node: { value: -0 } });
    expect(parsed).not.toMatchObject({ node: { value: 0 } });
  });

  test('names that a prototype has are names like others', () => {
    const unknown = JSON.parse('{"__proto__":"a","constructor":null}') as Record<string, string | null>;
    const operation: Operation = { kind: 'writeAttributes', path: '/3', attributes: { unknown } };
    const parsed = parseOperation(formatOperation(operation));
    expect(parsed.kind === 'writeAttributes' ? Object.entries(parsed.attributes.unknown ?? {}) : []).toEqual([
      ['__proto__', 'a'],
      ['constructor', null],
    ]);
  });

  test('a number that JSON does not have is never written as null, which would unset the attribute', () => {
    expect(() => formatOperation({ kind: 'writeAttributes', path: '/3', attributes: { pmin: NaN } })).toThrow(
      RangeError,
    );
  });

  test('one that is too long is not written', () => {
    const payload = new Uint8Array(13_000_000);
    expect(() => formatOperation({ kind: 'request', method: 'PUT', path: [], payload })).toThrow(RangeError);
  });

  test('a payload of the greatest size is', () => {
    const node = { kind: 'singleResource', id: 0, type: 'opaque', value: new Uint8Array(4_194_304).fill(7) } as const;
    const operation: Operation = { kind: 'write', path: '/5/0/0', mode: 'replace', node };
    expect(parseOperation(formatOperation(operation))).toEqual(operation);
  });
});

const NODE = '{"kind":"singleResource","id":9,"type":"integer","value":1}';
const WRITE = `{"kind":"write","path":"/3/0/9","mode":"replace","node":${NODE}}`;

describe('what is no operation', () => {
  test.each([
    ['nothing', '', 'JSON'],
    ['no JSON', '{', 'JSON'],
    ['null', 'null', 'an object at the top'],
    ['an array', '[]', 'an object at the top'],
    ['an object of no kind', '{}', 'one of the kinds'],
    ['a kind that there is not', '{"kind":"reboot"}', 'one of the kinds'],
    ['a kind of every object', '{"kind":"constructor"}', 'one of the kinds'],
    ['a kind that is no text', '{"kind":["read"]}', 'one of the kinds'],
    ['a field too few', '{"kind":"read"}', 'the field path'],
    ['a field too many', '{"kind":"delete","path":"/3/0","force":true}', 'the fields path alone'],
    ['a field of every object', '{"kind":"delete","path":"/3/0","__proto__":{}}', 'the fields path alone'],
    ['a path that is no text', '{"kind":"read","path":3}', 'a string at /path'],
    ['an Accept that is none', '{"kind":"read","path":"/3","accept":65536}', 'from 0 to 65535 at /accept'],
    ['a depth that is none', '{"kind":"discover","path":"/3","depth":4}', 'one of 0, 1, 2, 3 at /depth'],
    ['a mode that is none', WRITE.replace('replace', 'append'), 'one of replace, update at /mode'],
    ['a node that is none', WRITE.replace('singleResource', 'resource'), 'one of the kinds'],
    ['an id that is none', WRITE.replace('"id":9', '"id":-1'), 'at /node/id'],
    ['a type that is none', WRITE.replace('"integer"', '"int"'), 'at /node/type'],
    ['a value that is none', WRITE.replace('"value":1', '"value":null'), 'an object at /node/value'],
    ['a value of an array', WRITE.replace('"value":1', '"value":[1]'), 'an object at /node/value'],
    ['a tag that there is not', WRITE.replace('"value":1', '"value":{"date":"x"}'), 'a value at /node/value'],
    ['two tags', WRITE.replace('"value":1', '"value":{"bigint":"1","bytes":""}'), 'a value at /node/value'],
    ['no tag', WRITE.replace('"value":1', '"value":{}'), 'a value at /node/value'],
    ['a bigint that is none', WRITE.replace('"value":1', '"value":{"bigint":"0x1"}'), 'a value at /node/value'],
    ['a bigint without end', WRITE.replace('"value":1', `"value":{"bigint":"${'9'.repeat(21)}"}`), 'a value'],
    ['a number that is tagged in vain', WRITE.replace('"value":1', '"value":{"number":"1"}'), 'a value'],
    ['a number that every object has', WRITE.replace('"value":1', '"value":{"number":"valueOf"}'), 'a value'],
    ['bytes that are none', WRITE.replace('"value":1', '"value":{"bytes":"A"}'), 'base64 at /node/value/bytes'],
    ['bytes in another alphabet', WRITE.replace('"value":1', '"value":{"bytes":"-_-_"}'), 'base64'],
    ['a link that is none', WRITE.replace('"value":1', '"value":{"link":{"objectId":1}}'), 'objectInstanceId'],
    ['a change without a value', '{"kind":"writeComposite","changes":[{"path":"/3/0/9"}]}', 'the field type'],
    ['a change of a path that is none', '{"kind":"writeComposite","changes":[{"path":"x","value":null}]}', 'a path'],
    ['an attribute that is none', '{"kind":"writeAttributes","path":"/3","attributes":{"pmin":"1"}}', 'a number'],
    ['an attribute unset in an Observe', '{"kind":"observe","path":"/3","attributes":{"pmin":null}}', 'a number'],
    ['a method that is none', '{"kind":"request","method":"HEAD","path":[]}', 'one of GET'],
    ['arrays without end', '['.repeat(100_000), 'at most 16 arrays'],
    ['objects without end', '{"a":'.repeat(100_000), 'at most 16 arrays'],
    ['text without end', `"${'a'.repeat(16_777_215)}"`, 'at most 16777216 characters'],
  ])('%s', (_name, text, expected) => {
    expect(() => parseOperation(text)).toThrow(
      expect.objectContaining({
        name: 'Lwm2mServerError',
        code: 'ERR_LWM2M_SERVER_OPERATION',
        message: expect.stringContaining(expected) as unknown,
      }),
    );
  });

  test('brackets in strings do not count', () => {
    const path = '[{"\\'.repeat(20);
    expect(parseOperation(JSON.stringify({ kind: 'read', path }))).toEqual({ kind: 'read', path });
  });

  test('nothing of the text is in the error', () => {
    expect(() => parseOperation('{"kind":"read","path":"/3","secret":1}')).toThrow(/^(?!.*secret)/);
  });
});

test.each(['{}', '{"responseCode":2}', '{"responseCode":"2.05","links":[{"target":"/3","attributes":{"a":false}}]}'])(
  'no result: %s',
  (text) => {
    expect(() => parseOperationResult(text)).toThrow(expect.objectContaining({ code: 'ERR_LWM2M_SERVER_OPERATION' }));
  },
);
