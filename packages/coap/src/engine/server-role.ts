import type { CoapReply, RequestHandler, RequestService } from '../api.ts';
import { blockOption, type BlockValue } from '../block.ts';
import { Code, isSuccess } from '../code.ts';
import { CoapError } from '../errors.ts';
import { MAX_OBSERVED_REQUEST_BYTES, type CoapUsage } from '../limits.ts';
import { MessageType, type CoapMessage, type CoapOption } from '../message.ts';
import { findOption, makeOption, uintOption } from '../option-values.ts';
import { checkOptions, OptionNumber } from '../options.ts';
import { isPromise } from '../when.ts';
import { BodyUploads } from './body-uploads.ts';
import { representationKey, uploadKey } from './cache-key.ts';
import type { EchoGuard } from './echo.ts';
import type { Engine } from './engine.ts';
import type { MulticastResponses } from './multicast-responses.ts';
import type { PeerState, ReceivedMessage } from './peer-state.ts';
import { Relation } from './relation.ts';
import { awaitProcessing } from './processing.ts';
import { diagnosticReply, errorReply, shapeReply } from './reply.ts';
import { asksSize, isSafe, type ReplyShape } from './reply-shape.ts';
import { Representations, slice, type Slice } from './representations.ts';
import { Responder, type ResponseListener } from './responder.ts';
import { observeOf, ServerRequest } from './server-request.ts';
import { tokenKey } from './token.ts';

/**
 * The critical options of requests that the engine or any handler acts on (RFC 7252 §5.4.1). Not If-Match and If-None-Match: a
 * request must not be performed as if they were not there (§5.10.8), so that only a service that understands them gets it.
 */
const UNDERSTOOD_IN_REQUESTS: readonly number[] = [
  OptionNumber.URI_HOST,
  OptionNumber.URI_PORT,
  OptionNumber.URI_PATH,
  OptionNumber.URI_QUERY,
  OptionNumber.ACCEPT,
  OptionNumber.BLOCK2,
  OptionNumber.BLOCK1,
  OptionNumber.PROXY_URI,
  OptionNumber.PROXY_SCHEME,
];

const NO_BYTES = new Uint8Array(0);

/** One request message on its way to its answer. */
interface Work {
  readonly state: PeerState;
  readonly message: CoapMessage;
  options: readonly CoapOption[];
  readonly responder: Responder;
  readonly block1: BlockValue | undefined;
  readonly block2: BlockValue | undefined;
  /** The observation that the handler accepted. */
  relation: Relation | undefined;
  answered: boolean;
  echoFresh: boolean;
}

/** Requests of peers, and what the handler answers them. */
export class ServerRole {
  readonly #engine: Engine;
  readonly #handler: RequestHandler;
  readonly #understood: ReadonlySet<number>;
  readonly #uploads: BodyUploads;
  readonly #representations: Representations;
  readonly #echo: EchoGuard | undefined;

  constructor(engine: Engine, service: RequestHandler | RequestService, echo: EchoGuard | undefined) {
    this.#engine = engine;
    this.#echo = echo;
    const plain = typeof service === 'function';
    this.#handler = plain ? service : (request) => service.handle(request);
    this.#understood = new Set(plain ? UNDERSTOOD_IN_REQUESTS : [...UNDERSTOOD_IN_REQUESTS, ...service.understands]);
    const { clock, timers, settings, limits, lifetimeMs } = engine;
    const onLimit = (): void => {
      engine.counters.limits += 1;
    };
    this.#uploads = new BodyUploads({ clock, timers, lifetimeMs, limits, onLimit, maxBodySize: settings.maxBodySize });
    this.#representations = new Representations({ clock, timers, lifetimeMs, limits, onLimit });
  }

  /** What is held of bodies in blocks. */
  get usage(): Pick<CoapUsage, 'uploads' | 'uploadBytes' | 'representations' | 'representationBytes'> {
    return {
      uploads: this.#uploads.size,
      uploadBytes: this.#uploads.bytes,
      representations: this.#representations.size,
      representationBytes: this.#representations.bytes,
    };
  }

