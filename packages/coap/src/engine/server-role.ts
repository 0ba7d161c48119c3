import type { CoapReply, EchoRequest, RequestBlock, RequestHandler, RequestService } from '../api.ts';
import { blockOption, blockSize, type BlockValue } from '../block.ts';
import { Code, isSuccess } from '../code.ts';
import { CoapError } from '../errors.ts';
import type { CoapUsage } from '../limits.ts';
import { MessageType, type CoapMessage, type CoapOption } from '../message.ts';
import { uintOption } from '../option-values.ts';
import { checkOptions, OptionNumber } from '../options.ts';
import { isPromise } from '../when.ts';
import type { EchoGuard } from './echo.ts';
import { EchoAdmission } from './echo-admission.ts';
import type { Engine } from './engine.ts';
import type { MulticastResponses } from './multicast-responses.ts';
import { ObservationIntake } from './observation-intake.ts';
import type { PeerState, ReceivedMessage } from './peer-state.ts';
import { awaitProcessing } from './processing.ts';
import type { Relation } from './relation.ts';
import { diagnosticReply, errorReply, shapeReply } from './reply.ts';
import { isSafe } from './reply-shape.ts';
import type { Slice } from './representations.ts';
import { Responder, type ResponseListener } from './responder.ts';
import { ServerBodies } from './server-bodies.ts';
import { observeOf, ServerRequest } from './server-request.ts';
import type { Work } from './server-work.ts';
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

type BlockListener = (request: EchoRequest, block: RequestBlock) => void;

/** Requests of peers, and what the handler answers them. */
export class ServerRole {
  readonly #engine: Engine;
  readonly #handler: RequestHandler;
  readonly #understood: ReadonlySet<number>;
  readonly #bodies: ServerBodies;
  readonly #echo: EchoAdmission | undefined;
  readonly #intake: ObservationIntake;
  readonly #onBlock: BlockListener | undefined;

  constructor(
    engine: Engine,
    service: RequestHandler | RequestService,
    echo: EchoGuard | undefined,
    onBlock: BlockListener | undefined,
  ) {
    this.#engine = engine;
    this.#onBlock = onBlock;
    this.#echo =
      echo &&
      new EchoAdmission({
        engine,
        guard: echo,
        requestOf: (work) => this.#requestOf(work, work.message.payload),
        onError: (error) => this.#report(error),
      });
    this.#bodies = new ServerBodies(engine);
    this.#intake = new ObservationIntake(engine, this.#bodies);
    const plain = typeof service === 'function';
    this.#handler = plain ? service : (request) => service.handle(request);
    this.#understood = new Set(plain ? UNDERSTOOD_IN_REQUESTS : [...UNDERSTOOD_IN_REQUESTS, ...service.understands]);
  }

  /** What is held of bodies in blocks. */
  get usage(): Pick<CoapUsage, 'uploads' | 'uploadBytes' | 'representations' | 'representationBytes'> {
    return this.#bodies.usage;
  }

