import type { EchoRequest } from '../api.ts';
import type { EchoGuard } from './echo.ts';
import type { Engine } from './engine.ts';
import { errorReply } from './reply.ts';
import type { Slice } from './representations.ts';
import type { Work } from './server-work.ts';

export interface EchoAdmissionOptions {
  readonly engine: Engine;
  readonly guard: EchoGuard;
  /** The request as the application sees it. */
  readonly requestOf: (work: Work) => EchoRequest;
  /** Gets what the application threw when it was asked. */
  readonly onError: (error: unknown) => void;
}

/** Asks peers to prove that they are there, before a request is performed and before it is answered at length (RFC 9175 §2). */
export class EchoAdmission {
  readonly #options: EchoAdmissionOptions;

  constructor(options: EchoAdmissionOptions) {
    this.#options = options;
  }

  /** Whether the request is performed; if not, it has been answered (RFC 9175 §2.3). */
  admits(work: Work): boolean {
    const { engine, guard, requestOf, onError } = this.#options;
    const { state, options, responder } = work;
    const { peer } = state;
    if (guard.isFresh(peer, options)) {
      work.echoFresh = true;
      engine.prove(state);
      if (!peer.pathValidated) engine.transport.confirmPath?.(peer);
      return true;
    }
    try {
      if (!guard.requires(requestOf(work))) return true;
    } catch (error) {
      onError(error);
      responder.respondPlainly(errorReply(error));
      return false;
    }
    responder.respondOnce(guard.challenge(peer));
    return false;
  }

  /** Whether a reply was withheld, and its peer asked to prove its address (RFC 9175 §2.4). */
  challenges({ state, message, responder, echoFresh }: Work, reply: Slice): boolean {
    const { guard } = this.#options;
    if (echoFresh || !guard.amplifies(state, message, reply)) return false;
    responder.respondOnce(guard.challenge(state.peer));
    return true;
  }
}
