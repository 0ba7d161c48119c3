import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { limits } from '../limits.ts';
import { StartError } from '../start-error.ts';
import { limitBodyTime } from './body-time.ts';
import { OpenResponses } from './open-responses.ts';

export interface RunningHttpServer {
  /** Such as `http://127.0.0.1:8000/`; `https:` with a certificate. */
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
  /** Serves over TLS: the key and certificate, and those that come in their place later. */
  readonly certificate?: ServedCertificate | undefined;
}

/** A key and a certificate (PEM) that can be exchanged. */
export interface ServedCertificate {
  readonly current: WebCredential;
  /** Calls `listener` with each that comes in its place, until the function that it returns is called. */
  onChange(listener: (credential: WebCredential) => void): () => void;
}

export interface WebCredential {
  readonly key: Uint8Array;
  readonly cert: Uint8Array;
}

/** Listens. Rejects with a {@link StartError} when the address can not be bound; it names the variable that sets the port. */
export async function startHttpServer(
  listener: RequestListener,
  host: string,
  port: number,
  { portVariable = 'FLOWNEXUS_HTTP_PORT', stopRequestsMs = limits.stopRequestsMs, certificate }: HttpServerOptions = {},
): Promise<RunningHttpServer> {
  // Node's own limit of the time of a request knows no exception.
  const times = { headersTimeout: limits.requestHeadMs, requestTimeout: 0 };
  const tls =
    certificate === undefined ? undefined : createTlsServer({ ...times, ...secureOptions(certificate.current) });
  const server = tls ?? createServer(times);
  const unfollow = certificate?.onChange((credential) => tls?.setSecureContext(secureOptions(credential)));
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
    unfollow?.();
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    await responses.end(stopRequestsMs);
    server.closeAllConnections();
    await closed;
  };
  let closing: Promise<void> | undefined;
  const url = `${tls === undefined ? 'http' : 'https'}://${formatHost(reachable(host))}:${String(bound)}/`;
  return { url, port: bound, stop: () => (closing ??= close()) };
}

/** What a server over TLS is made of. */
export function secureOptions({ key, cert }: WebCredential) {
  return { key: Buffer.from(key), cert: Buffer.from(cert), minVersion: 'TLSv1.2' } as const;
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