  /** A request message that is no duplicate. `group` is there when it came by one. */
  onRequest(state: PeerState, message: CoapMessage, received: ReceivedMessage, group?: MulticastResponses): void {
    const responder = new Responder(this.#engine, state, message, received, group);
    if (message.code > Code.IPATCH) {
      responder.respondPlainly({ code: Code.METHOD_NOT_ALLOWED }); // RFC 7252 §5.8
      return;
    }
    const { options, badCritical } = checkOptions(message.options, this.#understood);
    if (badCritical !== undefined) {
      // RFC 7252 §5.4.1: 4.02 for a Confirmable request, a Non-confirmable one is rejected by ignoring it.
      if (message.type === MessageType.CON) {
        responder.respondPlainly(diagnosticReply(Code.BAD_OPTION, `option ${badCritical}`));
      } else this.#engine.counters.ignored += 1;
      return;
    }
    if (hasProxyOption(options)) {
      responder.respondPlainly({ code: Code.PROXYING_NOT_SUPPORTED }); // RFC 7252 §5.7.2
      return;
    }
    let block1: BlockValue | undefined;
    let block2: BlockValue | undefined;
    try {
      block1 = blockOption(options, OptionNumber.BLOCK1);
      block2 = blockOption(options, OptionNumber.BLOCK2);
    } catch (error) {
      responder.respondPlainly(errorReply(error));
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
    this.#bodies.forgetPeer(state);
  }

  #process(work: Work): void {
    const { state, message, options, block1, block2 } = work;
    let { payload } = message;
    if (this.#echo?.admits(work) === false) return;
    if (block1 !== undefined) {
      if (block1.more && this.#isUnwanted(work, block1)) return;
      const body = this.#bodies.assemble(work, block1);
      if (body === undefined) return;
      payload = body;
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

  /** Whether the application does not want the body that the block is of. */
  #isUnwanted(work: Work, { num, szx }: BlockValue): boolean {
    if (this.#onBlock === undefined) return false;
    const { message, options, responder } = work;
    const { payload } = message;
    try {
      const size = uintOption(options, OptionNumber.SIZE1);
      this.#onBlock(this.#requestOf(work, payload), { offset: num * blockSize(szx), length: payload.length, size });
      return false;
    } catch (error) {
      this.#report(error);
      this.#bodies.abandon(work);
      responder.respondPlainly(errorReply(error));
      return true;
    }
  }

  #requestOf(work: Work, payload: Uint8Array): ServerRequest {
    const { state, message, options, responder, echoFresh } = work;
    return new ServerRequest(state.peer, message, options, payload, echoFresh, responder.multicast, () =>
      this.#intake.accept(work),
    );
  }

  /** A further block of a response (RFC 7959 §2.4). */
  #serveBlock(work: Work, block2: BlockValue): boolean {
    const { message, responder } = work;
    const result = this.#bodies.further(work, block2);
    if (result !== undefined) {
      if (this.#echo?.challenges(work, result) !== true) responder.respond(result);
      return true;
    }
    // The handler can tell the body of these again; doing the work of another method twice is out of the question.
    if (isSafe(message.code)) return false;
    responder.respondPlainly({ code: Code.REQUEST_ENTITY_INCOMPLETE });
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
      shaped = shapeReply(reply, this.#bodies.shapeOf(work, observe));
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
    if (!state.isObserver || observeOf(message, options) !== 0) return;
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
      if (isSafe(work.message.code) && this.#echo?.challenges(work, result) === true) {
        work.relation?.end();
        this.#tellUnsent(reply);
        return;
      }
      const listener = new ReplyListener(this.#engine, reply, work.relation);
      work.responder.respond(result, listener, isRepeatable(work, reply));
    } catch (error) {
      this.#refuse(work, reply, error);
    }
  }

  /** The handler's reply can't be a message, or plain JavaScript gave none. */
  #refuse(work: Work, reply: CoapReply, error: unknown): void {
    this.#engine.applicationError(error, 'reply');
    work.relation?.end();
    this.#tellUnsent(reply);
    work.responder.respondPlainly({ code: Code.INTERNAL_SERVER_ERROR });
  }
}

/**
 * RFC 7252 §4.5: a server may process duplicates of a request without side effects instead of keeping its reply. A block of a source is read again
 * for less than a thousand of them take in memory.
 */
function isRepeatable({ message, relation }: Work, reply: CoapReply): boolean {
  return reply.body !== undefined && relation === undefined && isSafe(message.code);
}

/** Tells the handler, and its observation, what became of the reply. */
class ReplyListener implements ResponseListener {
  readonly #engine: Engine;
  readonly #reply: CoapReply;
  readonly #relation: Relation | undefined;

  constructor(engine: Engine, reply: CoapReply, relation: Relation | undefined) {
    this.#engine = engine;
    this.#reply = reply;
    this.#relation = relation;
  }

  onSent(): void {
    const { afterSent } = this.#reply;
    if (afterSent !== undefined) this.#engine.callApplication('afterSent', afterSent);
  }

  onUnsent(): void {
    const { onUnsent } = this.#reply;
    if (onUnsent !== undefined) this.#engine.callApplication('onUnsent', onUnsent);
  }

  onLost(): void {
    this.#relation?.close();
  }
}

function hasProxyOption(options: readonly CoapOption[]): boolean {
  return options.some(({ number }) => number === OptionNumber.PROXY_URI || number === OptionNumber.PROXY_SCHEME);
}
