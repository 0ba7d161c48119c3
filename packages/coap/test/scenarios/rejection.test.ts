import { describe, expect, test } from 'vitest';
import { CoapError, Code, type CoapReply } from '../../src/index.ts';
import { bytes, line, opt, text, World } from './world.ts';

async function silentWorld(): Promise<World> {
  return World.open({
    onRequest: () => {
      throw new Error('the handler must not be called');
    },
  });
}

test('a ping is answered with a Reset', async () => {
  const world = await silentWorld();
  const ping = await world.say({ type: 'CON' });
  const reset = await world.hear();
  expect(line(reset)).toBe('RST 0.00');
  expect(reset.messageId).toBe(ping.messageId);
  await world.end();
});

describe('a message with a format error', () => {
  test.each([
    ['Confirmable, token length 9', '4901abcd', '7000abcd'],
    ['Confirmable, payload marker without a payload', '4001abcdff', '7000abcd'],
    ['Confirmable, reserved class', '40e1abcd', '7000abcd'],
    ['Non-confirmable', '5901abcd', undefined],
    ['Acknowledgement', '6001abcdff', undefined],
    ['version 2', '8001abcd', undefined],
    ['too short', '4001ab', undefined],
  ])('%s', async (_name, hex, answer) => {
    const world = await silentWorld();
    world.device.send(world.endpoint.localAddress, Buffer.from(hex, 'hex'));
    await world.clock.settle();
    expect(world.device.takeAll().map((datagram) => Buffer.from(datagram).toString('hex'))).toEqual(
      answer === undefined ? [] : [answer],
    );
    expect(world.endpoint.statistics.formatErrors).toBe(1);
    await world.end();
  });
});

describe('an unknown critical option', () => {
  test('in a Confirmable request: 4.02', async () => {
    const world = await silentWorld();
    await world.say({ type: 'CON', code: '0.01', token: 'x', options: [opt.raw(65_001)] });
    const answer = await world.hear();
    expect(line(answer)).toBe('ACK 4.02 "option 65001"');
    expect(text(answer.token)).toBe('x');
    await world.end();
  });

  test('in a Non-confirmable request: ignored', async () => {
    const world = await silentWorld();
    await world.say({ type: 'NON', code: '0.01', options: [opt.raw(9)] });
    await world.hearNothing();
    expect(world.endpoint.statistics.ignored).toBe(1);
    await world.end();
  });

  test('repeated although it may not be: 4.02', async () => {
    const world = await silentWorld();
    await world.say({ type: 'CON', code: '0.01', options: [opt.raw(17, 'a'), opt.raw(17, 'b')] });
    expect((await world.hear()).code).toBe(Code.BAD_OPTION);
    await world.end();
  });

  test('in a piggybacked response rejects the promise', async () => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, { method: Code.GET });
    pending.catch(() => undefined);
    await world.piggyback(await world.hear(), { code: '2.05', options: [opt.raw(9)] });
    await expect(pending).rejects.toMatchObject({ code: 'ERR_COAP_OPTION' });
    await world.hearNothing();
    await world.end();
  });

  test('in a Confirmable response: a Reset, and the promise rejects', async () => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, { method: Code.GET });
    pending.catch(() => undefined);
    const { token } = await world.hear();
    await world.say({ type: 'CON', code: '2.05', token, options: [opt.raw(9)] });
    expect(await world.hearLine()).toBe('RST 0.00');
    await expect(pending).rejects.toMatchObject({ code: 'ERR_COAP_OPTION' });
    await world.end();
  });
});

test('an unknown elective option is passed on', async () => {
  const world = await World.open({ onRequest: ({ options }) => ({ code: Code.CONTENT, payload: options[0]!.value }) });
  await world.say({ type: 'CON', code: '0.01', options: [opt.raw(65_000, 'hi')] });
  expect(await world.hearLine()).toBe('ACK 2.05 "hi"');
  await world.end();
});

