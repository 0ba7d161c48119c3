import express, { type Express, type RequestHandler, type Router } from 'express';
import { startHttpServer } from '../http/http-server.ts';
import { isLoopback, isLoopbackAuthority } from '../http/loopback.ts';
import { isSameOrigin } from '../http/same-origin.ts';
import { leshanBootstrapRouter } from './leshan-bootstrap-router.ts';
import { leshanRouter } from './leshan-router.ts';
import type { LeshanBootstrapOptions, LeshanOptions } from './options.ts';

export interface LeshanPortsOptions {
  readonly server: Omit<LeshanOptions, 'admit'>;
  /** 0: any free port. */
  readonly port: number;
  readonly bootstrap: Omit<LeshanBootstrapOptions, 'admit'>;
  /** 0: any free port. */
  readonly bootstrapPort: number;
}

/** Both interfaces on ports of their own. */
export interface LeshanPorts {
  /** Such as `http://127.0.0.1:8080/`. */
  readonly url: string;
  readonly bootstrapUrl: string;
  /** Ends open connections, too. */
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';

/**
 * Serves both interfaces on ports of this machine, as the demo servers of Leshan do: to everybody on it, without authentication. Rejects with a `StartError`
 * when a port can not be bound, with none left open.
 */
export async function openLeshanPorts(options: LeshanPortsOptions): Promise<LeshanPorts> {
  const server = await startHttpServer(localApp(leshanRouter(options.server)), HOST, options.port, {
    portVariable: 'FLOWNEXUS_LESHAN_PORT',
  });
  try {
    const bootstrap = await startHttpServer(
      localApp(leshanBootstrapRouter(options.bootstrap)),
      HOST,
      options.bootstrapPort,
      { portVariable: 'FLOWNEXUS_LESHAN_BOOTSTRAP_PORT' },
    );
    return {
      url: server.url,
      bootstrapUrl: bootstrap.url,
      stop: async () => {
        await Promise.all([server.stop(), bootstrap.stop()]);
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

function localApp(router: Router): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(onlyLocal);
  app.use('/api', router);
  app.use((_, response) => {
    response.status(404).type('text/plain').send('nothing is at that address');
  });
  return app;
}

/**
 * The address of the socket alone does not say who asks: a page of another site can reach this machine through a browser on it, under a name of its own
 * (DNS rebinding) or as it is, and a proxy on this machine speaks for others.
 */
const onlyLocal: RequestHandler = (request, response, next) => {
  response.set({ 'X-Content-Type-Options': 'nosniff', 'Cross-Origin-Resource-Policy': 'same-origin' });
  const isProxied = request.get('forwarded') !== undefined || request.get('x-forwarded-for') !== undefined;
  const isLocal = isLoopback(request.socket.remoteAddress ?? '') && isLoopbackAuthority(request.get('host') ?? '');
  if (isLocal && !isProxied && isSameOrigin(request)) next();
  else response.status(403).type('text/plain').send('only programs on this machine are served here');
};
