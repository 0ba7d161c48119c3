import { isSuccess, type CoapReply, type ObserveRelation } from '@flownexus/coap';
import type { Clock } from '@flownexus/datagram';
import { formatPath, ROOT_PATH, type Path, type ResourceRecord } from '@flownexus/lwm2m-core';
import { limits } from '../limits.ts';
import type { ChangeKind } from '../objects/object-tree.ts';
import type { ServerAccount } from '../objects/server-account.ts';
import type { Device } from '../operations/device.ts';
import type { ObservedPaths } from '../operations/observe.ts';
import { isReadable } from '../operations/read.ts';
import { Observation } from './observation.ts';
import { representation } from './representation.ts';

/** What became of one notification. */
export interface NotificationOutcome {
  /** The path of the observation; of a composite `/`. */
  readonly path: string;
  readonly payload: Uint8Array;
  /** Undefined when the server acknowledged it, or when it was Non-confirmable and has left. */
  readonly error: Error | undefined;
}

/** What the notifications of a device to one server need. */
export interface NotifierOptions {
  readonly device: Device;
  readonly account: ServerAccount;
  readonly clock: Clock;
  /** Whether notifications are Confirmable where neither attributes nor the account say. */
  readonly confirmable: boolean;
  readonly onOutcome: (outcome: NotificationOutcome) => void;
  /** False when the device is asleep: it wakes up then, and `flush` is called. */
  readonly wake: () => boolean;
}

const SERVER_OBJECT = 1;

/**
 * Notifies changes of what a server observes, by the attributes in force (TS Core §5.1.2, §6.4): not before pmin after the last
 * notification, and after pmax in any case. One notification of an observation is under way at a time: what changes meanwhile goes out
 * with the next (RFC 7641 §4.5.1).
 */
export class Notifier {
  readonly #options: NotifierOptions;
  // Made with the first observation.
  #observations: Map<ObserveRelation, Observation> | undefined;
  /** Whether `flush` is called in this turn. */
  #isFlushing = false;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  /** Observations there are. */
  get size(): number {
    return this.#observations?.size ?? 0;
  }

  /** Adds an observation; false when there are too many. The same paths are observed once, as in Zephyr. */
  add(observed: ObservedPaths, accept: () => ObserveRelation): boolean {
    const observations = (this.#observations ??= new Map<ObserveRelation, Observation>());
    for (const [relation, observation] of observations) {
      if (!observation.isOf(observed)) continue;
      this.#forget(observation);
      relation.end();
    }
    if (observations.size >= limits.observations) return false;
    const relation = accept();
    const { device, clock } = this.#options;
    const observation = new Observation(observed, relation, device.tree, clock.now());
    relation.onEnd = () => {
      this.#forget(observation);
    };
    observations.set(relation, observation);
    this.#advance(observation);
    return true;
  }

  /** A change of the tree. */
  changed(path: Path, kind: ChangeKind): void {
    const { device } = this.#options;
    for (const observation of this.#observations?.values() ?? []) {
      if (kind === 'value' && !this.#isReadable(path)) continue;
      const isNotable =
        kind === 'value' ? observation.isNotable(path, device.tree, device.attributes) : observation.concerns(path);
      if (!isNotable) continue;
      observation.due = true;
      this.#flushSoon();
    }
    // The default periods may be others now.
    if (path.objectId === SERVER_OBJECT) this.flush();
  }

  /** A value of a time of its own: the next notifications of its Resource have it beside the others. */
  reported(record: ResourceRecord): void {
    for (const observation of this.#observations?.values() ?? []) {
      if (!observation.concerns(record.path)) continue;
      const records = (observation.records ??= []);
      if (records.length >= limits.reportedRecords) records.shift();
      records.push(record);
      observation.due = true;
    }
  }

  /** Looks anew at when to notify: attributes have changed, or the device is awake. */
  flush(): void {
    for (const observation of this.#observations?.values() ?? []) this.#advance(observation);
  }

  /** Ends all observations without a word: the registration they belonged to is gone. */
  clear(): void {
    for (const observation of this.#observations?.values() ?? []) {
      this.#forget(observation);
      observation.relation.end();
    }
    this.#observations = undefined;
  }

  /** What one operation, or one turn of the application, changes together goes out together. */
  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      this.flush();
    });
  }

  #isReadable({ objectId = -1, resourceId = -1 }: Path): boolean {
    const definition = this.#options.device.tree.definitions.resource(objectId, resourceId);
    return definition !== undefined && isReadable(definition);
  }

  #forget(observation: Observation): void {
    observation.timer?.cancel();
    this.#observations?.delete(observation.relation);
  }

  /** Sends what is due, or sets the timer for when it will be. */
  #advance(observation: Observation): void {
    observation.timer?.cancel();
    observation.timer = undefined;
    if (observation.sending) return;
    const { device, account, clock } = this.#options;
    const { pmin, pmax } = observation.periods(device.attributes, account);
    if (!observation.due && pmax === 0) return;
    const waitMs = observation.sentAt + (observation.due ? pmin : pmax) * 1_000 - clock.now();
    if (waitMs <= 0) {
      this.#send(observation);
      return;
    }
    observation.timer = clock.schedule(waitMs, () => {
      this.#advance(observation);
    });
  }

  #send(observation: Observation): void {
    const { device, account, clock, confirmable, wake } = this.#options;
    observation.due = true;
    if (!wake()) return;
    const reply = representation(device, observation.observed, observation.records);
    const periods = observation.periods(device.attributes, account);
    observation.markNotified(device.tree, clock.now());
    observation.sending = true;
    observation.relation.notify(reply, { confirmable: periods.confirmable ?? confirmable }).then(
      () => {
        this.#sent(observation, reply, undefined);
      },
      (error: unknown) => {
        this.#sent(observation, reply, error instanceof Error ? error : new Error(String(error)));
      },
    );
  }

  #sent(observation: Observation, reply: CoapReply, error: Error | undefined): void {
    const { paths, composite } = observation.observed;
    observation.sending = false;
    // RFC 7641 §4.2: an error is the last notification.
    if (!isSuccess(reply.code)) this.#forget(observation);
    this.#options.onOutcome({
      path: formatPath((composite ? undefined : paths[0]) ?? ROOT_PATH),
      payload: reply.payload ?? new Uint8Array(0),
      error,
    });
    if (this.#observations?.has(observation.relation) === true) this.#advance(observation);
  }
}