test.each([
  [35, 'coap://elsewhere/'],
  [39, 'coap'],
])('proxying by option %i is not supported: 5.05', async (number, value) => {
  const world = await silentWorld();
  await world.say({ type: 'CON', code: '0.01', options: [opt.raw(number, value)] });
  expect(await world.hearLine()).toBe('ACK 5.05');
  await world.end();
});

describe('a message that belongs to nothing', () => {
  test.each([
    ['a Confirmable response', { type: 'CON', code: '2.05', token: 'nobody' }, ['RST 0.00']],
    ['a Non-confirmable response', { type: 'NON', code: '2.05', token: 'nobody' }, ['RST 0.00']],
    ['a piggybacked response', { type: 'ACK', code: '2.05', token: 'nobody' }, []],
    ['an ACK', { type: 'ACK' }, []],
    ['a Reset', { type: 'RST' }, []],
    ['an Empty Non-confirmable message', { type: 'NON' }, []],
    ['a request in an ACK', { type: 'ACK', code: '0.01' }, []],
    ['a request in a Reset', { type: 'RST', code: '0.01' }, []],
    ['a response in a Reset', { type: 'RST', code: '2.05' }, []],
  ] as const)('%s', async (_name, script, answers) => {
    const world = await silentWorld();
    await world.say(script);
    expect(world.device.takeAll().map((datagram) => (datagram[0] === 0x70 ? 'RST 0.00' : '?'))).toEqual(answers);
    await world.end();
  });
});

describe('a handler that fails', () => {
  test('is answered 5.00 without a word', async () => {
    const world = await World.open({
      onRequest: () => {
        throw new Error('secret');
      },
    });
    await world.say({ type: 'CON', code: '0.01' });
    expect(await world.hearLine()).toBe('ACK 5.00');
    expect(world.endpoint.statistics.handlerErrors).toBe(1);
    await world.end();
  });

  test('by rejecting: the same', async () => {
    const world = await World.open({ onRequest: () => Promise.reject(new Error('secret')) });
    await world.say({ type: 'CON', code: '0.01' });
    expect(await world.hearLine()).toBe('ACK 5.00');
    await world.end();
  });

  test('with a response code: that code, and the message for people', async () => {
    const world = await World.open({
      onRequest: () => {
        throw new CoapError('ERR_COAP_RESPONSE', 'no such thing', { responseCode: Code.NOT_FOUND });
      },
    });
    await world.say({ type: 'CON', code: '0.01' });
    expect(await world.hearLine()).toBe('ACK 4.04 "no such thing"');
    await world.end();
  });

  test('with a reply that cannot be: 5.00', async () => {
    const world = await World.open({ onRequest: () => ({ code: Code.GET, payload: bytes('x') }) });
    await world.say({ type: 'CON', code: '0.01' });
    expect(await world.hearLine()).toBe('ACK 5.00');
    await world.end();
  });

  test.each([
    ['at once', (): CoapReply => undefined as unknown as CoapReply],
    ['later', () => Promise.resolve(undefined as unknown as CoapReply)],
  ])('with no reply at all, %s, as plain JavaScript can: 5.00', async (_when, onRequest) => {
    const world = await World.open({ onRequest });
    await world.say({ type: 'CON', code: '0.01' });
    expect(await world.hearLine()).toBe('ACK 5.00');
    expect(world.endpoint.statistics.handlerErrors).toBe(1);
    await world.end();
  });

  test('in afterSent hurts nobody', async () => {
    const world = await World.open({
      onRequest: () => ({
        code: Code.CHANGED,
        afterSent: () => {
          throw new Error('listener');
        },
      }),
    });
    await world.say({ type: 'CON', code: '0.02' });
    expect(await world.hearLine()).toBe('ACK 2.04');
    expect(world.endpoint.statistics.handlerErrors).toBe(1);
    await world.end();
  });
});
