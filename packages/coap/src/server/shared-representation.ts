import type { CoapReply } from '../api.ts';
import { isPromise } from '../when.ts';
import type { PacedRelation, PacedRelationListener } from './paced-relation.ts';

export interface SharedRepresentationOptions {
  /** Makes the representation of the present state. */
  readonly produce: () => CoapReply | Promise<CoapReply>;
  /** What observers get when that fails. */
  readonly onFailure: (error: unknown) => CoapReply;
  /** An observer is gone. */
  readonly onGone: () => void;
}

/**
 * A representation and those who observe it. After a change it is made once, when the first observer can take it, and kept until
 * the last one has it or the next change comes: what observers miss they get as the newest state only (RFC 7641 §4.5.1).
 */
export class SharedRepresentation implements PacedRelationListener {
  readonly #options: SharedRepresentationOptions;
  readonly #relations = new Set<PacedRelation>();
  /** Those who have not been sent the present state. */
  readonly #behind = new Set<PacedRelation>();
  /** Counts the changes. */
  #version = 0;
  /** The present state, if it has been made. */
  #reply: CoapReply | undefined;
  #producing = false;

  constructor(options: SharedRepresentationOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#relations.size;
  }

  add(relation: PacedRelation): void {
    this.#relations.add(relation);
  }

  /** The state has changed. */
  changed(): void {
    this.#version += 1;
    this.#reply = undefined;
    let wanted = false;
    for (const relation of this.#relations) {
      this.#behind.add(relation);
      // Who is not ready says so later because it was asked.
      if (relation.ready) wanted = true;
    }
    if (wanted) this.#produce();
  }

  /** Ends the observations with an error. */
  end(reply: CoapReply): void {
    for (const relation of this.#relations) relation.end(reply);
  }

  onReady(relation: PacedRelation): void {
    if (!this.#behind.has(relation) || !relation.ready) return;
    if (this.#reply === undefined) this.#produce();
    else this.#give(relation, this.#reply, this.#version);
  }

  onUnsent(relation: PacedRelation): void {
    this.#behind.add(relation);
  }

  onGone(relation: PacedRelation): void {
    this.#relations.delete(relation);
    this.#behind.delete(relation);
    this.#release();
    this.#options.onGone();
  }

  #produce(): void {
    if (this.#producing) return;
    this.#producing = true;
    const version = this.#version;
    const failed = (error: unknown): void => this.#publish(this.#options.onFailure(error), version);
    let reply: CoapReply | Promise<CoapReply>;
    try {
      reply = this.#options.produce();
    } catch (error) {
      failed(error);
      return;
    }
    if (isPromise(reply)) reply.then((settled) => this.#publish(settled, version), failed);
    else this.#publish(reply, version);
  }

  #publish(reply: CoapReply, version: number): void {
    this.#producing = false;
    if (version === this.#version) this.#reply = reply;
    // Changes that come while it is made are for the next time: whoever gets it now stays behind.
    for (const relation of this.#behind) if (relation.ready) this.#give(relation, reply, version);
    this.#release();
  }

  #give(relation: PacedRelation, reply: CoapReply, version: number): void {
    if (version === this.#version) this.#behind.delete(relation);
    relation.notify(reply);
    this.#release();
  }

  #release(): void {
    if (this.#behind.size === 0) this.#reply = undefined;
  }
}