  /** A request message that is no duplicate. `group` is there when it came by one. */
  onRequest(state: PeerState, message: CoapMessage, received: ReceivedMessage, group?: MulticastResponses): void {
    const responder = new Responder(this.#engine, state, message, received, group);
    if (message.code > Code.IPATCH) {
      respondPlainly(responder, { code: Code.METHOD_NOT_ALLOWED }); // RFC 7252 §5.8
      return;
    }
    const { options, badCritical } = checkOptions(message.options, this.#understood);
    if (badCritical !== undefined) {
      // RFC 7252 §5.4.1: 4.02 for a Confirmable request, a Non-confirmable one is rejected by ignoring it.
      if (message.type === MessageType.CON) {
        respondPlainly(responder, diagnosticReply(Code.BAD_OPTION, `option ${badCritical}`));
      } else this.#engine.counters.ignored += 1;
      return;
    }
    if (hasProxyOption(options)) {
      respondPlainly(responder, { code: Code.PROXYING_NOT_SUPPORTED }); // RFC 7252 §5.7.2
      return;
    }
    let block1: BlockValue | undefined;
    let block2: BlockValue | undefined;
    try {
      block1 = blockOption(options, OptionNumber.BLOCK1);
      block2 = blockOption(options, OptionNumber.BLOCK2);
    } catch (error) {
      respondPlainly(responder, errorReply(error));
      return;
    }
    // A block that others follow comes to no handler.
    if (block1?.more !== true && !this.#admits(state)) {
      this.#engine.counters.limits += 1;
      this.#engine.deduplication.forget(received);
      return;
    }
    this.#process({
      state,
      message,
      options,
      responder,
      block1,
      block2,
      relation: undefined,
      answered: false,
      echoFresh: false,
    });
  }

