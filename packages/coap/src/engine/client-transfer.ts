import type { CoapRequest, CoapResponse, TransferProgress } from '../api.ts';
import { blockOption, encodeBlock, type BlockValue } from '../block.ts';
import { Code, isSuccess } from '../code.ts';
import { CoapError } from '../errors.ts';
import type { CoapMessage, CoapOption } from '../message.ts';
import { findOption, makeOption, makeUintOption } from '../option-values.ts';
import { OptionNumber } from '../options.ts';
import { BodyDownload } from './body-download.ts';
import type { Engine } from './engine.ts';
import { Exchange, type ExchangeListener } from './exchange.ts';
import { OutgoingBody } from './outgoing-body.ts';
import type { ArrivedResponse, PeerState } from './peer-state.ts';
import { baseOptions } from './request-options.ts';
import { toResponse } from './response.ts';
import type { TransferSettings } from './transfer-settings.ts';

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
  readonly settings: TransferSettings;
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
  readonly #body: OutgoingBody;
  #exchange: Exchange | undefined;
  /** The peer has taken the whole body. */
  #uploaded = false;
  #cancelled = false;
  #download: BodyDownload | undefined;
  #downloadRestarted = false;
  /** Observe as the first response had it. */
  #observed: CoapOption | undefined;
  #firstSeen = false;

  /** Throws `TypeError` or `RangeError` for a request that can't be. */
  constructor(options: TransferOptions) {
    this.#options = options;
    this.#base = baseOptions(options.request);
    this.#body = new OutgoingBody(options.request.payload ?? NO_BYTES, options.settings.szx);
  }

  /** The message exchange under way. */
  get exchange(): Exchange | undefined {
    return this.#exchange;
  }

  /** The request goes out in blocks: it has the resource for itself (RFC 7959 §2.5). */
  get needsUpload(): boolean {
    return this.#body.inBlocks;
  }

  begin(): void {
    this.#sendRequest();
  }

  /** Begins with the first block of a response that came unasked: a notification (RFC 7959 §3.4). */
  beginWith(response: ArrivedResponse): void {
    this.#guard(() => this.#onBody(response.message, response.options));
  }

  cancel(): void {
    this.#cancelled = true;
    this.#dropDownload();
    this.#exchange?.cancel();
    this.#exchange = undefined;
  }

  onResponse({ message, options }: ArrivedResponse): void {
    this.#guard(() => {
      if (this.#download === undefined && this.#continueUpload(message.code, options)) return;
      if (!this.#cancelled) this.#onBody(message, options);
    });
  }

  onFailure(error: CoapError): void {
    this.#dropDownload();
    this.#options.listener.onFailure(error);
  }

  /** Sends the request, or the next block of it. */
  #sendRequest(): void {
    const { observe, token, settings } = this.#options;
    const options = [...this.#base];
    if (observe !== undefined) options.push(makeUintOption(OptionNumber.OBSERVE, observe));
    const payload = this.#body.part(options);
    if (this.#body.atEnd) {
      // RFC 7959 §2.4, §3.3: the block size for the response, along with the last block of the request.
      if (settings.negotiate) options.push(block2({ num: 0, more: false, szx: settings.szx }));
      if (settings.onProgress !== undefined && findOption(options, OptionNumber.SIZE2) === undefined) {
        options.push(makeUintOption(OptionNumber.SIZE2, 0)); // RFC 7959 §4: how large is the response?
      }
    }
    this.#send(options, payload, token);
  }

  /** Whether the response asks for more of the request. */
  #continueUpload(code: number, options: readonly CoapOption[]): boolean {
    const body = this.#body;
    const total = body.bytes.length;
    if (body.advance(code, options)) {
      if (body.offset > 0) this.#report({ direction: 'upload', transferred: body.offset, total });
      if (!this.#cancelled) this.#sendRequest();
      return true;
    }
    if (body.inBlocks && body.atEnd && !this.#uploaded && isSuccess(code)) {
      this.#uploaded = true;
      this.#report({ direction: 'upload', transferred: total, total });
    }
    return false;
  }

  /** The callback may cancel. */
  #report(progress: TransferProgress): void {
    const { engine, settings } = this.#options;
    const { onProgress } = settings;
    if (onProgress !== undefined) engine.callApplication('onProgress', () => onProgress(progress));
  }

  /** Asks for a block of the response (RFC 7959 §2.4, §2.7): without Observe and Block1. */
  #fetch(block: BlockValue): void {
    const options = [...this.#base];
    options.push(block2(block));
    // RFC 8132 §2: the body of a FETCH says what is fetched.
    const repeatBody = this.#options.request.method === Code.FETCH && !this.needsUpload;
    this.#send(options, repeatBody ? this.#body.bytes : NO_BYTES, undefined);
  }

  #send(options: readonly CoapOption[], payload: Uint8Array, token: Uint8Array | undefined): void {
    const { engine, state, request, settings } = this.#options;
    const { method, confirmable = true } = request;
    const message = { method, options, payload, confirmable, settings };
    this.#exchange = new Exchange(engine, state, message, this, token);
    this.#exchange.begin();
  }

  #onBody(message: CoapMessage, options: readonly CoapOption[]): void {
    const { listener, engine, settings } = this.#options;
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
    const szx = settings.negotiate ? Math.min(block.szx, settings.szx) : block.szx;
    this.#download ??= new BodyDownload(message, options, szx, settings.maxBodySize, engine.downloads);
    const download = this.#download;
    const step = download.add(message, options, block);
    if (step === 'changed') {
      this.#restartDownload(download.next.szx);
      return;
    }
    this.#report({ direction: 'download', transferred: download.transferred, total: download.total });
    if (this.#cancelled) return;
    if (step === 'more') this.#fetch(download.next);
    else {
      this.#dropDownload();
      this.#deliver(download.code, download.options, download.body());
    }
  }

  #dropDownload(): void {
    this.#download?.release();
    this.#download = undefined;
  }

  #restartDownload(szx: number): void {
    const { method } = this.#options.request;
    // Another POST would do its work twice.
    if (this.#downloadRestarted || (method !== Code.GET && method !== Code.FETCH)) {
      throw new CoapError('ERR_COAP_BLOCK', 'the resource changed while its blocks were fetched');
    }
    this.#downloadRestarted = true;
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

function block2(block: BlockValue): CoapOption {
  return makeOption(OptionNumber.BLOCK2, encodeBlock(block));
}
