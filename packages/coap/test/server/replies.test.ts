import { describe, expect, test, vi } from 'vitest';
import { Code, ContentFormat, type IncomingRequest, replies } from '../../src/index.ts';
import { bytes } from '../scenarios/world.ts';

describe('replies', () => {
  test('content', () => {
    expect(replies.content('é')).toEqual({ code: Code.CONTENT, contentFormat: 0, payload: bytes('é') });
    expect(replies.content('{}', ContentFormat.JSON)).toMatchObject({ contentFormat: 50 });
    expect(replies.content(bytes('x'))).toEqual({ code: Code.CONTENT, payload: bytes('x') });
    expect(replies.content(bytes('x'), 42)).toEqual({ code: Code.CONTENT, contentFormat: 42, payload: bytes('x') });
  });

  test('created, changed, deleted', () => {
    expect(replies.created()).toEqual({ code: Code.CREATED });
    expect(replies.created('/a/b')).toEqual({ code: Code.CREATED, locationPath: ['a', 'b'] });
    expect(replies.created(['a/b'])).toEqual({ code: Code.CREATED, locationPath: ['a/b'] });
    expect([replies.changed(), replies.deleted()]).toEqual([{ code: Code.CHANGED }, { code: Code.DELETED }]);
  });

  test('errors', () => {
    expect(replies.error(Code.CONFLICT, 'busy')).toEqual({ code: Code.CONFLICT, payload: bytes('busy') });
    expect(replies.error(Code.SERVICE_UNAVAILABLE)).toEqual({ code: Code.SERVICE_UNAVAILABLE });
    expect(replies.badRequest('why')).toEqual({ code: Code.BAD_REQUEST, payload: bytes('why') });
    expect(replies.notFound()).toEqual({ code: Code.NOT_FOUND });
    expect(replies.unsupportedContentFormat().code).toBe(Code.UNSUPPORTED_CONTENT_FORMAT);
    expect(replies.error(Code.CONFLICT, 'x'.repeat(300)).payload).toHaveLength(256);
    expect(() => replies.error(Code.CONTENT)).toThrow(TypeError);
    expect(() => replies.error(Code.GET)).toThrow(TypeError);
  });
});

/** TD_COAP_CORE_20: RFC 7252 §5.10.4. */
describe('a negotiated reply', () => {
  const negotiated = (accept: number | undefined): unknown[] => {
    const text = vi.fn(() => 'text');
    const xml = vi.fn(() => '<xml/>');
    const { code, contentFormat } = replies.negotiated({ accept } as IncomingRequest, [
      [ContentFormat.XML, xml],
      [ContentFormat.TEXT_PLAIN, text],
    ]);
    return [code, contentFormat, xml.mock.calls.length, text.mock.calls.length];
  };

  test('is in the format that is accepted', () => {
    expect(negotiated(0)).toEqual([Code.CONTENT, 0, 0, 1]);
    expect(negotiated(41)).toEqual([Code.CONTENT, 41, 1, 0]);
  });

  test('is in the first one when any is', () => {
    expect(negotiated(undefined)).toEqual([Code.CONTENT, 41, 1, 0]);
  });

  test('is 4.06 when none is', () => {
    expect(negotiated(50)).toEqual([Code.NOT_ACCEPTABLE, undefined, 0, 0]);
  });
});
