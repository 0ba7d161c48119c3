import type { CoapReply } from '../api.ts';
import { blockSize, encodeBlock, type BlockValue } from '../block.ts';
import { Code, isResponse, isSuccess } from '../code.ts';
import { CoapError } from '../errors.ts';
import type { CoapOption } from '../message.ts';
import { buildOptions, findOption, makeOption, makeUintOption } from '../option-values.ts';
import { OptionNumber } from '../options.ts';
import { equalBytes } from './equal-bytes.ts';
import { checkFurtherOptions } from './request-options.ts';
import type { Representation, Slice } from './representations.ts';
import { slice, withEtag } from './representations.ts';

const NO_BYTES = new Uint8Array(0);
const encoder = new TextEncoder();

/** What of the request shapes its reply. */
export interface ReplyShape {
  readonly method: number;
  /** Those of the request. */
  readonly options: readonly CoapOption[];
  readonly szx: number;
  /** Keeps a body that is larger than a block. */
  readonly keep: (representation: Representation) => void;
  /** Block1 of the last block of the request, which the reply repeats (RFC 7959 §2.3). */
  readonly block1?: BlockValue | undefined;
  /** Block2 of the request (RFC 7959 §2.4). */
  readonly block2?: BlockValue | undefined;
  readonly observe?: number | undefined;
}

/** The message that a reply becomes: its first block when it is larger. Throws for a reply that can't be. */
export function shapeReply(reply: CoapReply, shape: ReplyShape): Slice {
  if (!isResponse(reply.code)) throw new TypeError(`${reply.code} is not a response code`);
  if (reply.options !== undefined) checkFurtherOptions(reply.options);
  const own = buildOptions(reply);
  const payload = reply.payload ?? NO_BYTES;
  const { block2 } = shape;
  const size = blockSize(Math.min(block2?.szx ?? shape.szx, shape.szx));
  let result: Slice;
  const asked = block2 === undefined ? 0 : block2.num * blockSize(block2.szx);
  if (asked === 0 && isKnown(reply.code, own, shape)) result = validated(own);
  else if (asked > 0 && asked >= payload.length) {
    // Nothing is kept for a block that does not exist (RFC 7959 §2.4), or for an error that is no body.
    result = isSuccess(reply.code)
      ? { code: Code.BAD_REQUEST, options: [], payload: NO_BYTES }
      : { code: reply.code, options: own, payload: payload.subarray(0, size) };
  } else if (payload.length <= size && asked === 0) {
    result = { code: reply.code, options: own, payload };
    // RFC 7959 §2.4: the peer asked for blocks and is told that this is all.
    if (block2 !== undefined) result = withBlock2(result, Math.min(block2.szx, shape.szx));
  } else {
    const representation = withEtag({ code: reply.code, options: own, body: payload });
    if (asked === 0 && isKnown(reply.code, representation.options, shape)) result = validated(representation.options);
    else {
      shape.keep(representation);
      result = slice(representation, block2 ?? { num: 0, more: false, szx: shape.szx }, shape.szx);
    }
  }
  const further: CoapOption[] = [];
  if (shape.observe !== undefined) further.push(makeUintOption(OptionNumber.OBSERVE, shape.observe));
  if (shape.block1 !== undefined) {
    const { num, szx } = shape.block1;
    further.push(makeOption(OptionNumber.BLOCK1, encodeBlock({ num, more: false, szx: Math.min(szx, shape.szx) })));
  }
  return further.length === 0 ? result : { ...result, options: sorted([...result.options, ...further]) };
}

/** A GET or a FETCH: it can be performed again without a second effect (RFC 7252 §5.1, RFC 8132 §2). */
export function isSafe(method: number): boolean {
  return method === Code.GET || method === Code.FETCH;
}

/** Whether the peer has the representation already: its request names the ETag (RFC 7252 §5.10.6.2). */
function isKnown(code: number, own: readonly CoapOption[], { method, options }: ReplyShape): boolean {
  if (code !== Code.CONTENT || !isSafe(method)) return false;
  const etag = findOption(own, OptionNumber.ETAG);
  if (etag === undefined) return false;
  return options.some(({ number, value }) => number === OptionNumber.ETAG && equalBytes(value, etag.value));
}

/** RFC 7252 §5.9.1.3: the ETag, what says how long it is fresh, and no payload. */
function validated(own: readonly CoapOption[]): Slice {
  const options = own.filter(({ number }) => number === OptionNumber.ETAG || number === OptionNumber.MAX_AGE);
  return { code: Code.VALID, options, payload: NO_BYTES };
}

/** What a handler that failed is answered with: its own code when it has one, otherwise 5.00 without a word. */
export function errorReply(error: unknown): CoapReply {
  if (error instanceof CoapError && error.responseCode !== undefined) {
    return diagnosticReply(error.responseCode, error.message);
  }
  return { code: Code.INTERNAL_SERVER_ERROR };
}

/** A reply whose payload is for people (RFC 7252 §5.5.2). */
export function diagnosticReply(code: number, text: string): CoapReply {
  return { code, payload: encoder.encode(text.slice(0, MAX_DIAGNOSTIC_LENGTH)) };
}

const MAX_DIAGNOSTIC_LENGTH = 256;

function withBlock2({ code, options, payload }: Slice, szx: number): Slice {
  const block = makeOption(OptionNumber.BLOCK2, encodeBlock({ num: 0, more: false, szx }));
  return { code, options: sorted([...options, block]), payload };
}

function sorted(options: CoapOption[]): CoapOption[] {
  return options.sort((a, b) => a.number - b.number);
}
