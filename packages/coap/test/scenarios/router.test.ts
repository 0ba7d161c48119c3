import { describe, expect, test } from 'vitest';
import { CoapError, Code, OptionNumber, replies, Router } from '../../src/index.ts';
import { routedWorld } from './routed-world.ts';
import { bytes, line, opt, optionValue, text, type World } from './world.ts';

async function ask(world: World, code: string, ...path: string[]): Promise<string> {
  await world.say({ type: 'CON', code, options: opt.path(...path) });
  return world.hearLine();
}

const ok = (): ReturnType<typeof replies.content> => replies.content('ok');

/** RFC 7252 §5.8. */
describe('a router', () => {
  test('answers 4.04 where nothing is', async () => {
    const { world } = await routedWorld((router) => router.get('/a', ok));
    expect(await ask(world, '0.01', 'b')).toBe('ACK 4.04');
    expect(await ask(world, '0.04')).toBe('ACK 4.04');
    await world.end();
  });

  test('answers 4.05 to a method that a resource does not have', async () => {
    const { world } = await routedWorld((router) => router.put('/a', () => replies.changed()));
    const codes = ['0.01', '0.02', '0.03', '0.04', '0.05', '0.06', '0.07'];
    const answers: string[] = [];
    for (const code of codes) answers.push(await ask(world, code, 'a'));
    expect(answers).toEqual(codes.map((code) => (code === '0.03' ? 'ACK 2.04' : 'ACK 4.05')));
    await world.end();
  });

  test('has a handler for each method, by definition or one by one', async () => {
    const name = (method: string) => () => replies.content(method);
    const { world } = await routedWorld((router) =>
      router
        .resource('/whole', {
          get: name('get'),
          post: name('post'),
          put: name('put'),
          delete: name('delete'),
          fetch: name('fetch'),
          patch: name('patch'),
          ipatch: name('ipatch'),
        })
        .get('/single', name('get'))
        .post('/single', name('post'))
        .put('/single', name('put'))
        .delete('/single', name('delete'))
        .fetch('/single', name('fetch'))
        .patch('/single', name('patch'))
        .ipatch('/single', name('ipatch')),
    );
    for (const path of ['whole', 'single']) {
      const answers: string[] = [];
      for (let code = 1; code <= 7; code += 1) answers.push(await ask(world, `0.0${code}`, path));
      expect(answers).toEqual(
        ['get', 'post', 'put', 'delete', 'fetch', 'patch', 'ipatch'].map((method) => `ACK 2.05 "${method}"`),
      );
    }
    await world.end();
  });

  test('gives the parameters of the path', async () => {
    const { world } = await routedWorld((router) =>
      router
        .get('/rooms/:room/:sensor', ({ params }) => replies.content(`${params.room}+${params.sensor}`))
        .get('/files/*rest', ({ params }) => replies.content(params.rest)),
    );
    expect(await ask(world, '0.01', 'rooms', 'a/b', 'c')).toBe('ACK 2.05 "a/b+c"');
    expect(await ask(world, '0.01', 'files', 'x', 'y')).toBe('ACK 2.05 "x/y"');
    await world.end();
  });

  test('hands on all of the request', async () => {
    const seen: unknown[] = [];
    const { world } = await routedWorld((router) =>
      router.resource('/r', {
        etag: () => bytes('e'),
        put: (request) => {
          const { peer, method, confirmable, path, query, contentFormat, accept, observe, multicast } = request;
          seen.push([peer.port, method, confirmable, path, query, contentFormat, accept, observe, multicast]);
          seen.push([request.uriHost, request.uriPort, request.etags, request.ifMatch, request.ifNoneMatch]);
          seen.push([text(request.token), text(request.payload), request.options.length]);
          expect(() => request.acceptObservation()).toThrow(TypeError);
          return replies.changed();
        },
      }),
    );
    await world.say({
      type: 'NON',
      code: '0.03',
      token: 'tok',
      options: [
        opt.raw(OptionNumber.IF_MATCH, 'e'),
        opt.raw(OptionNumber.URI_HOST, 'h'),
        opt.etag('f'),
        opt.raw(OptionNumber.URI_PORT, '\u0007'),
        ...opt.path('r'),
        opt.raw(OptionNumber.CONTENT_FORMAT, '2'),
        opt.query('q=1'),
        opt.raw(OptionNumber.ACCEPT),
      ],
      payload: 'body',
    });
    expect(seen).toEqual([
      [40_000, Code.PUT, false, ['r'], ['q=1'], 50, 0, undefined, false],
      ['h', 7, [bytes('f')], [bytes('e')], false],
      ['tok', 'body', 8],
    ]);
    await world.end();
  });

  test('leaves errors of handlers to the engine', async () => {
    const failures: unknown[] = [];
    const { world } = await routedWorld(
      (router) =>
        router
          .get('/answer', () => {
            throw new CoapError('ERR_COAP_RESPONSE', 'later', { responseCode: Code.SERVICE_UNAVAILABLE });
          })
          .get('/bug', () => Promise.reject(new Error('a bug'))),
      { endpoint: { onError: (error, context) => failures.push([String(error), context]) } },
    );
    expect(await ask(world, '0.01', 'answer')).toBe('ACK 5.03 "later"');
    expect(await ask(world, '0.01', 'bug')).toBe('ACK 5.00');
    expect(failures).toEqual([['Error: a bug', 'onRequest']]);
    await world.end();
  });
});

