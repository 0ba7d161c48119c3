import { blockOption, blockSize, encodeBlock, type BlockValue } from '../block.ts';
import { Code, isSuccess } from '../code.ts';
import { CoapError } from '../errors.ts';
import { MAX_BLOCK_NUMBER } from '../limits.ts';
import type { CoapOption } from '../message.ts';
import { makeOption, makeUintOption } from '../option-values.ts';
import { OptionNumber } from '../options.ts';

/** The body of a request of ours: it goes out whole, or in Block1 blocks when it is larger than one (RFC 7959 §2.3, §2.5). */
export class OutgoingBody {
  readonly bytes: Uint8Array;
  #szx: number;
  #offset = 0;
  /** The block being sent; undefined when the request has no Block1. */
  #block: BlockValue | undefined;
  #restarted = false;

  /** Throws `RangeError` for a body that has too many blocks of the size. */
  constructor(bytes: Uint8Array, szx: number) {
    this.bytes = bytes;
    this.#szx = szx;
    if (bytes.length > (MAX_BLOCK_NUMBER + 1) * blockSize(szx)) {
      throw new RangeError(`a body of ${bytes.length} bytes has too many blocks`);
    }
  }

  /** It goes out in blocks. */
  get inBlocks(): boolean {
    return this.bytes.length > blockSize(this.#szx);
  }

  /** Bytes that the peer has taken. */
  get offset(): number {
    return this.#offset;
  }

  /** The message being sent has the end of the body. */
  get atEnd(): boolean {
    return this.#block === undefined || !this.#block.more;
  }

  /** The part of the body for the next message, whose block options are pushed to `options`. Throws `CoapError` beyond 2^20 blocks. */
  part(options: CoapOption[]): Uint8Array {
    if (!this.inBlocks) {
      this.#block = undefined;
      return this.bytes;
    }
    const size = blockSize(this.#szx);
    const num = this.#offset / size;
    if (num > MAX_BLOCK_NUMBER) {
      throw new CoapError(
        'ERR_COAP_BLOCK',
        `the peer wants blocks of ${size} bytes: there are not enough numbers for them`,
      );
    }
    const end = this.#offset + size;
    this.#block = { num, more: end < this.bytes.length, szx: this.#szx };
    options.push(makeOption(OptionNumber.BLOCK1, encodeBlock(this.#block)));
    // RFC 7959 §4: the size of the whole body, for the peer to refuse it early.
    if (num === 0) options.push(makeUintOption(OptionNumber.SIZE1, this.bytes.length));
    return this.bytes.subarray(this.#offset, end);
  }

  /** Whether the response asks for more of the request; `part` gives it then. Throws `CoapError` for one that makes no sense. */
  advance(code: number, options: readonly CoapOption[]): boolean {
    const block = blockOption(options, OptionNumber.BLOCK1);
    const sent = this.#block;
    // RFC 7959 §2.9.3: with a Block1 option it means that smaller blocks would do.
    if (code === Code.REQUEST_ENTITY_TOO_LARGE && block !== undefined) {
      const begun = sent !== undefined && sent.num > 0;
      if (begun || block.szx >= this.#szx || this.bytes.length <= blockSize(block.szx)) return false;
      this.#szx = block.szx;
      this.#offset = 0;
      return true;
    }
    if (sent === undefined) return false;
    if (code === Code.REQUEST_ENTITY_INCOMPLETE) {
      // RFC 7959 §2.9.2: the peer has lost the blocks before this one.
      if (this.#restarted) return false;
      this.#restarted = true;
      this.#offset = 0;
      return true;
    }
    if (!sent.more) {
      if (code !== Code.CONTINUE) return false;
      throw new CoapError('ERR_COAP_BLOCK', 'expected a response after the last block, found 2.31 Continue');
    }
    // A final response before the last block ends the transfer, unless it is a success for this block alone.
    if (code !== Code.CONTINUE && !(isSuccess(code) && block !== undefined)) return false;
    if (block === undefined || block.num !== sent.num) {
      throw new CoapError('ERR_COAP_BLOCK', `expected Block1 ${sent.num} in the response, found another or none`);
    }
    // RFC 7959 §2.3: the peer may ask for smaller blocks from here on.
    this.#offset += blockSize(this.#szx);
    this.#szx = Math.min(this.#szx, block.szx);
    return true;
  }
}
