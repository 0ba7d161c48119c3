import type { IncomingMessage } from 'node:http';
import { limits } from '../limits.ts';

const timers = new WeakMap<IncomingMessage, NodeJS.Timeout>();

/** Ends the connection of a request whose body takes too long: one that comes byte by byte must not be held for ever. */
export function limitBodyTime(request: IncomingMessage, ms: number = limits.requestBodyMs): void {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  if (coding === undefined && (length === undefined || length === '0')) return;
  const timer = setTimeout(() => request.socket.destroy(), ms).unref();
  timers.set(request, timer);
  request.once('close', () => clearTimeout(timer));
}

/** The body may take its time from now on. */
export function freeBodyTime(request: IncomingMessage): void {
  clearTimeout(timers.get(request));
}
