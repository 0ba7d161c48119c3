import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import { z } from 'zod';
import { limits } from '../limits.ts';
import { ApiError } from './errors.ts';
import { EventLog } from './event-log.ts';
import { ANSWERED, type Route, route } from './route.ts';
import { endpointName } from './schemas.ts';

/** What the events of the stream are named. `lost` is the stream's own. */
export type StreamEventName =
  'endpoint' | 'resource' | 'operation' | 'event' | 'log' | 'firmwareUpdate' | 'firmwareCampaign';

export interface LiveStreamOptions {
  readonly log: Logger;
  /** Bytes of events that are kept for who comes back; default `limits.streamReplayBytes`. */
  readonly replayBytes?: number;
  /** How long they are kept when nobody reads any more, in milliseconds; default `limits.streamReplayMs`. */
  readonly replayMs?: number;
  /** Default `limits.streamHeartbeatMs`. */
  readonly heartbeatMs?: number;
}

interface Reader {
  readonly request: Request;
  readonly response: Response;
  /** Undefined: all. */
  readonly endpoint: string | undefined;
  /** The number of the next event that it has not got. */
  next: number;
}

/** Server-Sent Events: tells the pages that are open what was stored. */
export class LiveStream {
  readonly #log: Logger;
  readonly #replayMs: number;
  readonly #readers = new Set<Reader>();
  readonly #events: EventLog;
  /** Of this process: after a restart the numbers begin anew, and an id of before must not be taken for one of now. */
  readonly #epoch = randomBytes(6).toString('base64url');
  readonly #heartbeat: NodeJS.Timeout;
  /** When the last reader left; nobody comes back to an app that has just started. */
  #leftAt = -Infinity;
  #flushing = false;
  #closed = false;
  #isAllowed: (request: Request) => Promise<boolean> = () => Promise.resolve(true);

