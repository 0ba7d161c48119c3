import { randomBytes } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { HttpMetrics } from './http-metrics.ts';

/** Of this process, so that ids of before a restart are others. */
const PREFIX = randomBytes(5).toString('base64url');
let last = 0;

/** Gives each request an id, which the header `X-Request-Id` of its answer and the log have, counts it, and logs it at `debug` when it has ended. */
export function observeRequests({
  metrics,
  log,
}: {
  readonly metrics: HttpMetrics;
  readonly log: Logger;
}): RequestHandler {
  return (request, response, next) => {
    const began = performance.now();
    const id = `${PREFIX}-${(++last).toString(36)}`;
    response.set('X-Request-Id', id);
    metrics.began();
    response.once('close', () => {
      const ms = performance.now() - began;
      metrics.ended(request, response, ms);
      if (!log.isLevelEnabled('debug')) return;
      const { method, originalUrl: url, ip: address } = request;
      const status = response.headersSent ? response.statusCode : undefined;
      log.debug({ requestId: id, method, url, status, ms: Math.round(ms), address }, 'request');
    });
    next();
  };
}
