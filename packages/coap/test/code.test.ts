import { describe, expect, test } from 'vitest';
import { Code, codeClass, formatCode, isRequest, isResponse, isSuccess, parseCode } from '../src/index.ts';

// RFC 7252 §12.1.1, §12.1.2; RFC 7959 §6; RFC 8132 §6; RFC 8516 §6; RFC 8768 §6
const REGISTRY: Record<keyof typeof Code, string> = {
  EMPTY: '0.00',
  GET: '0.01',
  POST: '0.02',
  PUT: '0.03',
  DELETE: '0.04',
  FETCH: '0.05',
  PATCH: '0.06',
  IPATCH: '0.07',
  CREATED: '2.01',
  DELETED: '2.02',
  VALID: '2.03',
  CHANGED: '2.04',
  CONTENT: '2.05',
  CONTINUE: '2.31',
  BAD_REQUEST: '4.00',
  UNAUTHORIZED: '4.01',
  BAD_OPTION: '4.02',
  FORBIDDEN: '4.03',
  NOT_FOUND: '4.04',
  METHOD_NOT_ALLOWED: '4.05',
  NOT_ACCEPTABLE: '4.06',
  REQUEST_ENTITY_INCOMPLETE: '4.08',
  CONFLICT: '4.09',
  PRECONDITION_FAILED: '4.12',
  REQUEST_ENTITY_TOO_LARGE: '4.13',
  UNSUPPORTED_CONTENT_FORMAT: '4.15',
  UNPROCESSABLE_ENTITY: '4.22',
  TOO_MANY_REQUESTS: '4.29',
  INTERNAL_SERVER_ERROR: '5.00',
  NOT_IMPLEMENTED: '5.01',
  BAD_GATEWAY: '5.02',
  SERVICE_UNAVAILABLE: '5.03',
  GATEWAY_TIMEOUT: '5.04',
  PROXYING_NOT_SUPPORTED: '5.05',
  HOP_LIMIT_REACHED: '5.08',
};

describe('Code', () => {
  test('is the registry', () => {
    const formatted = Object.fromEntries(Object.entries(Code).map(([name, code]) => [name, formatCode(code)]));
    expect(formatted).toEqual(REGISTRY);
  });

  test('every byte survives format and parse', () => {
    for (let code = 0; code < 256; code++) expect(parseCode(formatCode(code))).toBe(code);
  });

  test('formats with two digits of detail', () => {
    expect(formatCode(69)).toBe('2.05');
    expect(formatCode(255)).toBe('7.31');
  });

  test.each([-1, 256, 1.5, Number.NaN])('does not format %d', (code) => {
    expect(() => formatCode(code)).toThrow(RangeError);
  });

  test.each(['', '2.5', '2.032', '8.00', '2.32', '205', ' 2.05', '2.05\n'])('does not parse %j', (text) => {
    expect(() => parseCode(text)).toThrow(RangeError);
  });

  test('knows classes', () => {
    expect(codeClass(Code.CONTINUE)).toBe(2);
    expect([Code.EMPTY, Code.GET, 31, 32, Code.CONTENT].map(isRequest)).toEqual([false, true, true, false, false]);
    expect([Code.EMPTY, Code.IPATCH, 63, 64, 96, Code.NOT_FOUND, 191, 192].map(isResponse)).toEqual([
      false,
      false,
      false,
      true,
      true,
      true,
      true,
      false,
    ]);
    expect([Code.GET, 63, 64, 95, 96, Code.BAD_REQUEST].map(isSuccess)).toEqual([
      false,
      false,
      true,
      true,
      false,
      false,
    ]);
  });
});
