import { describe, expect, test } from 'vitest';
import {
  Code,
  ContentFormat,
  type IncomingRequest,
  OptionNumber,
  parseLinks,
  replies,
  Router,
  uintOption,
} from '../../src/index.ts';
import { routedWorld, type RoutedWorld } from './routed-world.ts';
import { line, opt, text, type World } from './world.ts';

const ok = (): ReturnType<typeof replies.content> => replies.content('ok');

/** The resources that the ETSI test descriptions name. */
function plugtest(): Promise<RoutedWorld> {
  return routedWorld((router) =>
    router
      .resource('/link1', { get: ok, attributes: { rt: ['Type1', 'Type2'], if: 'If1', sz: 64 } })
      .resource('/link2', { get: ok, attributes: { rt: ['Type2', 'Type3'], if: ['If1', 'foo'] } })
      .resource('/link3', { get: ok, attributes: { rt: 'Type1', if: 'If2' }, observable: true })
      .resource('/link4', { get: ok, attributes: { if: 'foo' } })
      .resource('/path', {
        get: () => replies.content('</path/sub1>', ContentFormat.LINK_FORMAT),
        attributes: { ct: ContentFormat.LINK_FORMAT },
      })
      .get('/path/sub1', () => replies.content('sub1')),
  );
}

async function discover(world: World, ...queries: string[]): Promise<string> {
  await world.say({
    type: 'CON',
    code: '0.01',
    options: [...opt.path('.well-known', 'core'), ...queries.map((query) => opt.query(query))],
  });
  const answer = await world.hear();
  expect(uintOption(answer.options, OptionNumber.CONTENT_FORMAT)).toBe(ContentFormat.LINK_FORMAT);
  return line(answer).startsWith('ACK 2.05') ? text(answer.payload) : line(answer);
}

async function targets(world: World, ...queries: string[]): Promise<string[]> {
  return parseLinks(await discover(world, ...queries)).map(({ target }) => target);
}

/** RFC 6690 §4. */
describe('/.well-known/core', () => {
  test('TD_COAP_LINK_01: lists what there is', async () => {
    const { world } = await plugtest();
    expect(await discover(world)).toBe(
      '</link1>;rt="Type1 Type2";if="If1";sz=64,' +
        '</link2>;rt="Type2 Type3";if="If1 foo",' +
        '</link3>;rt="Type1";if="If2";obs,' +
        '</link4>;if="foo",' +
        '</path>;ct=40,' +
        '</path/sub1>',
    );
    await world.end();
  });

  test.each<readonly [id: string, query: string, targets: readonly string[]]>([
    ['TD_COAP_LINK_02', 'rt=Type1', ['/link1', '/link3']],
    ['TD_COAP_LINK_03', 'rt=*', ['/link1', '/link2', '/link3']],
    ['TD_COAP_LINK_04', 'rt=Type2', ['/link1', '/link2']],
    ['TD_COAP_LINK_05', 'if=If*', ['/link1', '/link2', '/link3']],
    ['TD_COAP_LINK_06', 'sz=*', ['/link1']],
    ['TD_COAP_LINK_07', 'href=/link1', ['/link1']],
    ['TD_COAP_LINK_08', 'href=/link*', ['/link1', '/link2', '/link3', '/link4']],
  ])('%s: filters by %s', async (_, query, expected) => {
    const { world } = await plugtest();
    expect(await targets(world, query)).toEqual(expected);
    await world.end();
  });

  test('TD_COAP_LINK_09: leads to further links', async () => {
    const { world } = await plugtest();
    expect(await targets(world, 'ct=40')).toEqual(['/path']);
    await world.say({ type: 'CON', code: '0.01', options: opt.path('path') });
    expect(parseLinks((await world.hear()).payload)).toEqual([{ target: '/path/sub1', attributes: [] }]);
    await world.end();
  });

  test('filters by observability, and by several things at once', async () => {
    const { world } = await plugtest();
    expect(await targets(world, 'obs=*')).toEqual(['/link3']);
    expect(await targets(world, 'rt=Type1', 'if=If1')).toEqual(['/link1']);
    await world.end();
  });

  test('is empty when nothing passes, and 4.00 when a filter is none', async () => {
    const { world } = await plugtest();
    expect(await discover(world, 'rt=Type9')).toBe('');
    await world.say({
      type: 'CON',
      code: '0.01',
      options: [...opt.path('.well-known', 'core'), opt.query('rt')],
    });
    expect(await world.hearLine()).toBe('ACK 4.00 "a filter has the form name=value"');
    await world.end();
  });

  test('takes eight filters in a request, and answers 4.00 to more', async () => {
    const { world } = await plugtest();
    const filters = Array.from({ length: 8 }, () => 'rt=Type*');
    expect(await targets(world, ...filters)).toEqual(['/link1', '/link2', '/link3']);
    const options = [...opt.path('.well-known', 'core'), ...[...filters, 'rt=*'].map((filter) => opt.query(filter))];
    await world.say({ type: 'CON', code: '0.01', options });
    expect(await world.hearLine()).toBe('ACK 4.00 "expected at most 8 filters"');
    await world.end();
  });

  test('says nothing of hidden resources, nor of patterns', async () => {
    const { world } = await routedWorld((router) =>
      router
        .resource('/hidden', { hidden: true, get: ok })
        .get('/things/:id', ok)
        .get('/files/*rest', ok)
        .get('/a b', ok)
        .get('/', ok),
    );
    expect(await discover(world)).toBe('</a%20b>,</>');
    await world.end();
  });

  test('knows what is added later', async () => {
    const { world, router } = await routedWorld((empty) => empty);
    expect(await discover(world)).toBe('');
    router.get('/new', ok).put('/new', ok);
    expect(await discover(world)).toBe('</new>');
    await world.end();
  });

  test('goes out in blocks when it is long', async () => {
    const { world } = await routedWorld((router) => {
      for (let index = 0; index < 100; index += 1) router.get(`/r${index}`, ok);
    });
    const client = world.network.peer('10.0.0.3', 5000);
    let document = '';
    for (let num = 0; ; num += 1) {
      await world.say(
        { type: 'CON', code: '0.01', options: [...opt.path('.well-known', 'core'), opt.block2(num, false, 5)] },
        client,
      );
      const answer = await world.hear(client);
      document += text(answer.payload);
      if ((uintOption(answer.options, OptionNumber.BLOCK2)! & 8) === 0) break;
    }
    expect(parseLinks(document)).toHaveLength(100);
    await world.end();
  });

  test('can be left out, or served by somebody else', async () => {
    const { world } = await routedWorld((router) => router.get('/.well-known/core', () => replies.content('mine')), {
      discovery: false,
    });
    await world.say({ type: 'CON', code: '0.01', options: opt.path('.well-known', 'core') });
    expect(await world.hearLine()).toBe('ACK 2.05 "mine"');
    await world.end();
  });

  test('tells a group that nothing passes by an error, which is not sent', () => {
    const router = new Router().get('/a', ok);
    const ask = (query: readonly string[], multicast: boolean): unknown =>
      router.handle({
        method: Code.GET,
        path: ['.well-known', 'core'],
        query,
        multicast,
        options: [],
      } as unknown as IncomingRequest);
    expect(ask(['rt=x'], true)).toEqual({ code: Code.NOT_FOUND });
    expect(ask(['href=/a'], true)).toMatchObject({ code: Code.CONTENT });
    expect(ask([], true)).toMatchObject({ code: Code.CONTENT });
    expect(ask(['rt=x'], false)).toMatchObject({ code: Code.CONTENT });
  });
});
