import type { BlockValue } from '../block.ts';
import type { CoapUsage } from '../limits.ts';
import type { CoapOption } from '../message.ts';
import { findOption, makeOption, uintOption } from '../option-values.ts';
import { OptionNumber } from '../options.ts';
import { BodyUploads } from './body-uploads.ts';
import { representationKey, uploadKey } from './cache-key.ts';
import type { Engine } from './engine.ts';
import type { PeerState } from './peer-state.ts';
import { asksSize, type ReplyShape } from './reply-shape.ts';
import { Representations, slice, type Slice } from './representations.ts';
import type { ShapedWork, Work } from './server-work.ts';

/** Bodies in blocks in the server role: those of requests that are not whole yet, and those of responses that peers may fetch the rest of. */
export class ServerBodies {
  readonly #uploads: BodyUploads;
  readonly #representations: Representations;

  constructor(engine: Engine) {
    const { clock, timers, settings, limits, lifetimeMs } = engine;
    const onLimit = (): void => {
      engine.counters.limits += 1;
    };
    this.#uploads = new BodyUploads({ clock, timers, lifetimeMs, limits, onLimit, maxBodySize: settings.maxBodySize });
    this.#representations = new Representations({ clock, timers, lifetimeMs, limits, onLimit });
  }

  get usage(): Pick<CoapUsage, 'uploads' | 'uploadBytes' | 'representations' | 'representationBytes'> {
    return {
      uploads: this.#uploads.size,
      uploadBytes: this.#uploads.bytes,
      representations: this.#representations.size,
      representationBytes: this.#representations.bytes,
    };
  }

  forgetPeer(state: PeerState): void {
    this.#uploads.forgetPeer(state);
    this.#representations.forgetPeer(state);
  }

  /** Takes a block of a request. The whole body when that was the last one; undefined: the block has been answered. */
  assemble(work: Work, block: BlockValue): Uint8Array | undefined {
    const { state, message, options, responder } = work;
    const { payload } = message;
    const step = this.#uploads.add({
      state,
      key: uploadKey(state, message, options),
      block,
      payload,
      ifNoneMatch: findOption(options, OptionNumber.IF_NONE_MATCH) !== undefined,
      size1: uintOption(options, OptionNumber.SIZE1),
    });
    if ('body' in step) {
      if (step.ifNoneMatch) work.options = withIfNoneMatch(options);
      return step.body;
    }
    const answer = { code: step.code, options: step.options, payload: payload.subarray(0, 0) };
    if (block.more) responder.respondToBlock(answer);
    else responder.respond(answer);
    return undefined;
  }

  /** Forgets what has come of the body of a request. */
  abandon({ state, message, options }: Work): void {
    this.#uploads.drop(uploadKey(state, message, options));
  }

  /** A further block of a response that is kept (RFC 7959 §2.4). */
  further({ state, message, options }: Work, block: BlockValue): Slice | undefined {
    const representation = this.#representations.find(representationKey(state, message, options));
    return representation && slice(representation, block, state.settings.szx, asksSize(options));
  }

  shapeOf({ state, message, options, block1, block2 }: ShapedWork, observe: number | undefined): ReplyShape {
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
}

/** RFC 7959 §2.10: the condition came with the first block, and the options are those of the last. */
function withIfNoneMatch(options: readonly CoapOption[]): readonly CoapOption[] {
  if (findOption(options, OptionNumber.IF_NONE_MATCH) !== undefined) return options;
  const condition = makeOption(OptionNumber.IF_NONE_MATCH, new Uint8Array(0));
  return [...options, condition].sort((a, b) => a.number - b.number);
}
