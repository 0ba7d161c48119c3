import { describe, expect, test } from 'vitest';
import {
  CoapEndpoint,
  Code,
  type CoapLimits,
  type CoapReply,
  type IncomingRequest,
  type ObserveRelation,
  replies,
  Router,
} from '../../src/index.ts';
import { Flood } from './flood.ts';
import { body, bytes, opt, type Script, text, type World } from './world.ts';

// Small enough for a flood of some thousands to reach each of them.
const LIMITS: Partial<CoapLimits> = {
  peers: 300,
  queuedPerPeer: 10,
  relationsPerPeer: 10,
  relations: 60,
  responses: 40,
  processingPerPeer: 4,
  processing: 40,
  delayedResponses: 40,
  deduplicationPerPeer: 100,
  deduplicationEntries: 1000,
  deduplicationBytes: 20_000,
  uploads: 40,
  uploadBytes: 20_000,
  representationsPerPeer: 10,
  representations: 40,
  representationBytes: 20_000,
};
const DATAGRAMS = 1600;
const STEP = 200;
const BLOCK = body(1024);

const token = (index: number): Uint8Array => Uint8Array.of(index >>> 16, index >>> 8, index, 7);
const tag = (index: number): { number: number; value: Uint8Array } => ({ number: 292, value: token(index) });

interface Attack {
  readonly name: string;
  readonly script: (index: number) => Script;
  /** Whether it takes all that peers of unproven addresses may take of the handlers. */
  readonly takesHandlers?: true;
  readonly toGroup?: true;
}

const ATTACKS: readonly Attack[] = [
  {
    name: 'requests with different tokens and Message IDs',
    script: (index) => ({ type: 'CON', code: '0.01', token: token(index), options: opt.path('small') }),
  },
  {
    name: 'Non-confirmable requests',
    script: (index) => ({ type: 'NON', code: '0.02', token: token(index), options: opt.path('small') }),
  },
  {
    name: 'first blocks to different paths',
    script: (index) => ({
      type: 'CON',
      code: '0.03',
      options: [...opt.path(`${index}`), opt.block1(0, true, 6)],
      payload: BLOCK,
    }),
  },
  {
    name: 'first blocks with different Request-Tags',
    script: (index) => ({
      type: 'NON',
      code: '0.03',
      options: [...opt.path('upload'), opt.block1(0, true, 2), tag(index)],
      payload: BLOCK.subarray(0, 64),
    }),
  },
  {
    name: 'fetches of large representations',
    script: (index) => ({
      type: 'CON',
      code: '0.01',
      options: [...opt.path('large'), opt.query(`q=${index}`), opt.block2(0, false, 2)],
    }),
  },
  {
    name: 'observations',
    script: (index) => ({
      type: 'CON',
      code: '0.01',
      token: token(index),
      options: [...opt.path('value'), opt.observe(0)],
    }),
  },
  {
    name: 'observations of a router',
    script: (index) => ({
      type: index % 2 === 0 ? 'CON' : 'NON',
      code: '0.01',
      token: token(index),
      options: [...opt.path('routed'), opt.query(`q=${index}`), opt.observe(0)],
    }),
  },
  {
    name: 'requests to a group',
    script: (index) => ({ type: 'NON', code: '0.01', token: token(index), options: opt.path('small') }),
    toGroup: true,
  },
  { name: 'pings', script: () => ({ type: 'CON' }) },
  {
    name: 'responses that nobody asked for',
    script: (index) => ({ type: index % 2 === 0 ? 'CON' : 'NON', code: '2.05', token: token(index), payload: 'x' }),
  },
  { name: 'acknowledgements of nothing', script: (index) => ({ type: index % 2 === 0 ? 'ACK' : 'RST' }) },
  {
    name: 'requests whose separate responses nobody acknowledges',
    script: (index) => ({ type: 'CON', code: '0.02', token: token(index), options: opt.path('slow') }),
    takesHandlers: true,
  },
  {
    name: 'requests whose handler never ends',
    script: (index) => ({ type: 'CON', code: '0.02', token: token(index), options: opt.path('never') }),
    takesHandlers: true,
  },
  {
    name: 'requests with a critical option that nobody knows',
    script: (index) => ({ type: 'CON', code: '0.01', token: token(index), options: [opt.raw(65_001, 'x')] }),
  },
];

/** What the server under attack offers. */
class Server {
  readonly relations: ObserveRelation[] = [];
  readonly uploaded: Uint8Array[] = [];
  world!: World;
  #router: Router | undefined;

  /** On the clock of the world. */
  get router(): Router {
    this.#router ??= new Router({ clock: this.world.clock }).resource('/routed', {
      observable: true,
      get: () => replies.content('routed'),
    });
    return this.#router;
  }

  handle(request: IncomingRequest): CoapReply | Promise<CoapReply> {
    switch (request.path[0]) {
      case 'value':
        if (request.observe === 0) this.relations.push(request.acceptObservation());
        return { code: Code.CONTENT, payload: bytes('value') };
      case 'routed':
        return this.router.handle(request);
      case 'large':
        return { code: Code.CONTENT, payload: BLOCK.subarray(0, 300) };
      case 'slow':
        return new Promise((resolve) => this.world.clock.schedule(1500, () => resolve({ code: Code.CHANGED })));
      case 'never':
        return new Promise(() => undefined);
      case 'firmware':
        this.uploaded.push(request.payload);
        return { code: Code.CHANGED };
      default:
        return { code: Code.CONTENT, payload: bytes('small') };
    }
  }
}

