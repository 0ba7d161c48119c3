import { IncomingMessage, request } from 'node:http';
import { Socket } from 'node:net';
import express from 'express';
import { pino } from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { bodyBytes } from '../../src/http/binary-body.ts';
import { freeBodyTime, limitBodyTime } from '../../src/http/body-time.ts';
import { answerErrors } from '../../src/http/errors.ts';
import { startHttpServer } from '../../src/http/http-server.ts';
import { openApiDocument } from '../../src/http/openapi.ts';
import { mountRoutes } from '../../src/http/mount-routes.ts';
import { type Route, route } from '../../src/http/route.ts';
import { testGuards } from '../support/test-routes.ts';

const IDLE_MS = 200;

/** A route that counts the bytes of its body; `stop` says after how many it stops reading. */
function counting(ended: (error: unknown) => void = () => undefined): Route {
  return route({
    method: 'post',
    path: '/count',
    operationId: 'count',
    summary: 'Counts',
    tag: 'Count',
    access: 'operate',
    query: z.strictObject({ stop: z.coerce.number().optional() }),
    binaryBody: true,
    answers: { 200: { description: 'How many there are', schema: z.object({ bytes: z.int() }) } },
    handle: async ({ request: incoming, query: { stop = Number.POSITIVE_INFINITY } }) => {
      let bytes = 0;
      try {
        for await (const chunk of bodyBytes(incoming, IDLE_MS)) {
          bytes += chunk.length;
          if (bytes > stop) break;
        }
      } catch (error) {
        ended(error);
        throw error;
      }
      return { body: { bytes } };
    },
  });
}

async function serve(routes: readonly Route[]) {
  const app = express();
  app.use(mountRoutes(routes, testGuards().guards), answerErrors(pino({ level: 'silent' })));
  const server = await startHttpServer(app, '127.0.0.1', 0);
  onTestFinished(() => server.stop());
  return server;
}

/** Sends so many bytes, and ends the body if `whole`. */
function post(port: number, path: string, bytes: number, whole = true): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, method: 'POST', agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text });
        outgoing.destroy();
      });
    });
    outgoing.on('error', reject);
    if (whole) outgoing.end(Buffer.alloc(bytes));
    else outgoing.write(Buffer.alloc(bytes));
  });
}

test('the handler reads the body, and who stops reading can answer', async () => {
  const { port } = await serve([counting()]);
  expect(await post(port, '/count', 5_000_000)).toEqual({ status: 200, text: '{"bytes":5000000}' });
  expect(await post(port, '/count?stop=10', 1_000, false)).toEqual({ status: 200, text: '{"bytes":1000}' });
  expect(await post(port, '/count?stop=10', 5_000_000)).toMatchObject({ status: 200 });
});

test('a body that is silent for too long has broken off', async () => {
  const { promise: ended, resolve } = Promise.withResolvers<unknown>();
  const { port } = await serve([counting(resolve)]);
  await expect(post(port, '/count', 1_000, false)).rejects.toThrow();
  expect(await ended).toMatchObject({ status: 400, message: expect.stringContaining('broke off') as unknown });
});

test('a body that takes too long ends with its connection, but not one of any length', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const slow = (headers: Record<string, string>) => {
    const incoming = new IncomingMessage(new Socket());
    incoming.headers = headers;
    limitBodyTime(incoming, 1_000);
    return incoming;
  };
  const [sized, chunked, none, free] = [slow({ 'content-length': '9' }), slow({ 'transfer-encoding': 'chunked' }), slow({ 'content-length': '0' }), slow({ 'content-length': '9' })]; // prettier-ignore
  freeBodyTime(free);
  vi.advanceTimersByTime(999);
  expect(sized.socket.destroyed).toBe(false);
  vi.advanceTimersByTime(1);
  expect([sized, chunked, none, free].map(({ socket }) => socket.destroyed)).toEqual([true, true, false, false]);
});

test('the document says that the body is bytes', () => {
  expect(openApiDocument([counting()], { version: '1' })).toMatchObject({
    paths: { '/count': { post: { requestBody: { required: true, content: { 'application/octet-stream': {} } } } } },
  });
});
