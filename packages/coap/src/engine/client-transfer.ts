import type { CoapRequest, CoapResponse, TransferProgress } from '../api.ts';
import { blockOption, encodeBlock, type BlockValue } from '../block.ts';
import { Code, isSuccess } from '../code.ts';
import { CoapError } from '../errors.ts';
import type { CoapMessage, CoapOption } from '../message.ts';
import { findOption, makeOption, makeUintOption } from '../option-values.ts';
import { OptionNumber } from '../options.ts';
import { AbandonedUploads } from './abandoned-uploads.ts';
import { BodyDownload } from './body-download.ts';
import type { Engine } from './engine.ts';
import { Exchange, type ExchangeListener } from './exchange.ts';
import { OutgoingBody } from './outgoing-body.ts';
import type { ArrivedResponse, PeerState } from './peer-state.ts';
import { baseOptions, resourceKey } from './request-options.ts';
import { toResponse } from './response.ts';
import type { TransferSettings } from './transfer-settings.ts';
import { UploadTurn } from './upload-turn.ts';

const NO_BYTES = new Uint8Array(0);
/** Random: unlike those of bodies before, also of those before a restart. */
const REQUEST_TAG_LENGTH = 4;

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

interface SentMessage {
  readonly options: readonly CoapOption[];
  readonly payload: Uint8Array;
  readonly token: Uint8Array | undefined;
}

/** A request and its response, bodies whole on either side: the client part of RFC 7959. */
export class ClientTransfer implements ExchangeListener {
  readonly #options: TransferOptions;
  readonly #base: readonly CoapOption[];
  readonly #body: OutgoingBody;
  /** What the transfer adds to the options of all its messages: Request-Tag and Echo. */
  #added: readonly CoapOption[] = [];
  /** The latest message. */
  #sent: SentMessage | undefined;
  /** That has been repeated with an Echo. */
  #echoed = false;
  /** Blocks of the request are with the peer, and its answer to the whole is not here yet. */
  #uploading = false;
  #exchange: Exchange | undefined;
  /** Its place among the uploads to the resource, once it needs one. */
  #turn: UploadTurn | undefined;
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

  /** The message under way has the end of the request's body. */
  get atEnd(): boolean {
    return this.#body.atEnd;
  }

  /** Sends the request; one in blocks when it has the resource for itself (RFC 7959 §2.5). */
  begin(): void {
    this.#guard(() => this.#sendInTurn());
  }

  /** Begins with the first block of a response that came unasked: a notification (RFC 7959 §3.4). */
  beginWith(response: ArrivedResponse): void {
    this.#guard(() => this.#onBody(response.message, response.options));
  }

  cancel(): void {
    this.#cancelled = true;
    this.#noteAbandoned();
    this.#dropDownload();
    this.#exchange?.cancel();
    this.#exchange = undefined;
    this.#turn?.leave();
  }