describe('registering', () => {
  test.each<readonly [string, (router: Router) => unknown]>([
    ['a pattern twice', (router) => router.resource('/a', { get: ok }).resource('/a', { put: ok })],
    ['a pattern that differs in names', (router) => router.resource('/:a', {}).resource('/:b', {})],
    ['a method twice', (router) => router.get('/a', ok).get('/a', ok)],
    ['a method of a definition again', (router) => router.resource('/a', { get: ok }).get('/a', ok)],
    ['other names for parameters', (router) => router.get('/:a', ok).put('/:b', ok)],
    ['a rest twice', (router) => router.get('/*a', ok).get('/*a', ok)],
    ['what the router serves', (router) => router.get('/.well-known/core', ok)],
    ['no pattern', (router) => router.get('a', ok)],
  ])('%s is a mistake', (_, register) => {
    expect(() => register(new Router())).toThrow(TypeError);
  });

  test.each<readonly [string, (router: Router) => unknown]>([
    ['a title on two lines', (router) => router.resource('/a', { attributes: { title: 'a\nb' } })],
    ['a size with a fraction', (router) => router.resource('/a', { attributes: { sz: 1.5 } })],
    ['a negative interval', (router) => router.resource('/a', { observable: { minIntervalMs: -1 } })],
    ['an interval that is no number', (router) => router.resource('/a', { observable: { minIntervalMs: NaN } })],
    ['a rhythm of nothing', (router) => router.resource('/a', { observable: { confirmableEvery: 0 } })],
  ])('%s is out of range', (_, register) => {
    const router = new Router();
    expect(() => register(router)).toThrow(RangeError);
    router.resource('/a', {}); // What failed is not there.
  });
});

/** RFC 7252 §5.10.6. */
describe('the entity-tag of a resource', () => {
  test('goes with its representation, unless the reply has its own', async () => {
    const { world } = await routedWorld((router) =>
      router
        .resource('/plain', { etag: () => bytes('v1'), get: ok })
        .resource('/later', { etag: () => Promise.resolve(bytes('v2')), get: () => Promise.resolve(ok()) })
        .resource('/own', { etag: () => bytes('v3'), get: () => ({ ...ok(), etag: bytes('own') }) })
        .resource('/gone', { etag: () => undefined, get: ok })
        .resource('/error', { etag: () => bytes('v4'), get: () => replies.notFound() })
        .resource('/fetch', { etag: () => bytes('v5'), fetch: ok }),
    );
    const tag = async (code: string, path: string): Promise<string | undefined> => {
      await world.say({ type: 'CON', code, options: opt.path(path) });
      const value = optionValue(await world.hear(), OptionNumber.ETAG);
      return value && text(value);
    };
    expect([await tag('0.01', 'plain'), await tag('0.01', 'later'), await tag('0.01', 'own')]).toEqual([
      'v1',
      'v2',
      'own',
    ]);
    expect([await tag('0.01', 'gone'), await tag('0.01', 'error'), await tag('0.05', 'fetch')]).toEqual(
      Array(3).fill(undefined),
    );
    await world.end();
  });

  test('gives way to that of a body that is read block by block', async () => {
    const { world } = await routedWorld((router) =>
      router.resource('/file', {
        etag: () => bytes('file'),
        get: () => ({
          code: Code.CONTENT,
          body: { size: 2, etag: bytes('body'), read: () => bytes('ab') },
        }),
      }),
    );
    await world.say({ type: 'CON', code: '0.01', options: opt.path('file') });
    const answer = await world.hear();
    expect([line(answer), text(optionValue(answer, OptionNumber.ETAG)!)]).toEqual(['ACK 2.05 "ab"', 'body']);
    await world.end();
  });

  test('is asked before the handler runs: an old one with a new representation does no harm', async () => {
    let state = 1;
    const { world } = await routedWorld((router) =>
      router.resource('/r', {
        etag: () => bytes(`${state}`),
        get: () => {
          state = 2;
          return replies.content('two');
        },
      }),
    );
    await world.say({ type: 'CON', code: '0.01', options: opt.path('r') });
    const answer = await world.hear();
    expect([line(answer), text(optionValue(answer, OptionNumber.ETAG)!)]).toEqual(['ACK 2.05 "two"', '1']);
    await world.end();
  });
});