  /** Whether another handler may run for the peer. */
  #admits(state: PeerState): boolean {
    const { limits, processing } = this.#engine;
    return state.processing < limits.processingPerPeer && processing.admits(state);
  }

  /** Forgets bodies of a peer that are not whole, and those kept for it. */
  forgetPeer(state: PeerState): void {
    this.#uploads.forgetPeer(state);
    this.#representations.forgetPeer(state);
  }

  #process(work: Work): void {
    const { state, message, options, block1, block2 } = work;
    let { payload } = message;
    if (this.#echo !== undefined && !this.#admit(work, this.#echo)) return;
    if (block1 !== undefined) {
      const step = this.#uploads.add({
        state,
        key: uploadKey(state, message, options),
        block: block1,
        payload,
        ifNoneMatch: findOption(options, OptionNumber.IF_NONE_MATCH) !== undefined,
        size1: uintOption(options, OptionNumber.SIZE1),
      });
      if (!('body' in step)) {
        const answer = { code: step.code, options: step.options, payload: payload.subarray(0, 0) };
        if (block1.more) work.responder.respondToBlock(answer);
        else work.responder.respond(answer);
        return;
      }
      payload = step.body;
      if (step.ifNoneMatch) work.options = withIfNoneMatch(options);
    }
    if (block2 !== undefined && block2.num > 0 && this.#serveBlock(work, block2)) return;
    // RFC 7641 §3.6, §4.1: also when the handler refuses the request.
    if (observeOf(message, options) === 1) state.relations.get(tokenKey(message.token))?.close();
    const request = this.#requestOf(work, payload);
    this.#engine.counters.requests += 1;
    let result: CoapReply | Promise<CoapReply>;
    try {
      result = this.#handler(request);
    } catch (error) {
      this.#fail(work, error);
      return;
    }
    if (isPromise(result)) this.#await(work, result);
    else this.#answer(work, result);
  }

  /** Whether the request is performed, as far as Echo is concerned; if not, it has been answered (RFC 9175 §2.3). */
  #admit(work: Work, echo: EchoGuard): boolean {
    const { state, message, options, responder } = work;
    const { peer } = state;
    if (echo.isFresh(peer, options)) {
      work.echoFresh = true;
      this.#engine.prove(state);
      if (!peer.pathValidated) this.#engine.transport.confirmPath?.(peer);
      return true;
    }
    try {
      if (!echo.requires(this.#requestOf(work, message.payload))) return true;
    } catch (error) {
      this.#report(error);
      respondPlainly(responder, errorReply(error));
      return false;
    }
    responder.respondOnce(echo.challenge(peer));
    return false;
  }

  #requestOf(work: Work, payload: Uint8Array): ServerRequest {
    const { state, message, options, responder, echoFresh } = work;
    return new ServerRequest(state.peer, message, options, payload, echoFresh, responder.multicast, () =>
      this.#accept(work),
    );
  }

  /** Whether a reply was withheld, and its peer asked to prove its address. */
  #isChallenged({ state, message, responder, echoFresh }: Work, result: Slice): boolean {
    if (this.#echo === undefined || echoFresh || !this.#echo.amplifies(state, message, result)) return false;
    responder.respondOnce(this.#echo.challenge(state.peer));
    return true;
  }

  /** A further block of a response (RFC 7959 §2.4). */
  #serveBlock(work: Work, block2: BlockValue): boolean {
    const { state, message, options, responder } = work;
    const representation = this.#representations.find(representationKey(state, message, options));
    if (representation !== undefined) {
      const result = slice(representation, block2, state.settings.szx, asksSize(options));
      if (!this.#isChallenged(work, result)) responder.respond(result);
      return true;
    }
    // The handler can tell the body of these again; doing the work of another method twice is out of the question.
    if (isSafe(message.code)) return false;
    respondPlainly(responder, { code: Code.REQUEST_ENTITY_INCOMPLETE });
    return true;
  }

  #await(work: Work, result: Promise<CoapReply>): void {
    awaitProcessing(this.#engine, work.state, work.responder, result, {
      onValue: (reply) => this.#answer(work, reply),
      onError: (error) => this.#fail(work, error),
      onGivenUp: () => work.relation?.close(), // nobody will be told that it began
      onLate: (reply) => this.#tellUnsent(reply),
      onLateError: (error) => this.#report(error),
    });
  }

  #fail(work: Work, error: unknown): void {
    this.#report(error);
    this.#answer(work, errorReply(error));
  }

  /** An error with a response code is an answer. */
  #report(error: unknown): void {
    if (error instanceof CoapError && error.responseCode !== undefined) return;
    this.#engine.applicationError(error, 'onRequest');
  }

  /** In plain JavaScript a handler may have given no reply. */
  #tellUnsent(reply: CoapReply | undefined): void {
    if (reply?.onUnsent !== undefined) this.#engine.callApplication('onUnsent', reply.onUnsent);
  }

  #answer(work: Work, reply: CoapReply): void {
    work.answered = true;
    if (work.state.closedWith !== undefined) {
      this.#tellUnsent(reply);
      return;
    }
    const { relation } = work;
    let shaped: Slice | Promise<Slice>;
    try {
      if (!isSuccess(reply.code)) {
        relation?.end();
        if (reply.code === Code.BAD_OPTION && this.#isRejected(work, reply)) return;
      }
      const observe = relation?.active === true ? relation.nextObserve() : undefined;
      if (observe === undefined) this.#endEarlier(work);
      shaped = shapeReply(reply, this.#shapeOf(work, observe));
    } catch (error) {
      this.#refuse(work, reply, error);
      return;
    }
    if (isPromise(shaped)) this.#awaitBody(work, reply, shaped);
    else this.#send(work, reply, shaped);
  }

  /** RFC 7252 §5.4.1: 4.02 says that an option is not understood, and a Non-confirmable request that has one is ignored. */
  #isRejected({ message }: Work, reply: CoapReply): boolean {
    if (message.type === MessageType.CON) return false;
    this.#engine.counters.ignored += 1;
    this.#tellUnsent(reply);
    return true;
  }

  /** A registration that is not accepted takes an earlier one with the same token with it: the peer believes so (RFC 7641 §3.1). */
  #endEarlier({ state, message, options }: Work): void {
    if (state.relations.size === 0 || observeOf(message, options) !== 0) return;
    state.relations.get(tokenKey(message.token))?.close();
  }

  /** The body of the reply is being read. */
  #awaitBody(work: Work, reply: CoapReply, shaped: Promise<Slice>): void {
    awaitProcessing(this.#engine, work.state, work.responder, shaped, {
      onValue: (result) => {
        if (work.state.closedWith !== undefined) this.#tellUnsent(reply);
        else this.#send(work, reply, result);
      },
      onError: (error) => this.#refuse(work, reply, error),
      onGivenUp: () => this.#tellUnsent(reply),
      onLateError: (error) => this.#engine.applicationError(error, 'reply'),
    });
  }

  #send(work: Work, reply: CoapReply, result: Slice): void {
    try {
      if (isSafe(work.message.code) && this.#isChallenged(work, result)) {
        work.relation?.end();
        this.#tellUnsent(reply);
        return;
      }
      work.responder.respond(result, this.#listenerOf(reply, work.relation));
    } catch (error) {
      this.#refuse(work, reply, error);
    }
  }

  /** The handler's reply can't be a message, or plain JavaScript gave none. */
  #refuse(work: Work, reply: CoapReply, error: unknown): void {
    this.#engine.applicationError(error, 'reply');
    work.relation?.end();
    this.#tellUnsent(reply);
    respondPlainly(work.responder, { code: Code.INTERNAL_SERVER_ERROR });
  }

  #listenerOf(reply: CoapReply, relation: Relation | undefined): ResponseListener | undefined {
    const { afterSent, onUnsent } = reply;
    if (afterSent === undefined && onUnsent === undefined && relation === undefined) return undefined;
    return {
      onSent: afterSent && ((): void => this.#engine.callApplication('afterSent', afterSent)),
      onUnsent: () => this.#tellUnsent(reply),
      onLost: () => relation?.close(),
    };
  }

  #shapeOf(
    { state, message, options, block1, block2 }: Pick<Work, 'state' | 'message' | 'options' | 'block1' | 'block2'>,
    observe: number | undefined,
  ): ReplyShape {
    return {
      method: message.code,
      options,
      szx: state.settings.szx,
      keep: (representation) => {
        if (representation === undefined && state.representations === undefined) return;
        const key = representationKey(state, message, options);
        if (representation === undefined) this.#representations.drop(key);
        else this.#representations.keep(state, key, representation);
      },
      block1,
      block2,
      observe,
    };
  }

  #accept(work: Work): Relation {
    if (work.relation !== undefined) return work.relation;
    if (work.answered) throw new TypeError('the request has been answered: too late to accept its observation');
    const { state, message } = work;
    const { limits, relations } = this.#engine;
    const full = state.relations.size >= limits.relationsPerPeer || !relations.admits(state);
    if (full && !state.relations.has(tokenKey(message.token))) {
      this.#engine.counters.limits += 1;
      throw new CoapError('ERR_COAP_LIMIT', 'too many observations', { responseCode: Code.SERVICE_UNAVAILABLE });
    }
    const observed = detached(message, work.options);
    if (bytesOf(observed) > MAX_OBSERVED_REQUEST_BYTES) {
      this.#engine.counters.limits += 1;
      throw new CoapError('ERR_COAP_LIMIT', 'too large a request to be observed', {
        responseCode: Code.SERVICE_UNAVAILABLE,
      });
    }
    // RFC 7959 §2.6: notifications have the block size that the registration asked for.
    const block2 = work.block2 && { ...work.block2, num: 0 };
    const shaped = { state, message: observed, options: observed.options, block1: undefined, block2 };
    work.relation = new Relation(this.#engine, state, message.token, (reply, observe) =>
      shapeReply(reply, this.#shapeOf(shaped, observe)),
    );
    return work.relation;
  }
}