  constructor(options: LiveStreamOptions) {
    this.#log = options.log;
    this.#replayMs = options.replayMs ?? limits.streamReplayMs;
    this.#events = new EventLog({
      maxBytes: options.replayBytes ?? limits.streamReplayBytes,
      maxEvents: limits.streamReplayEvents,
    });
    this.#heartbeat = setInterval(() => this.#beat(), options.heartbeatMs ?? limits.streamHeartbeatMs);
    this.#heartbeat.unref();
  }

  /** Whether anybody reads, or may come back for what was missed: otherwise nothing needs to be read back from the database. */
  get wanted(): boolean {
    return !this.#closed && (this.#readers.size > 0 || Date.now() - this.#leftAt < this.#replayMs);
  }

  /**
   * Tells the readers, once the database has committed. `endpoint` is the name of the one that it is about; undefined: those alone hear of it who follow
   * all endpoints. `data` gives what becomes the event's JSON; it is called at most once, at once, and only when somebody may read it.
   */
  publish(name: StreamEventName, endpoint: string | undefined, data: () => unknown): void {
    if (!this.wanted) return;
    try {
      const number = this.#events.next;
      // JSON has no line breaks outside of its strings, and none unescaped inside: one `data` line is enough.
      this.#events.add(endpoint, `id: ${this.#id(number)}\nevent: ${name}\ndata: ${JSON.stringify(data())}\n\n`);
    } catch (error) {
      // What happened is stored, which is what counts; the pages have to fetch it.
      this.#log.error({ err: error }, 'live update failed');
      this.lose();
      return;
    }
    this.#flushSoon();
  }

  /** Something was not published: all readers are told to fetch what they show. */
  lose(): void {
    this.#events.clear();
    for (const reader of this.#readers) this.#lost(reader);
  }

  /**
   * The route `GET /api/v1/stream`. `isAllowed` is asked at each heartbeat whether the reader, who has been let in, may still read: a session that was
   * ended must not go on here.
   */
  route(isAllowed: (request: Request) => Promise<boolean>): Route {
    this.#isAllowed = isAllowed;
    return route({
      method: 'get',
      path: '/api/v1/stream',
      operationId: 'followEvents',
      summary: 'Server-Sent Events of what is stored, after it is stored',
      description:
        'The names of the events are `endpoint` (Endpoint), `resource` (a value, with its endpoint), `operation` (Operation), `event` (Event), `log` (LogEntry), ' +
        '`firmwareUpdate` (FirmwareUpdate) and `firmwareCampaign` (FirmwareCampaign); their data is JSON. Who comes back with `Last-Event-ID` gets what was ' +
        'missed. When that is not kept any more, and whenever else something was missed, an ' +
        'event `lost` says that what is shown has to be fetched anew.',
      tag: 'Stream',
      access: 'read',
      query: z.strictObject({
        endpoint: endpointName.optional().meta({ description: 'Only what is about this endpoint' }),
      }),
      answers: {
        200: { description: 'The stream', contentType: 'text/event-stream' },
        503: { description: 'Too many streams are open' },
      },
      handle: ({ query, request, response }) => {
        this.#open(request, response, query.endpoint);
        return ANSWERED;
      },
    });
  }

  /** Ends all streams. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#heartbeat);
    for (const { response } of this.#readers) response.end();
    this.#readers.clear();
    this.#events.clear();
  }

  #open(request: Request, response: Response, endpoint: string | undefined): void {
    if (this.#closed || this.#readers.size >= limits.streamClients) {
      response.set('Retry-After', '10');
      throw new ApiError(503, 'too-many-streams', 'too many event streams are open');
    }
    response.set({ 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
    response.flushHeaders();
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    // Nobody read for so long that nothing was kept: what an id of before stands for is gone.
    if (!this.wanted) this.#events.clear();
    const known = this.#numberOf(request.get('last-event-id'));
    const reader: Reader = { request, response, endpoint, next: known === undefined ? this.#events.next : known + 1 };
    this.#readers.add(reader);
    const leave = (): void => this.#leave(reader);
    response.on('close', leave);
    response.on('error', leave);
    response.on('drain', () => this.#send(reader));
    response.write(': connected\n');
    if (known === undefined || this.#events.has(reader.next)) {
      // An id without data: no event, but where to go on from.
      response.write(`id: ${this.#id(reader.next - 1)}\n\n`);
      this.#send(reader);
    } else this.#lost(reader);
  }

  #leave(reader: Reader): void {
    if (this.#readers.delete(reader) && this.#readers.size === 0) this.#leftAt = Date.now();
  }

  /** What comes in one turn of the event loop is sent together. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      for (const reader of this.#readers) this.#send(reader);
    });
  }

  /** Sends what a reader has not got, as far as it keeps up. */
  #send(reader: Reader): void {
    const { response } = reader;
    while (reader.next < this.#events.next && !response.writableNeedDrain) {
      const part = this.#events.read(reader.next, reader.endpoint);
      if (part === undefined) {
        this.#drop(reader);
        return;
      }
      reader.next = part.next;
      if (part.bytes.length > 0) response.write(part.bytes);
    }
    if (!this.#events.has(reader.next)) this.#drop(reader);
  }

  /** It lags behind what is kept. It will come again, and is told then that it missed something. */
  #drop(reader: Reader): void {
    this.#leave(reader);
    reader.response.destroy();
  }

  #lost(reader: Reader): void {
    reader.next = this.#events.next;
    reader.response.write(`id: ${this.#id(reader.next - 1)}\nevent: lost\ndata: {}\n\n`);
  }

  /** Keeps idle streams open through proxies, and tells readers of one endpoint where to go on from. */
  #beat(): void {
    for (const reader of this.#readers) {
      const { response, request } = reader;
      if (response.writableLength > limits.streamBacklogBytes) this.#drop(reader);
      else if (reader.next === this.#events.next) response.write(`id: ${this.#id(reader.next - 1)}\n\n`);
      else response.write(': still here\n\n');
      this.#isAllowed(request).then(
        (allowed) => {
          if (!allowed) this.#end(reader);
        },
        (error: unknown) => {
          this.#log.error({ err: error }, 'whether a stream may go on is not known');
          this.#end(reader);
        },
      );
    }
  }

  #end(reader: Reader): void {
    this.#leave(reader);
    reader.response.end();
  }

  #id(number: number): string {
    return `${this.#epoch}.${String(number)}`;
  }

  /** The number in a `Last-Event-ID`; one that is never kept for an id that is not of this process. Undefined: none was given. */
  #numberOf(id: string | undefined): number | undefined {
    if (id === undefined || id === '') return undefined;
    const [epoch, number = ''] = id.split('.', 2);
    return epoch === this.#epoch && /^\d{1,15}$/.test(number) ? Number(number) : -1;
  }
}