  /** The peer or the endpoint is gone. */
  onClosed(error: CoapError): void {
    if (this.#turn?.waiting === true) this.onFailure(error);
    else this.#exchange?.onClosed(error);
  }

  onResponse({ message, options }: ArrivedResponse): void {
    this.#guard(() => {
      if (this.#repeatWithEcho(message.code, options)) return;
      if (this.#download === undefined && this.#continueUpload(message.code, options)) return;
      if (this.#cancelled) return;
      this.#uploading = false;
      this.#onBody(message, options);
    });
  }

  onFailure(error: CoapError): void {
    this.#noteAbandoned();
    this.#dropDownload();
    this.#turn?.leave();
    this.#options.listener.onFailure(error);
  }

  /** As `sendRequest`; a body in blocks, from the start or after 4.13 (RFC 7959 §2.9.3), waits until no other is on its way. */
  #sendInTurn(): void {
    if (!this.#body.inBlocks || this.#turn !== undefined) {
      this.#sendRequest();
      return;
    }
    const { engine, state } = this.#options;
    this.#turn = new UploadTurn(engine, state, this.#resource, () => this.#guard(() => this.#sendRequest()));
    this.#turn.take();
  }

  /** Sends the request, or the next block of it. */
  #sendRequest(): void {
    const { observe, token, settings } = this.#options;
    if (this.#body.inBlocks && !this.#uploading) {
      this.#uploading = true;
      this.#tagRequest();
    }
    const options = this.#repeatedOptions(this.#body.offset === 0);
    if (observe !== undefined) options.push(makeUintOption(OptionNumber.OBSERVE, observe));
    const payload = this.#body.part(options);
    // RFC 7967 §3.2: what answers a block that others follow is wanted, or the peer's 2.31 would never come.
    if (!this.#body.atEnd) remove(options, OptionNumber.NO_RESPONSE);
    else {
      // RFC 7959 §2.4, §3.3: the block size for the response, along with the last block of the request.
      if (settings.negotiate) options.push(block2({ num: 0, more: false, szx: settings.szx }));
      if (settings.onProgress !== undefined && findOption(options, OptionNumber.SIZE2) === undefined) {
        options.push(makeUintOption(OptionNumber.SIZE2, 0)); // RFC 7959 §4: how large is the response?
      }
    }
    this.#send(options, payload, token);
  }

  /**
   * RFC 9175 §3.4: blocks of this body must not be taken for those of another that was given up; and the body of a FETCH is not
   * in the requests for further blocks of its response. Other uploads do without, for the sake of peers that count options.
   */
  #tagRequest(): void {
    const { engine, state, request } = this.#options;
    const needed =
      request.method === Code.FETCH || state.abandonedUploads?.has(this.#resource, engine.clock.now()) === true;
    if (!needed || findOption(this.#base, OptionNumber.REQUEST_TAG) !== undefined) return;
    this.#added = [...this.#added, makeOption(OptionNumber.REQUEST_TAG, engine.random.bytes(REQUEST_TAG_LENGTH))];
  }

  #noteAbandoned(): void {
    if (!this.#uploading) return;
    this.#uploading = false;
    const { engine, state, settings } = this.#options;
    const nowMs = engine.clock.now();
    state.abandonedUploads ??= new AbandonedUploads();
    state.abandonedUploads.add(this.#resource, nowMs + settings.times.exchangeLifetimeMs, nowMs);
  }

  get #resource(): string {
    const { method, path = [], query = [] } = this.#options.request;
    return resourceKey(method, path, query);
  }

  /**
   * RFC 9175 §2.3: a peer that wants to know whether the request is fresh, or comes from where it seems to, has it repeated with
   * a value of its own. Once for each message; later ones of the transfer have the value from the start.
   */
  #repeatWithEcho(code: number, options: readonly CoapOption[]): boolean {
    const echo = code === Code.UNAUTHORIZED ? findOption(options, OptionNumber.ECHO) : undefined;
    const sent = this.#sent;
    if (echo === undefined || sent === undefined || this.#echoed) {
      this.#echoed = false;
      return false;
    }
    this.#echoed = true;
    this.#added = withEcho(this.#added, echo);
    this.#send(withEcho(sent.options, echo), sent.payload, sent.token);
    return true;
  }

  /** Whether the response asks for more of the request. */
  #continueUpload(code: number, options: readonly CoapOption[]): boolean {
    const body = this.#body;
    const total = body.bytes.length;
    if (body.advance(code, options)) {
      if (body.offset > 0) this.#report({ direction: 'upload', transferred: body.offset, total });
      if (!this.#cancelled) this.#sendInTurn();
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
    const options = [...this.#repeatedOptions(false), block2(block)];
    remove(options, OptionNumber.NO_RESPONSE); // whoever asks for a block wants it
    // RFC 8132 §2: the body of a FETCH says what is fetched.
    const repeatBody = this.#options.request.method === Code.FETCH && !this.#body.inBlocks;
    this.#send(options, repeatBody ? this.#body.bytes : NO_BYTES, undefined);
  }

  /** RFC 7959 §2.10: of a request in blocks the first alone has If-None-Match. */
  #repeatedOptions(first: boolean): CoapOption[] {
    const options = [...this.#base, ...this.#added];
    if (first || !this.#body.inBlocks) return options;
    return options.filter(({ number }) => number !== OptionNumber.IF_NONE_MATCH);
  }

  #send(options: readonly CoapOption[], payload: Uint8Array, token: Uint8Array | undefined): void {
    const { engine, state, request, settings } = this.#options;
    const { method, confirmable = true } = request;
    const message = { method, options, payload, confirmable, settings };
    this.#sent = { options, payload, token };
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
    this.#turn?.leave();
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

function withEcho(options: readonly CoapOption[], echo: CoapOption): CoapOption[] {
  return [...options.filter(({ number }) => number !== OptionNumber.ECHO), echo];
}

function remove(options: CoapOption[], number: number): void {
  const index = options.findIndex((option) => option.number === number);
  if (index >= 0) options.splice(index, 1);
}

function block2(block: BlockValue): CoapOption {
  return makeOption(OptionNumber.BLOCK2, encodeBlock(block));
}
