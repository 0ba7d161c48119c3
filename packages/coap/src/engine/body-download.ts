import { blockSize, type BlockValue } from '../block.ts';
import { CoapError } from '../errors.ts';
import { MAX_BLOCK_NUMBER } from '../limits.ts';
import type { CoapMessage, CoapOption } from '../message.ts';
import { findOption, uintOption } from '../option-values.ts';
import { OptionNumber } from '../options.ts';
import type { Budget } from './budget.ts';
import { equalBytes } from './equal-bytes.ts';
import { GrowingBody } from './growing-body.ts';

/** What a block did to a body: it needs more, it is whole, or the resource changed under it (RFC 7959 §2.4). */
export type DownloadStep = 'more' | 'complete' | 'changed';

/** The body of a response that comes in Block2 blocks. */
export class BodyDownload {
  readonly code: number;
  /** Those of the first block. */
  readonly options: readonly CoapOption[];
  /** Size2 of the first block (RFC 7959 §4): the size of the whole, as the peer estimates it. */
  readonly total: number | undefined;
  readonly #maxBodySize: number;
  readonly #etag: Uint8Array | undefined;
  readonly #body = new GrowingBody();
  readonly #budget: Budget;
  #szx: number;

  /**
   * Begins with the first block; `add` it then. Its bytes come out of `budget` until `release`. Throws `CoapError` when the
   * body is too large.
   */
  constructor(message: CoapMessage, options: readonly CoapOption[], szx: number, maxBodySize: number, budget: Budget) {
    this.#budget = budget;
    this.code = message.code;
    this.options = options;
    this.#szx = szx;
    this.#maxBodySize = maxBodySize;
    this.#etag = findOption(options, OptionNumber.ETAG)?.value;
    this.total = uintOption(options, OptionNumber.SIZE2);
    this.#checkSize(this.total ?? 0);
  }

  /** The block to ask for next, in blocks of the size that came last. */
  get next(): BlockValue {
    return { num: this.#body.length / blockSize(this.#szx), more: false, szx: this.#szx };
  }

  /** Takes a block. Throws `CoapError` when it does not follow, or makes the body too large. */
  add(message: CoapMessage, options: readonly CoapOption[], block: BlockValue): DownloadStep {
    if (message.code !== this.code || !sameEtag(this.#etag, findOption(options, OptionNumber.ETAG)?.value)) {
      return 'changed';
    }
    const size = blockSize(block.szx);
    if (block.num * size !== this.#body.length) {
      throw new CoapError(
        'ERR_COAP_BLOCK',
        `expected the block at byte ${this.#body.length} of the body, found the one at byte ${block.num * size}`,
      );
    }
    const { payload } = message;
    if (block.more ? payload.length !== size : payload.length > size) {
      throw new CoapError('ERR_COAP_BLOCK', `expected a block of ${size} bytes, found ${payload.length}`);
    }
    this.#checkSize(this.#body.length + payload.length);
    // RFC 7959 §2.4: the server may go on with smaller blocks than it was asked for, never with larger ones.
    this.#szx = Math.min(this.#szx, block.szx);
    if (block.more && (this.#body.length + payload.length) / blockSize(this.#szx) > MAX_BLOCK_NUMBER) {
      throw new CoapError('ERR_COAP_BLOCK', 'the peer goes on after the last block that has a number');
    }
    if (!this.#budget.take(payload.length)) {
      throw this.#limit('too many bodies are being fetched at the same time');
    }
    this.#body.append(payload);
    return block.more ? 'more' : 'complete';
  }

  /** Bytes that have come. */
  get transferred(): number {
    return this.#body.length;
  }

  /** The body so far. */
  body(): Uint8Array {
    return this.#body.bytes();
  }

  /** Nothing more comes: its bytes are free for others. Call it once. */
  release(): void {
    this.#budget.giveBack(this.#body.length);
  }

  #checkSize(size: number): void {
    if (size <= this.#maxBodySize) return;
    throw this.#limit(`a body of ${size} bytes is larger than maxBodySize, ${this.#maxBodySize}`);
  }

  /** The code tells that the peer has answered, and what: other bounds keep a request from being sent. */
  #limit(text: string): CoapError {
    return new CoapError('ERR_COAP_LIMIT', text, { responseCode: this.code });
  }
}

function sameEtag(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return equalBytes(a, b);
}
