import { Code } from '@flownexus/coap';
import type { Clock, Timer } from '@flownexus/datagram';
import type { ExecuteArgument } from '@flownexus/lwm2m-core';
import { Refusal } from '../errors.ts';
import { limits } from '../limits.ts';
import { isInstances, type ResourceContent } from '../objects/content.ts';
import type { ObjectTree } from '../objects/object-tree.ts';
import { Increments, type SendIncrement } from './increments.ts';
import { LogRing } from './log-ring.ts';

const EVENT_LOG = 20;
const LOG_CLASS = 4010;
const LOG_START = 4011;
const LOG_STOP = 4012;
const LOG_STATUS = 4013;
const LOG_DATA = 4014;
const LOG_DATA_FORMAT = 4015;
const LOG_DATA_INCREMENTAL = 4016;
const MINIMUM_SEND_INTERVAL = 4017;

/** The bits of LogStatus. */
const Status = { STOPPED: 1, HAS_DATA: 2, INCREMENTAL: 8 } as const;

export interface EventLogOptions {
  /** The instance of Object 20; default 0. */
  readonly instanceId?: number;
  /** Bytes that are kept, of the data and of increments each; the oldest entries make room. Default 16 384. */
  readonly capacity?: number;
  /** The LogDataFormat that the data has, which is the only one that a server can want. Default 0, a sequence of bytes; 4 is syslog. */
  readonly dataFormat?: number;
  /** Whether the device logs before a server has started it. Default false. */
  readonly running?: boolean;
}

/**
 * The Event Log Object (20) of a device: what it logs while a server has started it, and from version 2.1 on increments, which it sends by itself as often as the
 * server wants. Servers do not create or delete logs.
 *
 * @example
 * const log = new EventLog(tree, systemClock);
 * log.connect((values) => client.send(values));
 * log.log('<14>1 2026-01-02T03:04:05Z meter app - - - started');
 */
export class EventLog {
  readonly #tree: ObjectTree;
  readonly #clock: Clock;
  readonly #path: string;
  readonly #ring: LogRing;
  readonly #dataFormat: number;
  readonly #increments: Increments | undefined;
  #running: boolean;
  #stopTimer: Timer | undefined;

  /** @throws TypeError when the tree has no definition of the Object, RangeError for a capacity that is none */
  constructor(tree: ObjectTree, clock: Clock, options: EventLogOptions = {}) {
    const { instanceId = 0, capacity = limits.logBytes, dataFormat = 0, running = false } = options;
    this.#tree = tree;
    this.#clock = clock;
    this.#path = `/${EVENT_LOG}/${instanceId}`;
    this.#ring = new LogRing(capacity);
    this.#dataFormat = dataFormat;
    this.#running = running;
    const hasIncrements = tree.definitions.resource(EVENT_LOG, LOG_DATA_INCREMENTAL) !== undefined;
    this.#increments = hasIncrements ? new Increments(clock, capacity) : undefined;
    this.#offer();
  }

  /** Whether it records. Increments are collected independently of that. */
  get running(): boolean {
    return this.#running;
  }

