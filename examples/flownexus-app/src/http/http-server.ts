import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { limits } from '../limits.ts';
import { StartError } from '../start-error.ts';
import { limitBodyTime } from './body-time.ts';

export interface RunningHttpServer {
  /** Such as `http://127.0.0.1:8000/`. */
  readonly url: string;
  /** That it is bound to. */
  readonly port: number;
  /** Ends open connections, too. */
  stop(): Promise<void>;
}

/** Listens. Rejects with a {@link StartError} when the address can not be bound; it names the variable that sets the port. */
export async function startHttpServer(
  listener: RequestListener,
  host: string,
  port: number,
  portVariable: string = 'FLOWNEXUS_HTTP_PORT',
): Promise<RunningHttpServer> {
  // Node's own limit of the time of a request knows no exception.
  const times = { headersTimeout: limits.requestHeadMs, requestTimeout: 0 };
  const server = createServer(times, (request, response) => {
    limitBodyTime(request);
    listener(request, response);
  });
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
  return {
    url: `http://${formatHost(reachable(host))}:${String(bound)}/`,
    port: bound,
    stop: async () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeAllConnections();
      await closed;
    },
  };
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
