import { once } from 'node:events';
import { request } from 'node:http';
import express from 'express';
import { expect, onTestFinished, test } from 'vitest';
import { startHttpServer } from '../../src/http/http-server.ts';
import { sendArray } from '../../src/leshan/send-array.ts';

async function served(items: AsyncIterable<number> | Iterable<number>): Promise<string> {
  const app = express();
  app.get('/', (_, response) => sendArray(response, items, (item) => ({ item })));
  const server = await startHttpServer(app, '127.0.0.1', 0);
  onTestFinished(() => server.stop());
  return server.url;
}

test.each([0, 1, 99, 100, 101, 250])('an array of %i', async (length) => {
  const items = Array.from({ length }, (_, index) => index);
  const response = await fetch(await served(items));
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(await response.json()).toEqual(items.map((item) => ({ item })));
});

test('a listing is asked no further when the caller leaves', async () => {
  const ended = Promise.withResolvers<number>();
  function* endless(): Generator<number> {
    let count = 0;
    try {
      for (;;) yield (count += 1);
    } finally {
      ended.resolve(count);
    }
  }
  const outgoing = request(await served(endless())).end();
  const [response] = (await once(outgoing, 'response')) as [NodeJS.ReadableStream];
  await once(response, 'data');
  outgoing.destroy();
  expect(await ended.promise).toBeGreaterThan(0);
});
