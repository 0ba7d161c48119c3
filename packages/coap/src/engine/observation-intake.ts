import { Code } from '../code.ts';
import type { CoapError } from '../errors.ts';
import { MAX_OBSERVED_REQUEST_BYTES } from '../limits.ts';
import type { CoapMessage, CoapOption } from '../message.ts';
import type { Engine } from './engine.ts';
import { limitError } from './limit-error.ts';
import { Relation } from './relation.ts';
import { shapeReply } from './reply.ts';
import type { ServerBodies } from './server-bodies.ts';
import type { Work } from './server-work.ts';
import { tokenKey } from './token.ts';

const NO_BYTES = new Uint8Array(0);

/** Accepts the observations that requests ask for (RFC 7641 §4.1). */
export class ObservationIntake {
  readonly #engine: Engine;
  readonly #bodies: ServerBodies;

  constructor(engine: Engine, bodies: ServerBodies) {
    this.#engine = engine;
    this.#bodies = bodies;
  }

  /** Throws `TypeError` when it is too late, `CoapError` at a bound. */
  accept(work: Work): Relation {
    if (work.relation !== undefined) return work.relation;
    if (work.answered) throw new TypeError('the request has been answered: too late to accept its observation');
    const { state, message } = work;
    const { limits, relations } = this.#engine;
    const full = state.relations.size >= limits.relationsPerPeer || !relations.admits(state);
    if (full && !state.relations.has(tokenKey(message.token))) throw this.#limit('too many observations');
    const observed = detached(message, work.options);
    if (bytesOf(observed) > MAX_OBSERVED_REQUEST_BYTES) throw this.#limit('too large a request to be observed');
    // RFC 7959 §2.6: notifications have the block size that the registration asked for.
    const block2 = work.block2 && { ...work.block2, num: 0 };
    const shaped = { state, message: observed, options: observed.options, block1: undefined, block2 };
    work.relation = new Relation(this.#engine, state, message.token, (reply, observe) =>
      shapeReply(reply, this.#bodies.shapeOf(shaped, observe)),
    );
    return work.relation;
  }

  #limit(text: string): CoapError {
    return limitError(this.#engine, text, Code.SERVICE_UNAVAILABLE);
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
