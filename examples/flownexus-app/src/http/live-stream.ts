import type { RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import type { Database } from '../database/database.ts';
import type { StoredBatch } from '../ingest/batch.ts';
import { limits } from '../limits.ts';
import type { StreamEvents } from './api-types.ts';
import { ApiError } from './errors.ts';
import { parseStreamQuery } from './queries.ts';

interface Client {
  readonly response: Response;
  /** Undefined: all. */
  readonly endpoint: string | undefined;
}

/** Server-Sent Events: tells the pages that are open what was stored. */
export class LiveStream {
  readonly #database: Database;
  readonly #log: Logger;
  readonly #backlogBytes: number;
  readonly #clients = new Set<Client>();
  readonly #heartbeat: NodeJS.Timeout;

  constructor(database: Database, log: Logger, options: { readonly backlogBytes?: number } = {}) {
    this.#database = database;
    this.#log = log;
    this.#backlogBytes = options.backlogBytes ?? limits.streamBacklogBytes;
    this.#heartbeat = setInterval(() => {
      for (const client of this.#clients) this.#write(client, ': still here\n\n');
    }, limits.streamHeartbeatMs);
    this.#heartbeat.unref();
  }

  /** Answers `GET /api/v1/stream`. */
  readonly open: RequestHandler = (request, response) => {
    const { endpoint } = parseStreamQuery(request.query);
    if (this.#clients.size >= limits.streamClients) {
      response.set('Retry-After', '10');
      throw new ApiError(503, 'too-many-streams', 'too many event streams are open');
    }
    response.set({ 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
    response.flushHeaders();
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    const client = { response, endpoint };
    this.#clients.add(client);
    response.on('close', () => this.#clients.delete(client));
    response.on('error', () => this.#clients.delete(client));
    response.write(': connected\n\n');
  };

  /** Tells the clients of stored batches. Reads them back from the database, so that they see what the lists show. */
  publish(stored: readonly StoredBatch[]): void {
    if (this.#clients.size === 0) return;
    try {
      const events = new Map<string, string[]>();
      for (const { batch, resourceIds } of stored) {
        const ofEndpoint = events.get(batch.endpoint) ?? [];
        events.set(batch.endpoint, ofEndpoint);
        if (changesEndpoint(batch)) {
          const item = this.#database.endpoints.get(batch.endpoint);
          if (item !== undefined) ofEndpoint.push(format('endpoint', item));
        }
        for (const id of resourceIds) {
          const item = this.#database.resources.get(id);
          if (item !== undefined) ofEndpoint.push(format('resource', { endpoint: batch.endpoint, ...item }));
        }
      }
      const everything = [...events.values()].flat().join('');
      for (const client of this.#clients) {
        this.#write(client, client.endpoint === undefined ? everything : (events.get(client.endpoint) ?? []).join(''));
      }
    } catch (error) {
      // The values are stored, which is what counts; the pages see them when they ask.
      this.#log.error({ err: error }, 'live update failed');
    }
  }

  /** Ends all streams. */
  close(): void {
    clearInterval(this.#heartbeat);
    for (const { response } of this.#clients) response.end();
    this.#clients.clear();
  }

  #write(client: Client, text: string): void {
    if (text === '') return;
    if (client.response.writableLength > this.#backlogBytes) {
      // It will come again, and ask for what it missed.
      this.#clients.delete(client);
      client.response.destroy();
      return;
    }
    client.response.write(text);
  }
}

/** Whether the endpoint's item is another now: its registration, or what its Device object says. */
function changesEndpoint({ change, records }: StoredBatch['batch']): boolean {
  return change !== undefined || records.some(({ path }) => path.objectId === 3);
}

/** JSON has no line breaks outside of its strings, and none unescaped inside: one `data` line is enough. */
function format<Name extends keyof StreamEvents>(name: Name, data: StreamEvents[Name]): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
