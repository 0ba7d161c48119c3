import { expect, test } from 'vitest';
import { Code } from '../../src/index.ts';
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
