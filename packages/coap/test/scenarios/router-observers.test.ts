import { describe, expect, test } from 'vitest';
import {
  Code,
  type CoapReply,
  decodeMessage,
  OptionNumber,
  replies,
  type ResourceHandler,
  uintOption,
} from '../../src/index.ts';
import { observedWorld, register, acknowledge, heard } from './observed-world.ts';
import { bytes, line, opt, text } from './world.ts';

/** RFC 7641 §4.1. */
describe('an observer of a resource', () => {
  test('is registered by GET and hears of a change', async () => {
    const { world, router, change } = await observedWorld();
    expect(await register(world)).toBe('ACK 2.05 "a" observed');
    expect([router.observerCount(), router.observerCount('/r'), router.observerCount(['x'])]).toEqual([1, 1, 0]);
    change('b');
    const notification = await world.hear();
    expect([line(notification), text(notification.token)]).toEqual(['CON 2.05 "b"', 'tok']);
    await acknowledge(world, notification);
    await world.end();
    expect(router.observerCount()).toBe(0);
  });

  test('is registered by FETCH, whose payload is kept', async () => {
    const { world, change } = await observedWorld();
    expect(await register(world, { code: '0.05', payload: 'what' })).toBe('ACK 2.05 "what:a" observed');
    change('b');
    expect(await world.hearLine()).toBe('CON 2.05 "what:b"');
    await world.end();
  });

  test('is not registered where nothing can be observed', async () => {
    const { world, router } = await observedWorld({ observable: false });
    expect(await register(world)).toBe('ACK 2.05 "a"');
    expect(router.observerCount()).toBe(0);
    await world.end();
  });

  test('is not registered by other methods, nor by an error', async () => {
    const { world, router } = await observedWorld({
      get: () => replies.notFound(),
      remove: () => replies.changed(),
    });
    expect(await register(world)).toBe('ACK 4.04');
    expect(await register(world, { code: '0.04' })).toBe('ACK 2.04');
    expect(router.observerCount()).toBe(0);
    await world.end();
  });

  test.each<readonly [string, ResourceHandler]>([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no'))],
  ])('is not registered by a handler that %s', async (_, get) => {
    const { world, router } = await observedWorld({ get });
    expect(await register(world)).toBe('ACK 5.00');
    expect(router.observerCount()).toBe(0);
    await world.end();
  });

  /** What `await` would wait for is a promise here too. */
  test('is registered by a handler that answers with a thenable, as with a promise', async () => {
    let state = 'a';
    const later = (): Promise<CoapReply> => {
      const reply = Promise.resolve(replies.content(state));
      // In plain JavaScript a promise library of one's own.
      return { then: (...next: Parameters<typeof reply.then>) => reply.then(...next) } as Promise<CoapReply>;
    };
    const { world, router } = await observedWorld({ get: later });
    expect(await register(world)).toBe('ACK 2.05 "a" observed');
    state = 'b';
    router.notify('/r');
    expect(await world.hearLine()).toBe('CON 2.05 "b"');
    await world.end();
  });

  test('that registers again is still one', async () => {
    const { world, router, change } = await observedWorld();
    await register(world);
    expect(await register(world)).toBe('ACK 2.05 "a" observed');
    expect(router.observerCount('/r')).toBe(1);
    change('b');
    expect(await heard(world)).toEqual(['CON 2.05 "b"']);
    await world.end();
  });

  test('hears what changed while its registration was being answered, after the answer', async () => {
    let answer: (reply: CoapReply) => void = () => undefined;
    let calls = 0;
    const { world, router } = await observedWorld({
      get: () => {
        calls += 1;
        return calls > 1 ? replies.content('new') : new Promise((resolve) => (answer = resolve));
      },
    });
    await world.say({ type: 'CON', code: '0.01', options: [opt.observe(0), ...opt.path('r')] });
    router.notify('/r');
    await world.hearNothing();
    answer(replies.content('old'));
    await world.clock.settle();
    const messages = world.device.takeAll().map(decodeMessage);
    expect(messages.map((message) => [line(message), uintOption(message.options, OptionNumber.OBSERVE)])).toEqual([
      ['ACK 2.05 "old"', 0],
      ['CON 2.05 "new"', 1],
    ]);
    await world.end();
  });

  test('takes part only while there is room; others are answered plainly', async () => {
    const { world, router } = await observedWorld({ maxObservers: 1 });
    expect(await register(world, { token: 'one' })).toBe('ACK 2.05 "a" observed');
    expect(await register(world, { token: 'two' })).toBe('ACK 2.05 "a"');
    expect(await register(world, { token: 'one' })).toBe('ACK 2.05 "a" observed');
    expect(await register(world, { token: 'one', observe: 1 })).toBe('ACK 2.05 "a"');
    expect(await register(world, { token: 'two' })).toBe('ACK 2.05 "a" observed');
    expect(router.observerCount()).toBe(1);
    await world.end();
  });

  test('is answered plainly beyond what one peer may observe', async () => {
    const { world, router } = await observedWorld();
    const answers = new Set<string>();
    for (let index = 0; index < 257; index += 1) answers.add(await register(world, { token: `t${index}` }));
    expect([...answers]).toEqual(['ACK 2.05 "a" observed', 'ACK 2.05 "a"']);
    expect(router.observerCount()).toBe(256);
    await world.end();
  });

  test('is answered plainly when its request is too large to be kept', async () => {
    const { world, router } = await observedWorld();
    const ask = async (length: number): Promise<boolean> => {
      await world.say({
        type: 'CON',
        code: '0.05',
        options: [opt.observe(0), ...opt.path('r'), opt.block2(0, false, 0)],
        payload: 'x'.repeat(length),
      });
      return uintOption((await world.hear()).options, OptionNumber.OBSERVE) !== undefined;
    };
    // The path and Block2: 1 byte each. Observe 0 has none.
    expect([await ask(2047), router.observerCount(), await ask(2048)]).toEqual([true, 1, false]);
    await world.end();
  });
});

test('a 2.03 of the handler has no Content-Format, and changes none', async () => {
  const etag = bytes('e');
  let reply: CoapReply = { code: Code.VALID, etag };
  const { world, change } = await observedWorld({ get: () => reply });
  expect(await register(world)).toBe('ACK 2.03 observed');
  const heardOf = async (): Promise<string> => {
    change('');
    const notification = await world.hear();
    await acknowledge(world, notification);
    return line(notification);
  };
  reply = replies.content('a');
  expect(await heardOf()).toBe('CON 2.05 "a"');
  reply = { code: Code.VALID, etag };
  expect(await heardOf()).toBe('CON 2.03');
  reply = replies.content('b', 50);
  expect(await heardOf()).toBe('CON 4.06');
  await world.end();
});
