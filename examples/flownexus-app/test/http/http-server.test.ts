import { once } from 'node:events';
import { Agent, get as httpGet, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { startHttpServer } from '../../src/http/http-server.ts';
import { send } from '../support/test-http.ts';

/** A server whose requests wait for the test. */
async function testServer(answer: RequestListener = () => undefined, stopRequestsMs = 10_000) {
  const responses: ServerResponse[] = [];
  let began: () => void = () => undefined;
  const listener: RequestListener = (request, response) => {
    responses.push(response);
    answer(request, response);
    began();
  };
  const server = await startHttpServer(listener, '127.0.0.1', 0, { stopRequestsMs });
  onTestFinished(() => server.stop());
  const port = Number(new URL(server.url).port);
  const requested = (): Promise<void> =>
    new Promise((resolve) => {
      began = resolve;
    });
  return { ...server, port, responses, requested };
}

test('a request that has begun is answered when the server stops, and none is taken any more', async () => {
  const server = await testServer();
  const requested = server.requested();
  const answer = send(server.url, 'GET', '/');
  await requested;
  const stopped = server.stop();
  await expect(send(server.url, 'GET', '/')).rejects.toThrow('ECONNREFUSED');
  server.responses[0]?.end('done');
  expect(await answer).toMatchObject({ status: 200, text: 'done', headers: { connection: 'close' } });
  await stopped;
});

test('a connection that is kept alive ends with its request', async () => {
  const server = await testServer();
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const requested = server.requested();
  const answered = new Promise<IncomingMessage>((resolve) => httpGet(server.url, { agent }, resolve));
  await requested;
  server.responses[0]?.writeHead(200).flushHeaders();
  const answer = await answered;
  const stopped = server.stop();
  server.responses[0]?.end();
  answer.resume();
  await stopped;
});

test('event streams end at once', async () => {
  const server = await testServer((_, response) => {
    response.setHeader('Content-Type', 'text/event-stream').flushHeaders();
  });
  const answer = await new Promise<IncomingMessage>((resolve) => httpGet(server.url, { agent: false }, resolve));
  answer.resume();
  const ended = once(answer, 'end');
  await Promise.all([server.stop(), ended]);
});

test('a request that does not end is ended', async () => {
  const server = await testServer(undefined, 5);
  const requested = server.requested();
  const answer = expect(send(server.url, 'GET', '/')).rejects.toThrow('socket hang up');
  await requested;
  await server.stop();
  await answer;
});

test('one of which only a part has come does not count', async () => {
  const server = await testServer();
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n');
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.on('close', resolve));
  await Promise.all([server.stop(), server.stop(), closed]);
});
