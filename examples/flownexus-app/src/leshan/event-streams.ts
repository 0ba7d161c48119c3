import type { Request, Response } from 'express';
import { limits } from '../limits.ts';
import { LeshanError } from './leshan-error.ts';
import { queryOf } from './query.ts';

interface Stream {
  readonly response: Response;
  /** Undefined: all. */
  readonly endpointName: string | undefined;
  readonly isAllowed: () => Promise<boolean>;
}

/** Told when somebody begins to look, and when nobody does any more. */
export interface StreamSource {
  /** The first stream is open. */
  start(): void;
  /** The last one has closed. */
  stop(): void;
  /** The first stream for one endpoint is open. What it throws refuses the stream. */
  follow?(endpointName: string): void;
  /** The last one for it has closed. */
  unfollow?(endpointName: string): void;
}

/** The endpoint whose events alone a stream is to have; undefined: those of all. */
export function streamedEndpoint(request: Request): string | undefined {
  const name = queryOf(request).get('ep') ?? '';
  return name === '' ? undefined : name;
}

/** Server-Sent Events of one server. A reader that is too slow is dropped, so that it delays nobody. */
export class EventStreams {
  readonly #source: StreamSource;
  readonly #backlogBytes: number;
  readonly #streams = new Set<Stream>();
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(source: StreamSource, backlogBytes: number = limits.streamBacklogBytes) {
    this.#source = source;
    this.#backlogBytes = backlogBytes;
  }

  /**
   * Answers `GET /event`: with `ep=` only the events of that endpoint, else all. `isAllowed` never rejects; it is asked at each heartbeat whether the reader, who
   * has been let in, may still read: a session that was ended must not go on here.
   *
   * @throws LeshanError when there are as many streams as may be
   */
  open(request: Request, response: Response, isAllowed: () => Promise<boolean>): void {
    if (request.accepts('text/event-stream') === false) {
      throw new LeshanError(406, 'events come as text/event-stream');
    }
    if (this.#streams.size >= limits.streamClients) {
      response.set('Retry-After', '10');
      throw new LeshanError(503, 'too many event streams are open');
    }
    const stream = { response, endpointName: streamedEndpoint(request), isAllowed };
    if (request.method !== 'HEAD') this.#add(stream);
    response.set({ 'Content-Type': 'text/event-stream;charset=utf-8', 'X-Accel-Buffering': 'no' });
    response.flushHeaders();
    if (request.method === 'HEAD') response.end();
  }

  /** Sends an event to those who want it; `data` is asked for once if there are any. `named`: only to those who asked for this endpoint. */
  publish(name: string, endpointName: string, data: () => unknown, only: 'all' | 'named' = 'all'): void {
    let text: string | undefined;
    for (const stream of this.#streams) {
      if (stream.endpointName === undefined ? only === 'named' : stream.endpointName !== endpointName) continue;
      // JSON has no line breaks outside of its strings, and none unescaped inside: one line is enough.
      text ??= `event: ${name}\ndata: ${JSON.stringify(data())}\n\n`;
      this.#write(stream, text);
    }
  }

  #add(stream: Stream): void {
    const { response, endpointName } = stream;
    if (endpointName !== undefined && !this.#isFollowed(endpointName)) this.#source.follow?.(endpointName);
    this.#streams.add(stream);
    if (this.#streams.size === 1) {
      this.#source.start();
      this.#heartbeat = setInterval(() => this.#beat(), limits.leshanHeartbeatMs);
      this.#heartbeat.unref();
    }
    response.once('close', () => this.#remove(stream));
    response.once('error', () => this.#remove(stream));
  }

  #remove(stream: Stream): void {
    if (!this.#streams.delete(stream)) return;
    const { endpointName } = stream;
    if (endpointName !== undefined && !this.#isFollowed(endpointName)) this.#source.unfollow?.(endpointName);
    if (this.#streams.size > 0) return;
    clearInterval(this.#heartbeat);
    this.#source.stop();
  }

  #isFollowed(endpointName: string): boolean {
    for (const stream of this.#streams) if (stream.endpointName === endpointName) return true;
    return false;
  }

  #beat(): void {
    for (const stream of this.#streams) {
      this.#write(stream, ':\n\n');
      void stream.isAllowed().then((allowed) => {
        if (!allowed) this.#end(stream);
      });
    }
  }

  #end(stream: Stream): void {
    this.#remove(stream);
    stream.response.end();
  }

  #write(stream: Stream, text: string): void {
    if (stream.response.writableLength > this.#backlogBytes) {
      this.#remove(stream);
      stream.response.destroy();
      return;
    }
    stream.response.write(text);
  }
}
