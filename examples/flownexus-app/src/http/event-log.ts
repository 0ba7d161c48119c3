import { limits } from '../limits.ts';

interface Kept {
  readonly endpoint: string | undefined;
  readonly text: string;
  readonly bytes: number;
}

/** A part of the log, encoded. */
export interface EventLogPart {
  readonly bytes: Uint8Array;
  /** The number of the event after it. */
  readonly next: number;
}

/** The latest events of the stream, numbered from 1: what readers that lag behind, or come back, are given. Bounded in bytes and number. */
export class EventLog {
  readonly #maxBytes: number;
  readonly #maxEvents: number;
  /** From `#start` on; what is before it is gone already. */
  #kept: (Kept | undefined)[] = [];
  #start = 0;
  #first = 1;
  #bytes = 0;
  /** Most readers stand at the same place and follow everything: what one of them got is encoded for all. */
  #shared: (EventLogPart & { readonly from: number }) | undefined;

  constructor({ maxBytes, maxEvents }: { readonly maxBytes: number; readonly maxEvents: number }) {
    this.#maxBytes = maxBytes;
    this.#maxEvents = maxEvents;
  }

  /** The number that the next event gets. */
  get next(): number {
    return this.#first + this.#kept.length - this.#start;
  }

  /** Whether all events from this number on are kept; that of the next event is the end of the log, and counts. */
  has(number: number): boolean {
    return number >= this.#first && number <= this.next;
  }

  /** Adds an event. The oldest make room. */
  add(endpoint: string | undefined, text: string): void {
    const bytes = Buffer.byteLength(text);
    this.#kept.push({ endpoint, text, bytes });
    this.#bytes += bytes;
    while (this.#bytes > this.#maxBytes || this.#kept.length - this.#start > this.#maxEvents) this.#removeFirst();
  }

  /** Forgets all events, and leaves a gap in the numbers: nobody can go on from one of before. */
  clear(): void {
    this.#first = this.next + 1;
    this.#kept = [];
    this.#start = 0;
    this.#bytes = 0;
    this.#shared = undefined;
  }

  /** The events from a number on, as many as make a good write; of one endpoint when it is given. Undefined when they are gone. */
  read(from: number, endpoint: string | undefined): EventLogPart | undefined {
    if (!this.has(from)) return undefined;
    if (endpoint !== undefined) return this.#encode(from, endpoint);
    if (this.#shared?.from !== from) this.#shared = { from, ...this.#encode(from, endpoint) };
    return this.#shared;
  }

  #encode(from: number, endpoint: string | undefined): EventLogPart {
    const texts: string[] = [];
    let bytes = 0;
    let index = from - this.#first + this.#start;
    for (; index < this.#kept.length && bytes < limits.streamWriteBytes; index += 1) {
      const event = this.#kept[index];
      if (event === undefined || (endpoint !== undefined && event.endpoint !== endpoint)) continue;
      texts.push(event.text);
      bytes += event.bytes;
    }
    return { bytes: Buffer.from(texts.join('')), next: index - this.#start + this.#first };
  }

  #removeFirst(): void {
    this.#bytes -= this.#kept[this.#start]?.bytes ?? 0;
    this.#kept[this.#start] = undefined;
    this.#start += 1;
    this.#first += 1;
    // Moving the rest down costs its length: not for each event.
    if (this.#start * 2 > this.#kept.length) {
      this.#kept = this.#kept.slice(this.#start);
      this.#start = 0;
    }
  }
}
