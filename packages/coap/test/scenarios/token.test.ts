import { expect, test } from 'vitest';
import { Code, decodeMessage } from '../../src/index.ts';
import { text, World } from './world.ts';

/** RFC 7252 §5.3.2. */
test('a response with another token is not ours, though the Message ID is', async () => {
  const world = await World.open();
  const pending = world.endpoint.request(world.peer, { method: Code.GET });
  const request = await world.hear();
  await world.say({ type: 'ACK', code: '2.05', messageId: request.messageId, token: 'wrong', payload: 'wrong' });
  await world.clock.advanceAsync(3000);
  expect((await world.hear()).messageId).toBe(request.messageId); // it is still being retransmitted
  await world.piggyback(request, { code: '2.05', payload: 'right' });
  expect(text((await pending).payload)).toBe('right');
  await world.end();
});

test('a piggybacked response with another Message ID is not ours, though the token is', async () => {
  const world = await World.open();
  const pending = world.endpoint.request(world.peer, { method: Code.GET });
  const request = await world.hear();
  await world.say({ type: 'ACK', code: '2.05', messageId: request.messageId ^ 1, token: request.token, payload: 'no' });
  await world.piggyback(request, { code: '2.05', payload: 'yes' });
  expect(text((await pending).payload)).toBe('yes');
  expect(world.endpoint.statistics.unmatched).toBe(1);
  await world.end();
});

test('a response from another peer is not ours', async () => {
  const world = await World.open();
  const pending = world.endpoint.request(world.peer, { method: Code.GET });
  const request = await world.hear();
  const stranger = world.network.peer('10.0.0.9', 5683);
  const fake = {
    type: 'ACK',
    code: '2.05',
    messageId: request.messageId,
    token: request.token,
    payload: 'fake',
  } as const;
  await world.say(fake, stranger);
  await world.say({ ...fake, type: 'CON' }, stranger);
  await world.piggyback(request, { code: '2.05', payload: 'real' });
  expect(text((await pending).payload)).toBe('real');
  await world.end();
});

test('a token is its bytes and its length', async () => {
  const world = await World.open({ random: { bytes: (length) => new Uint8Array(length), unit: () => 0 } });
  const pending = world.endpoint.request(world.peer, { method: Code.GET });
  const request = await world.hear();
  await world.say({ type: 'CON', code: '2.05', token: request.token.subarray(0, 7) });
  expect(await world.hearLine()).toBe('RST 0.00');
  await world.piggyback(request, { code: '2.05' });
  await pending;
  await world.end();
});

/** RFC 7252 §5.3.1. */
test('no token is chosen that is in use', async () => {
  let drawn = 0;
  // Each number comes twice, as if chance repeated itself.
  const random = { bytes: (length: number) => new Uint8Array(length).fill(Math.floor(drawn++ / 2)), unit: () => 0 };
  const world = await World.open({ random, parameters: { nstart: 4 } });
  const observing = world.endpoint.observe(world.peer, { method: Code.GET }, { onNotification: () => undefined });
  const requests = [1, 2].map(() => world.endpoint.request(world.peer, { method: Code.GET }));
  await world.clock.settle();
  const sent = world.device.takeAll().map((datagram) => decodeMessage(datagram));
  expect(sent.map(({ token }) => token[0])).toEqual([0, 1, 2]);
  for (const message of sent) await world.piggyback(message, { code: '2.05' });
  await Promise.all([observing, ...requests]);
  await world.end();
});
