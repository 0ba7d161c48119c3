import type { DatagramHandler } from '@flownexus/datagram';
import { describe, expect, test } from 'vitest';
import { CoapError, Code, type CoapEndpointOptions, type Observer } from '../../src/index.ts';
import { notify, observedRequest } from './observer.ts';
import { opt, World } from './world.ts';

interface Reporting {
  readonly world: World;
  /** `context: message`. */
  readonly reports: string[];
}

async function reporting(options: Partial<CoapEndpointOptions> = {}): Promise<Reporting> {
  const reports: string[] = [];
  const onError = (error: unknown, context: string): void => {
    reports.push(`${context}: ${error instanceof Error ? error.message : String(error)}`);
  };
  return { world: await World.open({ onError, ...options }), reports };
}

const bug = (): never => {
  throw new TypeError('a bug');
};

/** What an async function is to somebody who wants a callback without a result. */
const asyncBug = (): unknown => Promise.reject(new TypeError('an async bug'));

describe('onError hears of', () => {
  test.each([
    ['throws', bug],
    ['rejects', () => Promise.reject(new TypeError('a bug'))],
  ])('a request handler that %s', async (_how, onRequest) => {
    const { world, reports } = await reporting({ onRequest });
    await world.say({ type: 'CON', code: '0.01' });
    expect(await world.hearLine()).toBe('ACK 5.00');
    expect(reports).toEqual(['onRequest: a bug']);
    expect(world.endpoint.statistics.handlerErrors).toBe(1);
    await world.end();
  });

  test('a request handler that rejects when nobody waits any more', async () => {
    const gate = Promise.withResolvers<never>();
    const { world, reports } = await reporting({ onRequest: () => gate.promise });
    await world.say({ type: 'CON', code: '0.01' });
    await world.clock.advanceAsync(1000 + 247_000);
    expect(reports).toEqual([]);
    gate.reject(new TypeError('a bug'));
    await world.clock.settle();
    expect(reports).toEqual(['onRequest: a bug']);
    await world.end();
  });

  test('a reply that cannot be a message', async () => {
    const { world, reports } = await reporting({ onRequest: () => ({ code: Code.GET }) });
    await world.say({ type: 'CON', code: '0.01' });
    expect(await world.hearLine()).toBe('ACK 5.00');
    expect(reports).toEqual(['reply: 1 is not a response code']);
    await world.end();
  });

  test('afterSent, a callback that is async included', async () => {
    const { world, reports } = await reporting({
      onRequest: ({ path }) => ({
        code: Code.CHANGED,
        afterSent: path.length === 0 ? bug : asyncBug,
      }),
    });
    await world.say({ type: 'CON', code: '0.02' });
    await world.say({ type: 'CON', code: '0.02', options: opt.path('x') });
    expect(reports).toEqual(['afterSent: a bug', 'afterSent: an async bug']);
    await world.end();
  });

  test("a relation's onEnd", async () => {
    const { world, reports } = await reporting({
      onRequest: (request) => {
        if (request.observe === 0) request.acceptObservation().onEnd = bug;
        return { code: Code.CONTENT };
      },
    });
    await world.say({ type: 'CON', code: '0.01', options: [opt.observe(0)] });
    await world.say({ type: 'CON', code: '0.01', options: [opt.observe(1)] });
    expect(reports).toEqual(['onEnd: a bug']);
    await world.end();
  });

  test.each<[string, Partial<Observer>, string[]]>([
    ['onEstablished', { onEstablished: bug }, ['onEstablished: a bug']],
    ['onNotification that throws', { onNotification: bug }, ['onNotification: a bug']],
    [
      'onNotification that rejects',
      { onNotification: () => Promise.reject(new CoapError('ERR_COAP_RESPONSE', 'a bug', { responseCode: 132 })) },
      ['onNotification: a bug'],
    ],
    ['onEnd', { onEnd: bug }, ['onEnd: a bug']],
  ])('%s', async (_name, observer, expected) => {
    const { world, reports } = await reporting();
    const pending = world.endpoint.observe(world.peer, observedRequest, {
      onNotification: () => undefined,
      ...observer,
    });
    const { token, messageId } = await world.hear();
    await world.say({ type: 'ACK', messageId, token, code: '2.05', options: [opt.observe(5)] });
    await notify(world, token, 6, 'x', { type: 'NON' });
    (await pending).forget();
    expect(reports).toEqual(expected);
    await world.end();
  });

  test('onAbandoned', async () => {
    const { world, reports } = await reporting();
    void world.endpoint.observe(world.peer, observedRequest, { onNotification: () => undefined, onAbandoned: bug });
    const { token, messageId } = await world.hear();
    await world.say({ type: 'ACK', messageId, token, code: '2.05', options: [opt.observe(5)] });
    const first = { type: 'NON', code: '2.05', token, payload: new Uint8Array(16) } as const;
    await world.say({ ...first, options: [opt.observe(6), opt.block2(0, true, 0)] });
    await world.say({ ...first, options: [opt.observe(7), opt.block2(0, true, 0)] });
    expect(reports).toEqual(['onAbandoned: a bug']);
    await world.end();
  });

  test('onPeerClosed', async () => {
    const reports: string[] = [];
    let handler: DatagramHandler | undefined;
    const world = await World.open(
      { onPeerClosed: bug, onError: (_error, context) => reports.push(context) },
      (transport) => {
        const open = transport.open.bind(transport);
        transport.open = (given) => {
          handler = given;
          return open(given);
        };
        return transport;
      },
    );
    handler?.onPeerClosed(world.peer);
    expect(reports).toEqual(['onPeerClosed']);
    await world.end();
  });
});

describe('onError does not hear of', () => {
  test('an answer: a CoapError with a response code', async () => {
    const { world, reports } = await reporting({
      onRequest: () => {
        throw new CoapError('ERR_COAP_RESPONSE', 'not here', { responseCode: Code.NOT_FOUND });
      },
    });
    await world.say({ type: 'CON', code: '0.01' });
    expect(await world.hearLine()).toBe('ACK 4.04 "not here"');
    expect([reports, world.endpoint.statistics.handlerErrors]).toEqual([[], 0]);
    await world.end();
  });

  test('a notification whose observer is too slow, but of what that throws then', async () => {
    const { world, reports } = await reporting();
    const gate = Promise.withResolvers<undefined>();
    void world.endpoint.observe(world.peer, observedRequest, { onNotification: () => gate.promise });
    const { token, messageId } = await world.hear();
    await world.say({ type: 'ACK', messageId, token, code: '2.05', options: [opt.observe(5)] });
    await notify(world, token, 6, 'x');
    await world.clock.advanceAsync(10_000);
    expect([reports, world.endpoint.statistics.handlerErrors]).toEqual([[], 1]);
    gate.reject(new Error('at last'));
    await world.clock.settle();
    expect(reports).toEqual(['onNotification: at last']);
    await world.end();
  });
});

test.each([
  ['throws', bug],
  ['rejects', asyncBug],
])('an onError that %s hurts nobody', async (_how, onError) => {
  const world = await World.open({ onRequest: bug, onError });
  await world.say({ type: 'CON', code: '0.01' });
  expect(await world.hearLine()).toBe('ACK 5.00');
  expect(world.endpoint.statistics.handlerErrors).toBe(2);
  await world.end();
});
