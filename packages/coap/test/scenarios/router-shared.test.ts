import { describe, expect, test } from 'vitest';
import { type CoapReply, OptionNumber, replies } from '../../src/index.ts';
import { observedWorld, register, acknowledge, heard } from './observed-world.ts';
import { bytes, line, opt, text } from './world.ts';

describe('observers that ask for the same', () => {
  test('share one representation, those that ask for something else do not', async () => {
    const seen: string[] = [];
    const { world, router } = await observedWorld({
      get: ({ query, accept }) => {
        seen.push(`${query.join('&')} ${accept}`);
        return replies.content(`${seen.length}`, accept);
      },
    });
    const peers = Array.from({ length: 20 }, (_, index) => world.network.peer('10.0.1.1', 1000 + index));
    for (const [index, from] of peers.entries()) {
      await register(world, {
        from,
        ...(index % 2 === 0 ? { query: 'unit=K' } : {}),
        ...(index % 4 < 2 ? { accept: 50 } : {}),
      });
    }
    expect([seen.length, router.observerCount('/r')]).toEqual([20, 20]);
    seen.length = 0;
    router.notify('/r');
    const lines = new Map<string, number>();
    for (const from of peers) {
      const [sent] = await heard(world, from);
      lines.set(sent!, (lines.get(sent!) ?? 0) + 1);
    }
    expect(seen.sort()).toEqual([' 50', ' undefined', 'unit=K 50', 'unit=K undefined']);
    expect([...lines.values()]).toEqual([5, 5, 5, 5]);
    await world.end();
  });

  test('share it even when some are late', async () => {
    const observed = await observedWorld();
    const { world, change } = observed;
    const slow = world.network.peer('10.0.1.1', 1000);
    await register(world);
    await register(world, { from: slow });
    change('b');
    const late = await world.hear(slow);
    await acknowledge(world, await world.hear());
    change('c');
    await acknowledge(world, await world.hear());
    expect(observed.runs).toBe(4);
    await acknowledge(world, late, slow);
    expect([await heard(world, slow), observed.runs]).toEqual([['CON 2.05 "c"'], 4]);
    await world.end();
  });

  test('share none that is outdated by the time somebody can take it', async () => {
    const { world, change } = await observedWorld();
    const slow = world.network.peer('10.0.1.1', 1000);
    await register(world);
    await register(world, { from: slow });
    change('b');
    const late = await world.hear(slow);
    await acknowledge(world, await world.hear());
    change('c');
    change('d');
    await acknowledge(world, late, slow);
    expect(await heard(world, slow)).toEqual(['CON 2.05 "d"']);
    await world.end();
  });

  test('are served by the request of one of them, when those before are gone', async () => {
    const seen: string[] = [];
    const { world, router } = await observedWorld({
      get: (request) => {
        seen.push(text(request.token));
        return replies.content('a');
      },
    });
    await register(world, { token: 'one' });
    await register(world, { token: 'one', observe: 1 });
    await register(world, { token: 'two' });
    router.notify('/r');
    expect(seen).toEqual(['one', 'one', 'two', 'two']);
    await world.end();
  });

  test('by FETCH are told apart by payload', async () => {
    const { world, change } = await observedWorld();
    await register(world, { code: '0.05', payload: 'x', token: 'x' });
    await register(world, { code: '0.05', payload: 'y', token: 'y' });
    change('b');
    const first = await world.hear();
    await acknowledge(world, first);
    expect([line(first), await world.hearLine()].sort()).toEqual(['CON 2.05 "x:b"', 'CON 2.05 "y:b"']);
    await world.end();
  });

  test('get the newest state when it changes while it is being read', async () => {
    const answers: ((reply: CoapReply) => void)[] = [];
    const { world, router } = await observedWorld({
      get: () => new Promise((resolve) => answers.push(resolve)),
    });
    const registered = world.say({ type: 'CON', code: '0.01', options: [opt.observe(0), ...opt.path('r')] });
    await registered;
    answers[0]?.(replies.content('a'));
    expect(await heard(world)).toEqual(['ACK 2.05 "a"']);
    router.notify('/r');
    router.notify('/r');
    router.notify('/r');
    expect(answers).toHaveLength(2);
    answers[1]?.(replies.content('b'));
    const early = await world.hear();
    expect([line(early), answers.length]).toEqual(['CON 2.05 "b"', 2]);
    await acknowledge(world, early);
    expect(answers).toHaveLength(3);
    answers[2]?.(replies.content('c'));
    const newest = await world.hear();
    expect(line(newest)).toBe('CON 2.05 "c"');
    await acknowledge(world, newest);
    await world.hearNothing();
    expect(answers).toHaveLength(3);
    await world.end();
  });

  test('are served by a request that is no registration any more', async () => {
    const seen: unknown[] = [];
    const { world, router } = await observedWorld({
      get: (request) => {
        const { observe, etags, ifMatch, ifNoneMatch, multicast, params } = request;
        seen.push([observe, etags, ifMatch, ifNoneMatch, multicast, params, text(request.token)]);
        seen.push(request.options.map(({ number }) => number));
        if (seen.length > 2) expect(() => request.acceptObservation()).toThrow(TypeError);
        return replies.content('a');
      },
    });
    await world.say({
      type: 'CON',
      code: '0.01',
      token: 'tok',
      options: [opt.etag('e'), opt.observe(0), ...opt.path('r'), opt.block2(0, false, 6)],
    });
    await world.hear();
    router.notify('/r');
    expect(seen).toEqual([
      [0, [bytes('e')], [], false, false, {}, 'tok'],
      [OptionNumber.ETAG, OptionNumber.OBSERVE, OptionNumber.URI_PATH, OptionNumber.BLOCK2],
      [undefined, [], [], false, false, {}, 'tok'],
      [OptionNumber.URI_PATH],
    ]);
    await world.end();
  });
});
