import { describe, expect, test } from 'vitest';
import { CoapError, Code, type CoapReply, OptionNumber, replies, uintOption } from '../../src/index.ts';
import { observedWorld, register, acknowledge, heard } from './observed-world.ts';
import { routedWorld } from './routed-world.ts';
import { line, opt } from './world.ts';

describe('an observation ends', () => {
  test('with Observe 1', async () => {
    const { world, router, change } = await observedWorld();
    await register(world);
    expect(await register(world, { observe: 1 })).toBe('ACK 2.05 "a"');
    expect(router.observerCount()).toBe(0);
    change('b');
    await world.hearNothing();
    await world.end();
  });

  test('with a Reset', async () => {
    const { world, router, change } = await observedWorld();
    await register(world);
    change('b');
    change('c');
    await world.say({ type: 'RST', messageId: (await world.hear()).messageId });
    expect(router.observerCount()).toBe(0);
    await world.hearNothing();
    await world.end();
  });

  test('when nobody acknowledges', async () => {
    const { world, router, change } = await observedWorld();
    await register(world);
    change('b');
    await world.clock.advanceAsync(100_000);
    expect(await heard(world)).toEqual(Array(5).fill('CON 2.05 "b"'));
    expect(router.observerCount()).toBe(0);
    await world.end();
  });

  test('TD_COAP_OBS_07: after a DELETE, with 4.04', async () => {
    const { world, router } = await observedWorld({ remove: () => replies.deleted() });
    await register(world);
    const other = world.network.peer('10.0.0.3', 5000);
    await world.say({ type: 'CON', code: '0.04', options: opt.path('r') }, other);
    expect(await world.hearLine(other)).toBe('ACK 2.02');
    const last = await world.hear();
    expect([line(last), uintOption(last.options, OptionNumber.OBSERVE)]).toEqual(['CON 4.04', undefined]);
    await acknowledge(world, last);
    expect(router.observerCount()).toBe(0);
    await world.end();
  });

  test('not after a DELETE that did something else', async () => {
    const { world, router } = await observedWorld({ remove: () => Promise.resolve(replies.error(Code.FORBIDDEN)) });
    await register(world);
    await world.say({ type: 'CON', code: '0.04', options: opt.path('r') });
    expect(await world.hearLine()).toBe('ACK 4.03');
    expect(router.observerCount()).toBe(1);
    await world.end();
  });

  test('with the error that the handler answers', async () => {
    const failures: unknown[] = [];
    let gone = false;
    const { world, router } = await observedWorld({
      get: () => {
        if (gone) throw new CoapError('ERR_COAP_RESPONSE', 'moved', { responseCode: Code.NOT_FOUND });
        return replies.content('a');
      },
      onError: (error) => failures.push(error),
    });
    await register(world);
    gone = true;
    router.notify('/r');
    expect(await heard(world)).toEqual(['CON 4.04 "moved"']);
    expect(failures).toEqual([]);
    router.notify('/r');
    await world.hearNothing();
    await world.end();
  });

  test('with 5.00 when the handler breaks, which is reported', async () => {
    const failures: unknown[] = [];
    let broken = false;
    const { world, router } = await observedWorld({
      get: () => (broken ? Promise.reject(new Error('a bug')) : replies.content('a')),
      onError: (error, context) => failures.push([String(error), context]),
    });
    await register(world);
    broken = true;
    router.notify('/r');
    expect(await heard(world)).toEqual(['CON 5.00']);
    expect(failures).toEqual([['Error: a bug', 'onRequest']]);
    await world.end();
  });

  test('with 5.00 when the reply can not be a message, which is reported', async () => {
    const failures: unknown[] = [];
    let broken = false;
    const { world, router } = await observedWorld({
      get: () => (broken ? { ...replies.content('a'), etag: new Uint8Array(9) } : replies.content('a')),
      onError: (error, context) => failures.push([(error as Error).name, context]),
    });
    await register(world);
    broken = true;
    router.notify('/r');
    expect(await heard(world)).toEqual(['CON 5.00']);
    expect(failures).toEqual([['RangeError', 'notification']]);
    await world.end();
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['an object without a code', {}],
    ['a request code', { code: Code.POST }],
  ])('with 5.00 when the handler answers with %s, at once or later, which is reported', async (_what, rubbish) => {
    for (const later of [false, true]) {
      const failures: unknown[] = [];
      let broken = false;
      const { world, router } = await observedWorld({
        get: () => {
          const reply = broken ? (rubbish as CoapReply) : replies.content('a');
          return later ? Promise.resolve(reply) : reply;
        },
        onError: (error, context) => {
          failures.push([(error as Error).name, context]);
          throw new Error('the report fails as well');
        },
      });
      await register(world);
      broken = true;
      router.notify('/r');
      expect(await heard(world)).toEqual(['CON 5.00']);
      expect(failures).toEqual([['TypeError', 'onRequest']]);
      await world.end();
    }
  });

  test.each([
    ['nothing', undefined],
    ['a number', 5],
  ])('before it begins when the handler answers the registration with %s', async (_what, rubbish) => {
    for (const reply of [rubbish, Promise.resolve(rubbish)]) {
      const { world, router } = await observedWorld({ get: () => reply as unknown as CoapReply });
      await world.say({ type: 'CON', code: '0.01', token: 'o', options: [opt.observe(0), ...opt.path('r')] });
      expect(await world.hearLine()).toBe('ACK 5.00');
      expect([router.observerCount(), world.endpoint.usage.relations]).toEqual([0, 0]);
      await world.end();
    }
  });

  test('TD_COAP_OBS_08: with 4.06 when the Content-Format changes', async () => {
    let format = 0;
    const { world, router } = await observedWorld({ get: () => replies.content('a', format) });
    await register(world);
    format = 50;
    router.notify('/r');
    const last = await world.hear();
    expect(line(last)).toBe('CON 4.06');
    await acknowledge(world, last);
    expect(router.observerCount()).toBe(0);
    await world.end();
  });

  test('by the application, after the notification on its way', async () => {
    const { world, router, change } = await observedWorld();
    await register(world);
    change('b');
    const first = await world.hear();
    change('c');
    router.endObservations('/r', replies.error(Code.SERVICE_UNAVAILABLE, 'maintenance'));
    await world.hearNothing();
    await acknowledge(world, first);
    const last = await world.hear();
    expect(line(last)).toBe('CON 5.03 "maintenance"');
    await acknowledge(world, last);
    expect(router.observerCount()).toBe(0);
    await world.hearNothing();
    for (const code of [Code.EMPTY, Code.GET, 0x60, Code.CONTENT]) {
      expect(() => router.endObservations('/r', { code })).toThrow(TypeError);
    }
    await world.end();
  });

  test('by the application, before the registration is answered', async () => {
    let answer: (reply: CoapReply) => void = () => undefined;
    const { world, router } = await observedWorld({ get: () => new Promise((resolve) => (answer = resolve)) });
    await world.say({ type: 'CON', code: '0.01', options: [opt.observe(0), ...opt.path('r')] });
    router.endObservations('/r');
    answer(replies.content('a'));
    expect(await heard(world)).toEqual(['ACK 2.05 "a"', 'CON 4.04']);
    await world.end();
  });

  test.each([
    ['at once', () => undefined],
    ['in a promise', () => Promise.resolve(undefined)],
  ])('with 5.00 when the handler gives no reply %s', async (_how, nothing) => {
    let silent = false;
    const errors: string[] = [];
    const get = (): CoapReply => (silent ? (nothing() as unknown as CoapReply) : replies.content('a'));
    const { world, router } = await routedWorld((each) => each.resource('/r', { observable: true, get }), {
      endpoint: { onError: (error, context) => errors.push(`${context}: ${String(error)}`) },
    });
    await register(world);
    silent = true;
    router.notify('/r');
    const last = await world.hear();
    expect(line(last)).toBe('CON 5.00');
    await acknowledge(world, last);
    expect(errors).toEqual([
      'onRequest: TypeError: a handler answers with a reply: an object that has the code of a response',
    ]);
    expect(await register(world)).toBe('ACK 5.00');
    expect([router.observerCount(), world.endpoint.usage.relations]).toEqual([0, 0]);
    await world.end();
  });
});
