import { limits } from '../limits.ts';

const MINUTE_MS = 60_000;

export interface LogBudgetOptions {
  /** Entries and bytes of one endpoint in a minute; default as in `limits`. */
  readonly entries?: number;
  readonly bytes?: number;
  /** Endpoints that are counted in a minute; those beyond are not. Default `limits.countedEndpoints`. */
  readonly maximum?: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/** Entries of an endpoint that were left out of a minute that is over: so many at least, since the rest was not looked at. */
export interface LeftOut {
  readonly endpoint: string;
  readonly entries: number;
  readonly bytes: number;
  /** Of the one that was left out first. */
  readonly path: string;
}

interface Counted {
  entries: number;
  bytes: number;
  leftOut: { entries: number; bytes: number; readonly path: string } | undefined;
}

/** What may be stored of the logs of an endpoint in a minute: a device that logs without end must not fill the disk. */
export class LogBudget {
  readonly #entries: number;
  readonly #bytes: number;
  readonly #maximum: number;
  readonly #now: () => number;
  #counted = new Map<string, Counted>();
  #over: LeftOut[] = [];
  #minute = -1;

  constructor({ entries, bytes, maximum, now }: LogBudgetOptions = {}) {
    this.#entries = entries ?? limits.logEntriesPerMinute;
    this.#bytes = bytes ?? limits.logBytesPerMinute;
    this.#maximum = maximum ?? limits.countedEndpoints;
    this.#now = now ?? (() => performance.now());
  }

  /** Whether there is room for one more entry; it is counted in either case. */
  take(endpoint: string, path: string, size: number): boolean {
    this.#roll();
    const counted = this.#counted.get(endpoint) ?? { entries: 0, bytes: 0, leftOut: undefined };
    if (counted.entries === 0 && counted.leftOut === undefined) {
      if (this.#counted.size >= this.#maximum) return size <= this.#bytes;
      this.#counted.set(endpoint, counted);
    }
    if (counted.entries < this.#entries && counted.bytes + size <= this.#bytes) {
      counted.entries += 1;
      counted.bytes += size;
      return true;
    }
    counted.leftOut ??= { entries: 0, bytes: 0, path };
    counted.leftOut.entries += 1;
    counted.leftOut.bytes += size;
    return false;
  }

  /** Whether as many entries of an endpoint were left out of the present minute as may be stored: nothing more of it needs to be looked at. */
  isSpent(endpoint: string): boolean {
    this.#roll();
    return (this.#counted.get(endpoint)?.leftOut?.entries ?? 0) >= this.#entries;
  }

  /** What was left out of minutes that are over: once each. */
  takeLeftOut(): LeftOut[] {
    this.#roll();
    return this.#over.splice(0);
  }

  /** The same with the present minute, after which nothing more comes. */
  takeRest(): LeftOut[] {
    this.#end();
    return this.#over.splice(0);
  }

  #roll(): void {
    const minute = Math.floor(this.#now() / MINUTE_MS);
    if (minute === this.#minute) return;
    this.#minute = minute;
    this.#end();
  }

  #end(): void {
    for (const [endpoint, { leftOut }] of this.#counted) {
      if (leftOut !== undefined && this.#over.length < this.#maximum) this.#over.push({ endpoint, ...leftOut });
    }
    this.#counted = new Map();
  }
}
