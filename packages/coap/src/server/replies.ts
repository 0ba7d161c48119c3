import type { CoapReply, IncomingRequest } from '../api.ts';
import { Code, codeClass } from '../code.ts';
import { ContentFormat } from '../content-format.ts';
import { diagnosticReply } from '../engine/reply.ts';
import { encodeUtf8 } from '../utf8.ts';
import { pathSegments, type ResourcePath } from './path.ts';

/** Replies in the words of RFC 7252 §5.9. Each is plain data: spread it to add an ETag or a Max-Age. */
export const replies = {
  /** 2.05 with a payload. The Content-Format of text is text/plain unless given; that of bytes is not told unless given. */
  content(payload: string | Uint8Array, contentFormat?: number): CoapReply {
    if (typeof payload !== 'string') {
      return contentFormat === undefined
        ? { code: Code.CONTENT, payload }
        : { code: Code.CONTENT, contentFormat, payload };
    }
    return {
      code: Code.CONTENT,
      contentFormat: contentFormat ?? ContentFormat.TEXT_PLAIN,
      payload: encodeUtf8(payload),
    };
  },

  /** 2.01, with the path of what was created when it is not the one of the request. */
  created(location?: ResourcePath): CoapReply {
    if (location === undefined) return { code: Code.CREATED };
    return { code: Code.CREATED, locationPath: pathSegments(location) };
  },

  /** 2.04 */
  changed(): CoapReply {
    return { code: Code.CHANGED };
  },

  /** 2.02 */
  deleted(): CoapReply {
    return { code: Code.DELETED };
  },

  /**
   * An error with a text for people (RFC 7252 §5.5.2), of which 256 characters are sent. Throws `TypeError` for a code that
   * is none of an error.
   */
  error(code: number, text: string = ''): CoapReply {
    if (codeClass(code) !== 4 && codeClass(code) !== 5) throw new TypeError(`${code} is not the code of an error`);
    return text === '' ? { code } : diagnosticReply(code, text);
  },

  /** 4.00 */
  badRequest(text?: string): CoapReply {
    return replies.error(Code.BAD_REQUEST, text);
  },

  /** 4.04 */
  notFound(text?: string): CoapReply {
    return replies.error(Code.NOT_FOUND, text);
  },

  /** 4.15 */
  unsupportedContentFormat(text?: string): CoapReply {
    return replies.error(Code.UNSUPPORTED_CONTENT_FORMAT, text);
  },

  /**
   * 2.05 in the format that the request accepts, or in the first one when it does not say (RFC 7252 §5.10.4). 4.06 when it
   * accepts none of them. Only the representation that is sent is made.
   *
   * @example
   * replies.negotiated(request, [
   *   [ContentFormat.JSON, () => JSON.stringify(state)],
   *   [ContentFormat.TEXT_PLAIN, () => `${state.temperature} °C`],
   * ]);
   */
  negotiated(
    request: IncomingRequest,
    formats: Iterable<readonly [contentFormat: number, payload: () => string | Uint8Array]>,
  ): CoapReply {
    for (const [contentFormat, payload] of formats) {
      if (request.accept === undefined || request.accept === contentFormat) {
        return replies.content(payload(), contentFormat);
      }
    }
    return { code: Code.NOT_ACCEPTABLE };
  },
} as const;
