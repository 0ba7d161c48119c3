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

  test('of a wrong length: 4.02', async () => {
    const world = await silentWorld();
    await world.say({ type: 'CON', code: '0.01', options: [opt.raw(17, 'abc')] });
    expect(await world.hearLine()).toBe('ACK 4.02 "option 17"');
    await world.end();
  });

  test.each([
    ['Q-Block1', 19],
    ['Q-Block2', 31],
  ])('%s, an option of RFC 9177: 4.02', async (_name, number) => {
    const world = await silentWorld();
    await world.say({ type: 'CON', code: '0.01', options: [opt.raw(number)] });
    expect(await world.hearLine()).toBe(`ACK 4.02 "option ${number}"`);
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

  test.each(['CON', 'NON'] as const)('in a separate response (%s): a Reset, and the promise rejects', async (type) => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, { method: Code.GET });
    pending.catch(() => undefined);
    const { token } = await world.hear();
    await world.say({ type, code: '2.05', token, options: [opt.raw(9)] });
    expect(await world.hearLine()).toBe('RST 0.00');
    await expect(pending).rejects.toMatchObject({ code: 'ERR_COAP_OPTION' });
    await world.end();
  });
});

/** RFC 7252 §5.10.8: what depends on a condition that nobody evaluates must not be performed. */
describe.each([
  ['If-Match', opt.raw(1, 'tag')],
  ['If-None-Match', opt.raw(5)],
])('%s', (_name, option) => {
  test.each(['0.02', '0.03', '0.04'])('in a Confirmable %s: 4.02, and the handler is not called', async (code) => {
    const world = await silentWorld();
    await world.say({ type: 'CON', code, options: [option] });
    expect(await world.hearLine()).toBe(`ACK 4.02 "option ${option.number}"`);
    expect(world.endpoint.statistics).toMatchObject({ requests: 0, handlerErrors: 0 });
    await world.end();
  });

  test('in a Non-confirmable request: ignored', async () => {
    const world = await silentWorld();
    await world.say({ type: 'NON', code: '0.04', options: [option] });
    await world.hearNothing();
    expect(world.endpoint.statistics).toMatchObject({ ignored: 1, requests: 0 });
    await world.end();
  });
});

/** RFC 7252 §5.8. */
describe('a request with a method that', () => {
  test.each(['0.08', '0.09', '0.31'])('does not exist, %s: 4.05, and the handler is not called', async (code) => {
    const world = await silentWorld();
    await world.say({ type: 'CON', code, token: 'x', options: [opt.raw(9)] });
    const answer = await world.hear();
    expect([line(answer), text(answer.token)]).toEqual(['ACK 4.05', 'x']);
    await world.say({ type: 'NON', code });
    expect(await world.hearLine()).toBe('NON 4.05');
    expect(world.endpoint.statistics).toMatchObject({ requests: 0, handlerErrors: 0 });
    await world.end();
  });

  test.each(['0.05', '0.06', '0.07'])('RFC 8132 defines, %s, goes to the handler', async (code) => {
    const world = await World.open({ onRequest: () => ({ code: Code.CHANGED }) });
    await world.say({ type: 'CON', code });
    expect(await world.hearLine()).toBe('ACK 2.04');
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

  test('with a reply that cannot be: it is told that its reply was not sent', async () => {
    const events: string[] = [];
    const afterSent = (): number => events.push('sent');
    const onUnsent = (): number => events.push('unsent');
    const world = await World.open({ onRequest: () => ({ code: Code.GET, afterSent, onUnsent }) });
    await world.say({ type: 'CON', code: '0.01' });
    expect(events).toEqual(['unsent']);
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
