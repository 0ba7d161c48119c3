import type { CoapRequest, CoapResponse } from '../api.ts';
import { blockOption, blockSize, encodeBlock, MAX_SZX, type BlockValue } from '../block.ts';
import { Code, isSuccess } from '../code.ts';
import { CoapError } from '../errors.ts';
import { MAX_BLOCK_NUMBER } from '../limits.ts';
import type { CoapMessage, CoapOption } from '../message.ts';
import { makeOption, makeUintOption } from '../option-values.ts';
import { OptionNumber } from '../options.ts';
import { BodyDownload } from './body-download.ts';
import type { Engine } from './engine.ts';
import { Exchange, type ExchangeListener } from './exchange.ts';
import type { ArrivedResponse, PeerState } from './peer-state.ts';
import { baseOptions } from './request-options.ts';
import { toResponse } from './response.ts';

const NO_BYTES = new Uint8Array(0);

/** Exactly one of them is called, once, or none after `cancel`. */
export interface TransferListener {
  onResponse(response: CoapResponse): void;
  onFailure(error: CoapError): void;
  /** The response to the request itself is there, though its body may not be whole yet. */
  onFirstResponse?(response: CoapResponse): void;
}

export interface TransferOptions {
  readonly engine: Engine;
  readonly state: PeerState;
  readonly request: CoapRequest;
  readonly listener: TransferListener;
  /** Observe in the request (RFC 7641 §2), never in those that fetch further blocks (RFC 7959 §3.4). */
  readonly observe?: number | undefined;
  /** The token of the request, which somebody else holds in the table. Default: a fresh one for each message. */
  readonly token?: Uint8Array | undefined;
}

/** A request and its response, bodies whole on either side: the client part of RFC 7959. */
export class ClientTransfer implements ExchangeListener {
  readonly #options: TransferOptions;
  readonly #base: readonly CoapOption[];
  readonly #payload: Uint8Array;
  #exchange: Exchange | undefined;
  /** The block of the request being sent; undefined when the request has no Block1. */
  #upload: BlockValue | undefined;
  #szx: number;
  #uploadRestarted = false;
  #download: BodyDownload | undefined;
  #downloadRestarted = false;
  /** Observe as the first response had it. */
  #observed: CoapOption | undefined;
  #firstSeen = false;

  /** Throws `TypeError` or `RangeError` for a request that can't be. */
  constructor(options: TransferOptions) {
    this.#options = options;
    this.#base = baseOptions(options.request);
    this.#payload = options.request.payload ?? NO_BYTES;
    this.#szx = options.state.settings.szx;
    if (this.#payload.length > (MAX_BLOCK_NUMBER + 1) * blockSize(this.#szx)) {
      throw new RangeError(`a body of ${this.#payload.length} bytes has too many blocks`);
    }
  }

  /** The message exchange under way. */
  get exchange(): Exchange | undefined {
    return this.#exchange;
  }

  /** The request goes out in blocks: it has the resource for itself (RFC 7959 §2.5). */
  get needsUpload(): boolean {
    return this.#payload.length > blockSize(this.#szx);
  }

  begin(): void {
    this.#sendFrom(0);
  }

  /** Begins with the first block of a response that came unasked: a notification (RFC 7959 §3.4). */
  beginWith(response: ArrivedResponse): void {
    this.#guard(() => this.#onBody(response.message, response.options));
  }

  cancel(): void {
    this.#dropDownload();
    this.#exchange?.cancel();
    this.#exchange = undefined;
  }