/** What notifications need of the request that registered: copies, since views would keep its datagram as long as the observation. */
function detached(message: CoapMessage, options: readonly CoapOption[]): CoapMessage {
  return {
    ...message,
    token: NO_BYTES,
    options: options.map(({ number, value }) => ({ number, value: Uint8Array.from(value) })),
    payload: message.code === Code.FETCH ? Uint8Array.from(message.payload) : NO_BYTES,
  };
}

function bytesOf({ options, payload }: CoapMessage): number {
  return options.reduce((sum, { value }) => sum + value.length, payload.length);
}

/** Answers without looking at blocks or observations. */
function respondPlainly(responder: Responder, { code, payload }: CoapReply): void {
  responder.respond({ code, options: [], payload: payload ?? new Uint8Array(0) });
}

/** RFC 7959 §2.10: the condition came with the first block, and the options are those of the last. */
function withIfNoneMatch(options: readonly CoapOption[]): readonly CoapOption[] {
  if (findOption(options, OptionNumber.IF_NONE_MATCH) !== undefined) return options;
  const condition = makeOption(OptionNumber.IF_NONE_MATCH, new Uint8Array(0));
  return [...options, condition].sort((a, b) => a.number - b.number);
}

function hasProxyOption(options: readonly CoapOption[]): boolean {
  return options.some(({ number }) => number === OptionNumber.PROXY_URI || number === OptionNumber.PROXY_SCHEME);
}
