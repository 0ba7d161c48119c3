import type { Clock, TimerQueue } from '@flownexus/datagram';
import { blockSize, encodeBlock, type BlockValue } from '../block.ts';
import { Code } from '../code.ts';
import type { CoapLimits } from '../limits.ts';
import type { CoapOption } from '../message.ts';
import { makeOption, makeUintOption } from '../option-values.ts';
import { OptionNumber } from '../options.ts';
import { equalBytes } from './equal-bytes.ts';
import { GrowingBody } from './growing-body.ts';
import type { PeerState } from './peer-state.ts';
import { Standing, Tiers, type Tiered } from './tiers.ts';

/** A request body whose last block has not come yet. */
interface Upload extends Tiered<Upload> {
  readonly state: PeerState;
  readonly key: string;
  readonly body: GrowingBody;
  readonly ifNoneMatch: boolean;
  /** The size of the newest block, whose bytes are the last of the body. */
  newestSzx: number;
}

/** One block of a request. */
export interface UploadBlock {
  readonly state: PeerState;
  /** What makes two blocks parts of one body: see `uploadKey`. */
  readonly key: string;
  readonly block: BlockValue;
  readonly payload: Uint8Array;
  readonly ifNoneMatch: boolean;
  /** The size of the body, as far as the peer tells. */
  readonly size1: number | undefined;
}

/** The body, with the condition that came with its first block, or the answer to a block that does not complete one. */
export type UploadStep =
  | { readonly body: Uint8Array; readonly ifNoneMatch: boolean }
  | { readonly code: number; readonly options: readonly CoapOption[] };

export interface BodyUploadsOptions {
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly lifetimeMs: number;
  readonly limits: CoapLimits;
  readonly maxBodySize: number;
  readonly onLimit: () => void;
}

const INCOMPLETE: UploadStep = { code: Code.REQUEST_ENTITY_INCOMPLETE, options: [] };

/** Puts request bodies together from Block1 blocks (RFC 7959 §2.5). */
export class BodyUploads {
  readonly #options: BodyUploadsOptions;
  readonly #uploads = new Map<string, Upload>();
  /** Those that only began first, then the one with the oldest latest block. */
  readonly #byAge: Tiers<Upload>;
  #bytes = 0;

  constructor(options: BodyUploadsOptions) {
    this.#options = options;
    this.#byAge = new Tiers({
      clock: options.clock,
      timers: options.timers,
      lifetimeMs: options.lifetimeMs,
      // RFC 7252 §4.8.2: a peer with long timeouts takes longer from block to block.
      lifetimeOf: ({ state }) => state.settings.times.exchangeLifetimeMs,
      onExpired: (upload) => this.#forget(upload),
    });
  }

  get size(): number {
    return this.#uploads.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(piece: UploadBlock): UploadStep {
    const { state, key, block, payload, size1, ifNoneMatch } = piece;
    const size = blockSize(block.szx);
    const offset = block.num * size;
    // RFC 7959 §2.3: a block that others follow is full.
    if (block.more ? payload.length !== size : payload.length > size) return { code: Code.BAD_REQUEST, options: [] };
    // RFC 7959 §2.5: block 0 begins anew, whatever was there.
    if (offset === 0) this.drop(key);
    if (Math.max(offset + payload.length, size1 ?? 0) > this.#options.maxBodySize) {
      this.drop(key);
      return this.#tooLarge();
    }
    if (offset === 0 && !block.more) return { body: payload, ifNoneMatch };
    const upload = offset === 0 ? this.#begin(piece) : this.#uploads.get(key);
    if (upload === undefined) return INCOMPLETE;
    const expired = upload.expiresAtMs <= this.#options.clock.now();
    if (!expired && isRepeated(upload, piece)) return continueAfter(piece);
    if (expired || upload.body.length !== offset) {
      this.drop(key);
      return INCOMPLETE;
    }
    upload.body.append(payload);
    upload.newestSzx = block.szx;
    this.#bytes += payload.length;
    if (!block.more) {
      this.drop(key);
      return { body: upload.body.bytes(), ifNoneMatch: upload.ifNoneMatch };
    }
    const continued = offset === 0 ? Standing.NEW : Standing.CONTINUED;
    this.#byAge.refresh(upload, state.standing === Standing.PROVEN ? Standing.PROVEN : continued);
    this.#makeRoom(upload);
    return continueAfter(piece);
  }

  /** Forgets one, if it is there. */
  drop(key: string): void {
    const upload = this.#uploads.get(key);
    if (upload === undefined) return;
    this.#byAge.remove(upload);
    this.#forget(upload);
  }

  /** Forgets what a peer began. */
  forgetPeer(state: PeerState): void {
    if (state.assemblies !== undefined) for (const key of state.assemblies) this.drop(key);
  }

  #begin({ state, key, ifNoneMatch }: UploadBlock): Upload {
    const assemblies = (state.assemblies ??= new Set());
    if (assemblies.size >= this.#options.limits.uploadsPerPeer) this.#dropOldestOf(assemblies);
    const upload: Upload = {
      state,
      key,
      body: new GrowingBody(),
      ifNoneMatch,
      newestSzx: 0,
      standing: Standing.NEW,
      expiresAtMs: 0,
      sinceMs: 0,
      previous: undefined,
      next: undefined,
    };
    this.#uploads.set(key, upload);
    this.#bytes += heldBytes(upload);
    assemblies.add(key);
    this.#byAge.add(upload, upload.standing);
    return upload;
  }

  #tooLarge(): UploadStep {
    // RFC 7959 §2.9.3, §4: Size1 says how much would be accepted. No Block1: it would say that smaller blocks would do.
    return {
      code: Code.REQUEST_ENTITY_TOO_LARGE,
      options: [makeUintOption(OptionNumber.SIZE1, this.#options.maxBodySize)],
    };
  }

  #makeRoom(keep: Upload): void {
    const { uploads, uploadBytes } = this.#options.limits;
    while (this.#uploads.size > uploads || this.#bytes > uploadBytes) {
      const oldest = this.#byAge.first(keep);
      if (oldest === undefined) return;
      this.#options.onLimit();
      this.drop(oldest.key);
    }
  }

  #dropOldestOf(assemblies: ReadonlySet<string>): void {
    const [oldest] = assemblies;
    if (oldest === undefined) return;
    this.#options.onLimit();
    this.drop(oldest);
  }

  #forget(upload: Upload): void {
    this.#uploads.delete(upload.key);
    this.#bytes -= heldBytes(upload);
    upload.state.assemblies?.delete(upload.key);
  }
}

/** Whether a peer that did not hear our answer sends the newest block again, as a message of its own: it has been taken (RFC 7959 §2.5). */
function isRepeated({ body, newestSzx }: Upload, { block, payload }: UploadBlock): boolean {
  const { num, more, szx } = block;
  if (!more || szx !== newestSzx || (num + 1) * blockSize(szx) !== body.length) return false;
  return equalBytes(payload, body.bytes().subarray(-payload.length));
}

/** RFC 7959 §2.3: "more" says that the request is not processed yet; the size may be smaller than the peer's. */
function continueAfter({ block, state }: UploadBlock): UploadStep {
  const answer = { num: block.num, more: true, szx: Math.min(block.szx, state.settings.szx) };
  return { code: Code.CONTINUE, options: [makeOption(OptionNumber.BLOCK1, encodeBlock(answer))] };
}

/** What an upload holds: its key, which the peer chooses as well, in UTF-16, and its body. */
function heldBytes({ key, body }: Upload): number {
  return 2 * key.length + body.length;
}