  onResponse({ message, options }: ArrivedResponse): void {
    this.#guard(() => {
      if (this.#download === undefined && this.#continueUpload(message, options)) return;
      this.#onBody(message, options);
    });
  }

  onFailure(error: CoapError): void {
    this.#dropDownload();
    this.#options.listener.onFailure(error);
  }

  /** Sends the request, or the block of it at `offset`. */
  #sendFrom(offset: number): void {
    const { observe, token } = this.#options;
    const size = blockSize(this.#szx);
    const options = [...this.#base];
    if (observe !== undefined) options.push(makeUintOption(OptionNumber.OBSERVE, observe));
    let payload = this.#payload;
    if (payload.length > size) {
      const more = offset + size < payload.length;
      if (offset / size > MAX_BLOCK_NUMBER) {
        throw new CoapError(
          'ERR_COAP_BLOCK',
          `the peer wants blocks of ${size} bytes: there are not enough numbers for them`,
        );
      }
      this.#upload = { num: offset / size, more, szx: this.#szx };
      options.push(makeOption(OptionNumber.BLOCK1, encodeBlock(this.#upload)));
      // RFC 7959 §4: the size of the whole body, for the peer to refuse it early.
      if (offset === 0) options.push(makeUintOption(OptionNumber.SIZE1, payload.length));
      payload = payload.subarray(offset, offset + size);
    } else this.#upload = undefined;
    this.#send(options, payload, token);
  }

  /** Asks for a block of the response (RFC 7959 §2.4, §2.7): without Observe and Block1. */
  #fetch(block: BlockValue | undefined): void {
    const options = [...this.#base];
    if (block !== undefined) options.push(makeOption(OptionNumber.BLOCK2, encodeBlock(block)));
    // RFC 8132 §2: the body of a FETCH says what is fetched.
    const repeatBody = this.#options.request.method === Code.FETCH && !this.needsUpload;
    this.#send(options, repeatBody ? this.#payload : NO_BYTES, undefined);
  }

  #send(options: readonly CoapOption[], payload: Uint8Array, token: Uint8Array | undefined): void {
    const { engine, state, request } = this.#options;
    const message = { method: request.method, options, payload, confirmable: request.confirmable ?? true };
    this.#exchange = new Exchange(engine, state, message, this, token);
    this.#exchange.begin();
  }

  /** Whether the response asks for more of the request. */
  #continueUpload(message: CoapMessage, options: readonly CoapOption[]): boolean {
    const block = blockOption(options, OptionNumber.BLOCK1);
    const upload = this.#upload;
    const size = blockSize(this.#szx);
    // RFC 7959 §2.9.3: with a Block1 option it means that smaller blocks would do.
    if (message.code === Code.REQUEST_ENTITY_TOO_LARGE && block !== undefined) {
      const begun = upload !== undefined && upload.num > 0;
      if (begun || block.szx >= this.#szx || this.#payload.length <= blockSize(block.szx)) return false;
      this.#szx = block.szx;
      this.#sendFrom(0);
      return true;
    }
    if (upload === undefined) return false;
    if (message.code === Code.REQUEST_ENTITY_INCOMPLETE) {
      // RFC 7959 §2.9.2: the peer has lost the blocks before this one.
      if (this.#uploadRestarted) return false;
      this.#uploadRestarted = true;
      this.#sendFrom(0);
      return true;
    }
    if (!upload.more) {
      if (message.code !== Code.CONTINUE) return false;
      throw new CoapError('ERR_COAP_BLOCK', 'expected a response after the last block, found 2.31 Continue');
    }
    // A final response before the last block ends the transfer, unless it is a success for this block alone.
    if (message.code !== Code.CONTINUE && !(isSuccess(message.code) && block !== undefined)) return false;
    if (block === undefined || block.num !== upload.num) {
      throw new CoapError('ERR_COAP_BLOCK', `expected Block1 ${upload.num} in the response, found another or none`);
    }
    // RFC 7959 §2.3: the peer may ask for smaller blocks from here on.
    const offset = (upload.num + 1) * size;
    this.#szx = Math.min(this.#szx, block.szx);
    this.#sendFrom(offset);
    return true;
  }

  #onBody(message: CoapMessage, options: readonly CoapOption[]): void {
    const { listener, engine } = this.#options;
    const block = blockOption(options, OptionNumber.BLOCK2);
    if (!this.#firstSeen) {
      this.#firstSeen = true;
      this.#observed = options.find(({ number }) => number === OptionNumber.OBSERVE);
      listener.onFirstResponse?.(toResponse(message.code, options, message.payload));
    }
    const whole = block === undefined || (block.num === 0 && !block.more);
    // An error to a request for a further block answers the whole request.
    if (whole && (this.#download === undefined || !isSuccess(message.code))) {
      this.#dropDownload();
      this.#deliver(message.code, options, message.payload);
      return;
    }
    if (block === undefined) throw new CoapError('ERR_COAP_BLOCK', 'expected Block2 in the response, found none');
    const { maxBodySize } = engine.settings;
    this.#download ??= new BodyDownload(message, options, Math.min(block.szx, MAX_SZX), maxBodySize, engine.downloads);
    const download = this.#download;
    switch (download.add(message, options, block)) {
      case 'more':
        this.#fetch(download.next);
        return;
      case 'complete':
        this.#dropDownload();
        this.#deliver(download.code, download.options, download.body());
        return;
      case 'changed':
        this.#restartDownload();
    }
  }

  #dropDownload(): void {
    this.#download?.release();
    this.#download = undefined;
  }

  #restartDownload(): void {
    const { method } = this.#options.request;
    // Another POST would do its work twice.
    if (this.#downloadRestarted || (method !== Code.GET && method !== Code.FETCH)) {
      throw new CoapError('ERR_COAP_BLOCK', 'the resource changed while its blocks were fetched');
    }
    this.#downloadRestarted = true;
    const szx = this.#download?.next.szx ?? this.#szx;
    this.#dropDownload();
    this.#fetch({ num: 0, more: false, szx });
  }

  #deliver(code: number, options: readonly CoapOption[], payload: Uint8Array): void {
    const observed = this.#observed;
    if (observed === undefined || options.includes(observed)) {
      this.#options.listener.onResponse(toResponse(code, options, payload));
      return;
    }
    // The first block was fetched again, without Observe.
    const own = options.filter(({ number }) => number !== OptionNumber.OBSERVE);
    const all = [observed, ...own].sort((a, b) => a.number - b.number);
    this.#options.listener.onResponse(toResponse(code, all, payload));
  }

  /** What the peer's blocks do wrong ends the transfer; anything else is an error of ours. */
  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (!(error instanceof CoapError)) throw error;
      this.onFailure(error);
    }
  }
}
