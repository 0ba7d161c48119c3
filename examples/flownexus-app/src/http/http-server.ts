import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { limits } from '../limits.ts';
import { StartError } from '../start-error.ts';
import { limitBodyTime } from './body-time.ts';
import { OpenResponses } from './open-responses.ts';

export interface RunningHttpServer {
  /** Such as `http://127.0.0.1:8000/`. */
  readonly url: string;
  /** That it is bound to. */
  readonly port: number;
  /**
   * Takes no more connections, ends event streams, and lets requests that have begun end within `stopRequestsMs`; then ends all connections. A second call gives
   * what the first gives.
   */
  stop(): Promise<void>;
}

export interface HttpServerOptions {
  /** What sets the port, for the message of an error. Default `FLOWNEXUS_HTTP_PORT`. */
  readonly portVariable?: string;
  /** How long requests that have begun may go on when it is stopped, in milliseconds. Default `limits.stopRequestsMs`. */
  readonly stopRequestsMs?: number;
}

/** Listens. Rejects with a {@link StartError} when the address can not be bound; it names the variable that sets the port. */
export async function startHttpServer(
  listener: RequestListener,
  host: string,
  port: number,
  { portVariable = 'FLOWNEXUS_HTTP_PORT', stopRequestsMs = limits.stopRequestsMs }: HttpServerOptions = {},
): Promise<RunningHttpServer> {
  // Node's own limit of the time of a request knows no exception.
  const server = createServer({ headersTimeout: limits.requestHeadMs, requestTimeout: 0 });
  const responses = new OpenResponses();
  // First of all: it has to know of a response before it is given.
  server.on('request', (request, response) => {
    responses.add(response);
    limitBodyTime(request);
  });
  server.on('request', listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new StartError(`HTTP can not listen on ${formatHost(host)}:${String(port)}: ${reason(error, portVariable)}`, {
          cause: error,
        }),
      );
    });
    server.listen({ host, port }, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    await responses.end(stopRequestsMs);
    server.closeAllConnections();
    await closed;
  };
  let closing: Promise<void> | undefined;
  const url = `http://${formatHost(reachable(host))}:${String(bound)}/`;
  return { url, port: bound, stop: () => (closing ??= close()) };
}

/** A host as it stands in a URL. */
export function formatHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** An address that a browser on this machine can open, where the server listens on all. */
function reachable(host: string): string {
  return host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
}

function reason(error: NodeJS.ErrnoException, portVariable: string): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `the port is in use already; ${portVariable} sets another one`;
    case 'EACCES':
      return `this needs more rights than the process has; ${portVariable} sets another port`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'this machine does not have that address; FLOWNEXUS_HTTP_HOST sets another one';
    default:
      return error.message;
  }
}
