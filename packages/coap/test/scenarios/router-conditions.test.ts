import { describe, expect, test } from 'vitest';
import { OptionNumber, replies, type CoapOption } from '../../src/index.ts';
import { routedWorld } from './routed-world.ts';
import { bytes, opt } from './world.ts';

const ifMatch = (tag: string): CoapOption => opt.raw(OptionNumber.IF_MATCH, tag);
const ifNoneMatch = opt.raw(OptionNumber.IF_NONE_MATCH);

/** RFC 7252 §5.10.8; TD_COAP_CORE_22, TD_COAP_CORE_23. */
describe.each([
  ['at once', <T>(value: T): T => value],
  ['later', <T>(value: T): Promise<T> => Promise.resolve(value)],
] as const)('a condition, with an entity-tag that is there %s', (_, when) => {
  test.each<readonly [condition: string, options: readonly CoapOption[], tag: string | undefined, performed: boolean]>([
    ['none', [], 'v1', true],
    ['none, not existing', [], undefined, true],
    ['If-Match of the tag', [ifMatch('v1')], 'v1', true],
    ['If-Match of another', [ifMatch('v0')], 'v1', false],
    ['If-Match of a longer one', [ifMatch('v12')], 'v1', false],
    ['If-Match of several', [ifMatch('v0'), ifMatch('v1')], 'v1', true],
    ['If-Match of several others', [ifMatch('v0'), ifMatch('v2')], 'v1', false],
    ['If-Match, not existing', [ifMatch('v1')], undefined, false],
    ['If-Match of anything', [ifMatch('')], 'v1', true],
    ['If-Match of anything, not existing', [ifMatch('')], undefined, false],
    ['If-None-Match', [ifNoneMatch], 'v1', false],
    ['If-None-Match, not existing', [ifNoneMatch], undefined, true],
    ['both', [ifMatch('v1'), ifNoneMatch], 'v1', false],
    ['both, not existing', [ifMatch('v1'), ifNoneMatch], undefined, false],
  ])('%s', async (_condition, options, tag, performed) => {
    const calls: string[] = [];
    const { world } = await routedWorld((router) =>
      router.resource('/store/:name', {
        etag: ({ params }) => {
          expect(params).toEqual({ name: 'x' });
          return when(tag === undefined ? undefined : bytes(tag));
        },
        put: ({ params }) => {
          calls.push(params.name);
          return replies.changed();
        },
      }),
    );
    await world.say({ type: 'CON', code: '0.03', options: [...options, ...opt.path('store', 'x')] });
    expect(await world.hearLine()).toBe(performed ? 'ACK 2.04' : 'ACK 4.12');
    expect(calls).toEqual(performed ? ['x'] : []);
    await world.end();
  });
});

describe('a condition', () => {
  test.each([[ifMatch('v1')], [ifNoneMatch]])('is a bad option where there is no entity-tag', async (option) => {
    const { world } = await routedWorld((router) => router.put('/r', () => replies.changed()));
    await world.say({ type: 'CON', code: '0.03', options: [option, ...opt.path('r')] });
    expect(await world.hearLine()).toBe('ACK 4.02 "the resource has no conditions"');
    await world.end();
  });

  /** RFC 7252 §5.4.1. */
  test.each([[ifMatch('v1')], [ifNoneMatch]])(
    'where there is no entity-tag has a Non-confirmable request ignored',
    async (option) => {
      const performed: string[] = [];
      const { world } = await routedWorld((router) =>
        router.put('/r', () => {
          performed.push('put');
          return replies.changed();
        }),
      );
      await world.say({ type: 'NON', code: '0.03', options: [option, ...opt.path('r')] });
      await world.hearNothing();
      expect([performed, world.endpoint.statistics.ignored]).toEqual([[], 1]);
      await world.end();
    },
  );

  test('counts after the path and the method', async () => {
    const { world } = await routedWorld((router) =>
      router.resource('/r', { etag: () => bytes('v1'), get: () => replies.content('x') }),
    );
    await world.say({ type: 'CON', code: '0.03', options: [ifNoneMatch, ...opt.path('r')] });
    expect(await world.hearLine()).toBe('ACK 4.05');
    await world.say({ type: 'CON', code: '0.03', options: [ifNoneMatch, ...opt.path('s')] });
    expect(await world.hearLine()).toBe('ACK 4.04');
    await world.end();
  });

  test('that can not be checked is not taken for fulfilled', async () => {
    const { world } = await routedWorld((router) =>
      router.resource('/r', { etag: () => Promise.reject(new Error('no')), put: () => replies.changed() }),
    );
    await world.say({ type: 'CON', code: '0.03', options: [ifMatch('v1'), ...opt.path('r')] });
    expect(await world.hearLine()).toBe('ACK 5.00');
    await world.end();
  });
});
