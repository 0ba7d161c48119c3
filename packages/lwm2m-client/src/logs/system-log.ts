import { Code } from '@flownexus/coap';
import { Refusal } from '../errors.ts';
import { limits } from '../limits.ts';
import type { ObjectTree } from '../objects/object-tree.ts';
import { LogRing } from './log-ring.ts';

const SYSTEM_LOG = 10_259;
const NAME = 0;
const READ_ALL = 1;
const READ = 2;
const ENABLED = 3;
const CAPTURE_LEVEL = 4;

/** The priorities of a source that is compatible with syslog, as its Capture Level has them. */
export const SystemLogLevel = {
  EMERGENCY: 1,
  ALERT: 2,
  CRITICAL: 3,
  ERROR: 4,
  WARNING: 5,
  NOTICE: 6,
  INFO: 7,
  DEBUG: 8,
} as const;
export type SystemLogLevel = (typeof SystemLogLevel)[keyof typeof SystemLogLevel];

export interface SystemLogOptions {
  /** The instance of Object 10259; default 0. */
  readonly instanceId?: number;
  /** The source; default `syslog`. */
  readonly name?: string;
  /** Bytes that are kept; the oldest lines make room. Default 16 384. */
  readonly capacity?: number;
  /** Default `INFO`. */
  readonly captureLevel?: SystemLogLevel;
}

/**
 * The System Log Object (10259) of a device: lines of text, which servers read all at once, or those since the last time. Of several servers on one tree that is since any of
 * them has read. Servers do not create or delete logs.
 *
 * @example
 * const log = new SystemLog(tree);
 * log.log('<12>Oct 11 22:14:15 meter app: battery is low', SystemLogLevel.WARNING);
 */
export class SystemLog {
  readonly #tree: ObjectTree;
  readonly #path: string;
  readonly #ring: LogRing;
  #read = 0;

  /** @throws TypeError when the tree has no definition of the Object, RangeError for a capacity that is none */
  constructor(tree: ObjectTree, options: SystemLogOptions = {}) {
    const { instanceId = 0, name = 'syslog', capacity = limits.logBytes } = options;
    this.#tree = tree;
    this.#path = `/${SYSTEM_LOG}/${instanceId}`;
    this.#ring = new LogRing(capacity);
    tree.addObject(SYSTEM_LOG, { changeable: false });
    tree.set(this.#at(NAME), name);
    tree.set(this.#at(READ_ALL), '');
    tree.set(this.#at(READ), '');
    tree.set(this.#at(ENABLED), true);
    tree.set(this.#at(CAPTURE_LEVEL), options.captureLevel ?? SystemLogLevel.INFO);
    tree.onWrite(this.#path, ({ path: { resourceId }, content }) => {
      if (resourceId !== CAPTURE_LEVEL || content === undefined) return;
      if (!(Number(content) >= SystemLogLevel.EMERGENCY && Number(content) <= SystemLogLevel.DEBUG)) {
        throw new Refusal(Code.BAD_REQUEST, 'a Capture Level is 1 to 8');
      }
    });
    tree.onRead(this.#at(READ), () => {
      tree.set(this.#at(READ), this.#text(this.#read));
      this.#read = this.#ring.end;
    });
  }

  /** Captures a line when it is enabled, and the level is not beyond the Capture Level. */
  log(line: string, level: SystemLogLevel = SystemLogLevel.INFO): void {
    if (this.#tree.content(this.#at(ENABLED)) !== true) return;
    if (level > Number(this.#tree.content(this.#at(CAPTURE_LEVEL)))) return;
    this.#ring.push(new TextEncoder().encode(`${line}\n`));
    this.#tree.set(this.#at(READ_ALL), this.#text(0));
  }

  #text(since: number): string {
    return new TextDecoder().decode(this.#ring.since(since));
  }

  #at(resourceId: number): string {
    return `${this.#path}/${resourceId}`;
  }
}