/** A client of the library that asks now and then, and observes. */
async function wellBehaved(world: World): Promise<{
  readonly ask: () => Promise<string>;
  readonly seen: string[];
  readonly close: () => Promise<void>;
}> {
  const transport = world.network.transport({ host: '10.0.0.3', port: 5683 });
  const client = new CoapEndpoint({ transport, clock: world.clock });
  await client.open();
  const server = await client.connect('10.0.0.1', 5683);
  const seen: string[] = [];
  const onNotification = ({ payload }: { readonly payload: Uint8Array }): void => void seen.push(text(payload));
  await world.clock.runUntil(client.observe(server, { method: Code.GET, path: ['value'] }, { onNotification }));
  return {
    seen,
    ask: async () => {
      const response = await world.clock.runUntil(client.request(server, { method: Code.GET, path: ['small'] }));
      return text(response.payload);
    },
    close: () => client.close(),
  };
}

/** Somebody who was never heard of before asks. */
async function newcomer(world: World, number: number): Promise<string> {
  const device = world.network.peer('10.0.0.4', 41_000 + number);
  await world.say({ type: 'CON', code: '0.01', options: opt.path('small') }, device);
  return world.hearLine(device);
}

/** The device answers a request of the endpoint: it is where it claims to be. */
async function prove(world: World): Promise<void> {
  const asking = world.endpoint.request(world.peer, { method: Code.GET });
  await world.piggyback(await world.hear(), { code: '2.05' });
  await asking;
}

describe.each(ATTACKS)('a flood of $name', ({ script, takesHandlers, toGroup }) => {
  test.each([
    { from: 'one address', source: () => 0 },
    { from: 'one peer with an identity', source: () => 0, identity: { kind: 'psk', identity: 'mallory' } as const },
    { from: 'an address each', source: (index: number) => index },
    { from: 'some addresses', source: (index: number) => index % 50 },
  ])('from $from stays inside the bounds, and others are served', async ({ source, identity }) => {
    const server = new Server();
    const flood = await Flood.open({ limits: LIMITS, onRequest: (request) => server.handle(request) });
    const { world } = flood;
    server.world = world;

    // Before it begins there is a client that observes, a device with half an upload, and one that asked something.
    const client = await wellBehaved(world);
    const [relation] = server.relations;
    await world.clock.runUntil(relation!.notify({ code: Code.CONTENT, payload: bytes('before') }));
    const firmware = body(64 * 4, 5);
    const sendBlock = async (num: number): Promise<string> => {
      await world.say({
        type: 'CON',
        code: '0.03',
        options: [...opt.path('firmware'), opt.block1(num, num < 3, 2)],
        payload: firmware.subarray(num * 64, (num + 1) * 64),
      });
      return world.hearLine();
    };
    if (takesHandlers === true) await prove(world);
    expect([await sendBlock(0), await sendBlock(1)]).toEqual(['ACK 2.31', 'ACK 2.31']);

    for (let index = 0; index < DATAGRAMS; index += 1) {
      if (toGroup === true) flood.hitGroup(source(index), script(index), identity);
      else flood.hit(source(index), script(index), identity);
      if (index % STEP !== STEP - 1) continue;
      server.router.notify('/routed');
      flood.checkUsage();
      await world.clock.advanceAsync(100);
      expect(await client.ask()).toBe('small');
      if (takesHandlers !== true) expect(await newcomer(world, index)).toBe('ACK 2.05 "small"');
    }

    expect([await sendBlock(2), await sendBlock(3)]).toEqual(['ACK 2.31', 'ACK 2.04']);
    expect(server.uploaded).toEqual([firmware]);
    await world.clock.runUntil(relation!.notify({ code: Code.CONTENT, payload: bytes('after') }));
    expect(client.seen).toEqual(['before', 'after']);
    await world.clock.advanceAsync(2000);
    flood.checkUsage();
    await client.close();
    await world.end();
  });
});

/** RFC 7252 §4.5: what a flood can make an endpoint forget. */
describe('a retransmission that comes after a flood', () => {
  const setup = async (
    requests: number,
  ): Promise<{ flood: Flood; handled: () => number; again: () => Promise<string> }> => {
    let handled = 0;
    const flood = await Flood.open({
      limits: { peers: 100 },
      onRequest: ({ path }) => {
        if (path[0] === 'count') handled += 1;
        return { code: Code.CHANGED, payload: bytes(`${handled}`) };
      },
    });
    const { world } = flood;
    const request = { type: 'CON', code: '0.02', messageId: 77, options: opt.path('count') } as const;
    for (let count = 1; count < requests; count += 1) await world.say({ ...request, messageId: count });
    await world.say(request);
    world.device.takeAll();
    for (let index = 0; index < 1000; index += 1) flood.hit(index, { type: 'CON', code: '0.01' });
    const again = async (): Promise<string> => {
      await world.say(request);
      return world.hearLine();
    };
    return { flood, again, handled: () => handled };
  };

  test('gets the reply that there was when its peer had been heard of more than once', async () => {
    const { flood, again, handled } = await setup(2);
    expect([await again(), handled()]).toEqual(['ACK 2.04 "2"', 2]);
    await flood.world.end();
  });

  test('is handled again when the peer was one stranger among many, more than there is room for', async () => {
    const { flood, again, handled } = await setup(1);
    expect([await again(), handled()]).toEqual(['ACK 2.04 "2"', 2]);
    await flood.world.end();
  });
});
