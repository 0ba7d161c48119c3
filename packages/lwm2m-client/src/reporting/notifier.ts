import type { CoapReply, ObserveRelation } from '@flownexus/coap';
import { formatPath, type Path } from '@flownexus/lwm2m-core';
import { limits } from '../limits.ts';

/** What became of one notification. */
export interface NotificationOutcome {
  /** The path of the observation. */
  readonly path: string;
  readonly payload: Uint8Array;
  /** Undefined when the server acknowledged it. */
  readonly error: Error | undefined;
}

interface Observation {
  readonly path: Path;
  readonly contentFormat: number;
  readonly relation: ObserveRelation;
  sending: boolean;
  /** A value changed while a notification was on its way: one more follows with the newest state. */
  dirty: boolean;
}

/**
 * Sends a Confirmable notification for each change below an observed path, one at a time per observation: what
 * changes meanwhile goes out with the next (RFC 7641 §4.5.1).
 */
export class Notifier {
  readonly #observations = new Map<ObserveRelation, Observation>();
  readonly #read: (path: Path, contentFormat: number) => CoapReply;
  readonly #onOutcome: (outcome: NotificationOutcome) => void;

  constructor(
    read: (path: Path, contentFormat: number) => CoapReply,
    onOutcome: (outcome: NotificationOutcome) => void,
  ) {
    this.#read = read;
    this.#onOutcome = onOutcome;
  }

  get size(): number {
    return this.#observations.size;
  }

  /** Adds an observation; false when there are too many. One path has one observation, as in Zephyr. */
  add(path: Path, contentFormat: number, accept: () => ObserveRelation): boolean {
    const text = formatPath(path);
    for (const [relation, observation] of this.#observations) {
      if (formatPath(observation.path) !== text) continue;
      this.#observations.delete(relation);
      relation.end();
    }
    if (this.#observations.size >= limits.observations) return false;
    const relation = accept();
    relation.onEnd = () => void this.#observations.delete(relation);
    this.#observations.set(relation, { path, contentFormat, relation, sending: false, dirty: false });
    return true;
  }

  /** Notifies what observes the changed Resource or something above it. */
  changed(path: Path): void {
    for (const observation of this.#observations.values()) {
      if (covers(observation.path, path)) this.#send(observation);
    }
  }

  /** Ends all observations without a word: the registration they belonged to is gone. */
  clear(): void {
    const relations = [...this.#observations.keys()];
    this.#observations.clear();
    for (const relation of relations) relation.end();
  }

  #send(observation: Observation): void {
    if (observation.sending) {
      observation.dirty = true;
      return;
    }
    const reply = this.#read(observation.path, observation.contentFormat);
    observation.sending = true;
    observation.dirty = false;
    observation.relation.notify(reply, { confirmable: true }).then(
      () => this.#sent(observation, reply, undefined),
      (error: unknown) => this.#sent(observation, reply, error instanceof Error ? error : new Error(String(error))),
    );
  }

  #sent(observation: Observation, reply: CoapReply, error: Error | undefined): void {
    observation.sending = false;
    this.#onOutcome({ path: formatPath(observation.path), payload: reply.payload ?? new Uint8Array(0), error });
    if (observation.dirty && this.#observations.has(observation.relation)) this.#send(observation);
  }
}

function covers(observed: Path, changed: Path): boolean {
  if (observed.objectId !== changed.objectId) return false;
  if (observed.objectInstanceId === undefined) return true;
  if (observed.objectInstanceId !== changed.objectInstanceId) return false;
  return observed.resourceId === undefined || observed.resourceId === changed.resourceId;
}
