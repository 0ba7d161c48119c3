import type { BodySource, CoapReply } from '../api.ts';
import { blockSize } from '../block.ts';
import { Code } from '../code.ts';
import { MAX_SOURCE_SIZE } from '../limits.ts';
import { buildOptions } from '../option-values.ts';
import { isPromise } from '../when.ts';
import { asksSize, isSafe, validated, type ReplyShape } from './reply-shape.ts';
import { cut, withBlock2, withSize2, type Slice } from './representations.ts';

const NO_BYTES = new Uint8Array(0);

/**
 * The block of a source that the request asks for, read for it alone (RFC 7959 §2.4); the whole body when it needs no blocks.
 * Throws, or rejects, for a source that can't be or that does not give what it is asked for.
 */
export function sliceSource(reply: CoapReply, source: BodySource, shape: ReplyShape): Slice | Promise<Slice> {
  const { size, etag } = source;
  if (reply.payload !== undefined) throw new TypeError('a reply has a payload or a body, not both');
  if (!Number.isInteger(size) || size < 0 || size > MAX_SOURCE_SIZE) {
    throw new RangeError(`a body has 0 to ${MAX_SOURCE_SIZE} bytes, not ${size}`);
  }
  const options = buildOptions({ ...reply, etag });
  const { block2, szx, block1 } = shape;
  const asked = block2 ?? { num: 0, more: false, szx };
  if (asked.num === 0) {
    const valid = validated(reply.code, options, shape);
    if (valid !== undefined) return valid;
  }
  const part = cut(size, asked, szx);
  if (part === undefined) return { code: Code.BAD_REQUEST, options: [], payload: NO_BYTES };
  const { block, offset, length } = part;
  if (block.more) {
    // The requests for the rest come to the handler, as they are, and have nothing of this one but its options.
    if (!isSafe(shape.method) || (shape.method === Code.FETCH && block1 !== undefined)) {
      throw new TypeError(`a body of more than ${blockSize(block.szx)} bytes answers a GET, or a FETCH in one block`);
    }
    shape.keep(undefined);
  }
  const finish = (payload: Uint8Array): Slice => {
    if (!(payload instanceof Uint8Array) || payload.length !== length) {
      throw new RangeError(`the source was asked for ${length} bytes and gave another number of them`);
    }
    let result: Slice = { code: reply.code, options, payload };
    if (block2 !== undefined || block.more) result = withBlock2(result, block);
    return (block.more && block.num === 0) || asksSize(shape.options) ? withSize2(result, size) : result;
  };
  const read = length === 0 ? NO_BYTES : source.read(offset, length);
  return isPromise(read) ? Promise.resolve(read).then(finish) : finish(read);
}