  /** Records an entry: a line of text, or bytes as they are. */
  log(entry: string | Uint8Array): void {
    const bytes = typeof entry === 'string' ? new TextEncoder().encode(`${entry}\n`) : entry;
    this.#increments?.push(bytes);
    if (!this.#running) return;
    this.#ring.push(bytes);
    this.#show();
  }

  /** Sends increments by a function such as `client.send`, until the function that it returns is called. */
  connect(send: SendIncrement): () => void {
    return this.#increments?.connect(`${this.#path}/${LOG_DATA_INCREMENTAL}`, send) ?? ((): void => undefined);
  }

  #offer(): void {
    const tree = this.#tree;
    tree.addObject(EVENT_LOG, { changeable: false });
    tree.set(this.#at(LOG_CLASS), 0);
    tree.set(this.#at(LOG_DATA_FORMAT), this.#dataFormat);
    if (this.#increments !== undefined) tree.set(this.#at(MINIMUM_SEND_INTERVAL), 0);
    this.#show();
    tree.onExecute(this.#at(LOG_START), ({ arguments: list }) => {
      this.#start(list);
    });
    tree.onExecute(this.#at(LOG_STOP), ({ arguments: list }) => {
      this.#stop(isSet(checked(list, 1), 0));
    });
    tree.onWrite(this.#path, ({ path: { resourceId }, content }) => {
      this.#check(resourceId, content);
    });
    tree.onChange(({ objectId, objectInstanceId, resourceId }) => {
      if (objectId !== EVENT_LOG || resourceId !== MINIMUM_SEND_INTERVAL) return;
      if (this.#path !== `/${EVENT_LOG}/${objectInstanceId}`) return;
      this.#increments?.every(Number(tree.content(this.#at(MINIMUM_SEND_INTERVAL)) ?? 0));
      this.#show();
    });
  }

  /** Argument 0: `1` extends the data, `0` empties it, as nothing does. Argument 1: stops after so many seconds. */
  #start(list: readonly ExecuteArgument[]): void {
    const args = checked(list, 2);
    const isExtended = isSet(args, 0);
    const seconds = numberOf(args, 1);
    this.#stopTimer?.cancel();
    this.#stopTimer =
      seconds === 0
        ? undefined
        : this.#clock.schedule(seconds * 1_000, () => {
            this.#stop(false);
          });
    this.#running = true;
    if (!isExtended) this.#ring.clear();
    this.#show();
  }

  /** LogStop: argument 0 is `1` where the data is emptied. */
  #stop(isEmptied: boolean): void {
    this.#stopTimer?.cancel();
    this.#stopTimer = undefined;
    this.#running = false;
    if (isEmptied) this.#ring.clear();
    this.#show();
  }

  #check(resourceId: number | undefined, content: ResourceContent | undefined): void {
    const value = content !== undefined && !isInstances(content) ? Number(content) : undefined;
    if (resourceId === LOG_CLASS && value !== undefined && value > 255) {
      throw new Refusal(Code.BAD_REQUEST, 'a LogClass is 0 to 255');
    }
    if (resourceId === LOG_DATA_FORMAT && value !== this.#dataFormat) {
      throw new Refusal(Code.BAD_REQUEST, `the data has the format ${this.#dataFormat}`);
    }
  }

  #show(): void {
    const { STOPPED, HAS_DATA, INCREMENTAL } = Status;
    const status =
      (this.#running ? 0 : STOPPED) |
      (this.#ring.size > 0 ? HAS_DATA : 0) |
      (this.#increments?.active === true ? INCREMENTAL : 0);
    this.#tree.set(this.#at(LOG_STATUS), status);
    this.#tree.set(this.#at(LOG_DATA), this.#ring.since());
  }

  #at(resourceId: number): string {
    return `${this.#path}/${resourceId}`;
  }
}

/** The arguments, of which there are `count`. @throws Refusal 4.00 */
function checked(list: readonly ExecuteArgument[], count: number): readonly ExecuteArgument[] {
  const other = list.find(({ digit }) => digit >= count);
  if (other !== undefined) throw new Refusal(Code.BAD_REQUEST, `there is no argument ${other.digit}`);
  return list;
}

/** @throws Refusal 4.00 for what is neither 0 nor 1 */
function isSet(list: readonly ExecuteArgument[], digit: number): boolean {
  const value = numberOf(list, digit);
  if (value > 1) throw new Refusal(Code.BAD_REQUEST, `the argument ${digit} is 0 or 1`);
  return value === 1;
}

/** An argument that is not there, or has no value, is 0. @throws Refusal 4.00 for what is no number, or none that a timer can have */
function numberOf(list: readonly ExecuteArgument[], digit: number): number {
  const text = list.find((argument) => argument.digit === digit)?.value ?? '0';
  if (!/^[0-9]{1,6}$/.test(text)) throw new Refusal(Code.BAD_REQUEST, `the argument ${digit} is a number`);
  return Number(text);
}
