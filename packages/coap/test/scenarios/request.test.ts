import { expect, test } from 'vitest';
import { Code } from '../../src/index.ts';
import { line, opt, text, World } from './world.ts';

test('a request is answered in the ACK', async () => {
  const world = await World.open();
  const pending = world.endpoint.request(world.peer, {
    method: Code.GET,
    path: ['3', '0', '0'],
    query: ['a=b'],
    accept: 0,
  });
  const request = await world.hear();
  expect(line(request)).toBe('CON 0.01');
  expect(request.token).toHaveLength(8);
  expect(request.options.map(({ number, value }) => [number, text(value)])).toEqual([
    [11, '3'],
    [11, '0'],
    [11, '0'],
    [15, 'a=b'],
    [17, ''],
  ]);
  await world.piggyback(request, { code: '2.05', options: [opt.raw(12, '')], payload: 'acme' });
  const response = await pending;
  expect(response).toMatchObject({ code: Code.CONTENT, contentFormat: 0, observe: undefined });
  expect(text(response.payload)).toBe('acme');
  await world.clock.advanceAsync(300_000);
  await world.hearNothing();
  await world.end();
});

test('an error response resolves the promise', async () => {
  const world = await World.open();
  const pending = world.endpoint.request(world.peer, { method: Code.DELETE, path: ['x'] });
  await world.piggyback(await world.hear(), { code: '4.05' });
  expect((await pending).code).toBe(Code.METHOD_NOT_ALLOWED);
  await world.end();
});

test('the server answers in the ACK, and tells when the reply has left', async () => {
  const events: string[] = [];
  const world = await World.open({
    onRequest: (request) => {
      events.push(`${request.path.join('/')}?${request.query.join('&')} ${text(request.payload)}`);
      return {
        code: Code.CREATED,
        locationPath: ['rd', 'x1'],
        afterSent: () => events.push(`sent ${world.endpoint.statistics.sent}`),
      };
    },
  });
  const request = await world.say({
    type: 'CON',
    code: '0.02',
    token: 'tk',
    options: [...opt.path('rd'), opt.query('ep=a'), opt.query('lt=60')],
    payload: '</1/0>',
  });
  const answer = await world.hear();
  expect(line(answer)).toBe('ACK 2.01');
  expect(answer.messageId).toBe(request.messageId);
  expect(text(answer.token)).toBe('tk');
  expect(answer.options.map(({ number, value }) => [number, text(value)])).toEqual([
    [8, 'rd'],
    [8, 'x1'],
  ]);
  expect(events).toEqual(['rd?ep=a&lt=60 </1/0>', 'sent 1']);
  await world.end();
});

test('a NON request gets a NON response', async () => {
  const world = await World.open({ onRequest: () => ({ code: Code.CHANGED }) });
  await world.say({ type: 'NON', code: '0.02', token: 'n' });
  expect(await world.hearLine()).toBe('NON 2.04');
  await world.end();
});

test('without a handler every request is answered 4.04', async () => {
  const world = await World.open();
  await world.say({ type: 'CON', code: '0.01' });
  expect(await world.hearLine()).toBe('ACK 4.04');
  await world.end();
});

test('a NON request of ours is sent once and its response is accepted', async () => {
  const world = await World.open();
  const pending = world.endpoint.request(world.peer, { method: Code.POST, path: ['3', '0', '4'], confirmable: false });
  const request = await world.hear();
  expect(line(request)).toBe('NON 0.02');
  await world.say({ type: 'NON', code: '2.04', token: request.token });
  expect((await pending).code).toBe(Code.CHANGED);
  await world.hearNothing();
  await world.end();
});

test('a NON request of ours may be answered by a Confirmable response', async () => {
  const world = await World.open();
  const pending = world.endpoint.request(world.peer, { method: Code.POST, confirmable: false });
  const { token } = await world.hear();
  const response = await world.say({ type: 'CON', code: '2.04', token });
  expect((await pending).code).toBe(Code.CHANGED);
  const ack = await world.hear();
  expect([line(ack), ack.messageId]).toEqual(['ACK 0.00', response.messageId]);
  await world.end();
});

test('a request without a token gets a response without one', async () => {
  const world = await World.open({ onRequest: () => ({ code: Code.CONTENT }) });
  await world.say({ type: 'CON', code: '0.01' });
  expect((await world.hear()).token).toHaveLength(0);
  await world.say({ type: 'NON', code: '0.01' });
  expect((await world.hear()).token).toHaveLength(0);
  await world.end();
});

test('a NON request that nobody answers times out after NON_LIFETIME', async () => {
  const world = await World.open();
  const pending = world.endpoint.request(world.peer, { method: Code.POST, confirmable: false });
  pending.catch(() => undefined);
  await expect(world.clock.runUntil(pending)).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
  expect(world.clock.now()).toBe(145_000);
  await world.end();
});

test('a request that cannot be is refused with TypeError or RangeError', async () => {
  const world = await World.open();
  const { endpoint, peer } = world;
  await expect(endpoint.request(peer, { method: Code.CONTENT })).rejects.toThrow(TypeError);
  await expect(endpoint.request(peer, { method: Code.GET, options: [opt.observe(0)] })).rejects.toThrow(TypeError);
  await expect(endpoint.request(peer, { method: Code.GET, options: [opt.raw(70_000)] })).rejects.toThrow(RangeError);
  await expect(endpoint.request(peer, { method: Code.GET, path: ['..'] })).rejects.toThrow(RangeError);
  await expect(endpoint.observe(peer, { method: Code.POST }, { onNotification: () => undefined })).rejects.toThrow(
    TypeError,
  );
  await world.hearNothing();
  await world.end();
});
