import type { CoapReply } from '../api.ts';
import { blockSize, encodeBlock } from '../block.ts';
import { Code, isResponse, isSuccess } from '../code.ts';
import { CoapError } from '../errors.ts';
import type { CoapOption } from '../message.ts';
import { buildOptions, makeOption, makeUintOption } from '../option-values.ts';
import { OptionNumber } from '../options.ts';
import { isPromise } from '../when.ts';
import { sliceSource } from './body-source.ts';
import { asksSize, validated, type ReplyShape } from './reply-shape.ts';
import { slice, withBlock2, withEtag, withOptions, withSize2, type Slice } from './representations.ts';
import { checkFurtherOptions, checkPayload } from './request-options.ts';

const NO_BYTES = new Uint8Array(0);
const encoder = new TextEncoder();

/**
 * The message that a reply becomes: its first block when it is larger. A promise when its body is read asynchronously. Throws,
 * or rejects, for a reply that can't be.
 */
export function shapeReply(reply: CoapReply, shape: ReplyShape): Slice | Promise<Slice> {
  if (!isResponse(reply.code)) throw new TypeError(`${reply.code} is not a response code`);
  if (reply.options !== undefined) checkFurtherOptions(reply.options);
  checkPayload(reply.payload);
  if (reply.body === undefined) return complete(slicePayload(reply, shape), shape);
  const sliced = sliceSource(reply, reply.body, shape);
  return isPromise(sliced) ? sliced.then((result) => complete(result, shape)) : complete(sliced, shape);
}

function slicePayload(reply: CoapReply, shape: ReplyShape): Slice {
  const own = buildOptions(reply);
  const payload = reply.payload ?? NO_BYTES;
  const { block2 } = shape;
  const size = blockSize(Math.min(block2?.szx ?? shape.szx, shape.szx));
  const asked = block2 === undefined ? 0 : block2.num * blockSize(block2.szx);
  if (asked > 0 && asked >= payload.length) {
    // Nothing is kept for a block that does not exist (RFC 7959 §2.4), or for an error that is no body.
    return isSuccess(reply.code)
      ? { code: Code.BAD_REQUEST, options: [], payload: NO_BYTES }
      : { code: reply.code, options: own, payload: payload.subarray(0, size) };
  }
  const tellSize = asksSize(shape.options);
  if (payload.length <= size && asked === 0) {
    let result = validated(reply.code, own, shape);
    if (result !== undefined) return result;
    result = { code: reply.code, options: own, payload };
    // RFC 7959 §2.4: the peer asked for blocks and is told that this is all.
    if (block2 !== undefined)
      result = withBlock2(result, { num: 0, more: false, szx: Math.min(block2.szx, shape.szx) });
    return tellSize && isSuccess(reply.code) ? withSize2(result, payload.length) : result;
  }
  const representation = withEtag({ code: reply.code, options: own, body: payload });
  const valid = asked === 0 ? validated(reply.code, representation.options, shape) : undefined;
  if (valid !== undefined) return valid;
  shape.keep(representation);
  return slice(representation, block2 ?? { num: 0, more: false, szx: shape.szx }, shape.szx, tellSize);
}

/** What every message of the reply has besides its content. */
function complete(result: Slice, { szx, block1, observe }: ReplyShape): Slice {
  const further: CoapOption[] = [];
  if (observe !== undefined) further.push(makeUintOption(OptionNumber.OBSERVE, observe));
  if (block1 !== undefined) {
    const answer = { num: block1.num, more: false, szx: Math.min(block1.szx, szx) };
    further.push(makeOption(OptionNumber.BLOCK1, encodeBlock(answer)));
  }
  return further.length === 0 ? result : withOptions(result, further);
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
