import type { DatagramTransport } from '@flownexus/datagram';
import { MemoryNetwork, seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { describe, expect, test } from 'vitest';
import {
  CoapClient,
  type ClientObserveOptions,
  CoapEndpoint,
  type CoapNotifications,
  type CoapOption,
  type CoapReply,
  Code,
  decodeMessage,
  encodeMessage,
  formatCode,
  type IncomingRequest,
  makeUintOption,
  MessageType,
  type ObserveRelation,
  OptionNumber,
  uintOption,
} from '../../src/index.ts';
import { MAX_QUEUED_NOTIFICATIONS } from '../../src/limits.ts';
import { bytes, text } from './world.ts';

const SERVER = '10.0.0.9';

/** A client and a server endpoint of ours on one network. */
class Pair {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork(this.clock);
  readonly requests: IncomingRequest[] = [];
  readonly relations: ObserveRelation[] = [];
  answer: (request: IncomingRequest) => CoapReply | Promise<CoapReply> = () => ({ code: Code.CONTENT });
  readonly server: CoapEndpoint;
  readonly client: CoapClient;
  readonly port = 50_000;

  constructor(scheme = 'coap') {
    this.server = this.serverAt(SERVER, scheme === 'coap' ? 5683 : 5684, scheme);
    this.client = new CoapClient({
      transport: this.network.transport({ host: '10.0.0.1', port: this.port, scheme }),
      clock: this.clock,
      random: seededRandom(1),
    });
  }

  serverAt(host: string, port: number, scheme = 'coap'): CoapEndpoint {
    return new CoapEndpoint({
      transport: this.network.transport({ host, port, scheme }),
      clock: this.clock,
      random: seededRandom(2),
      onRequest: (request) => {
        this.requests.push(request);
        return this.answer(request);
      },
    });
  }

  static async open(): Promise<Pair> {
    const pair = new Pair();
    await pair.server.open();
    return pair;
  }

  run<T>(work: Promise<T>): Promise<T> {
    return this.clock.runUntil(work);
  }

  /** Serves an observable counter, whose states are `0`, `1` and so on. */
  serveCounter(): void {
    this.answer = (request) => {
      if (request.observe === 0) this.relations.push(request.acceptObservation());
      return { code: Code.CONTENT, payload: bytes('0') };
    };
  }

  async change(state: string, confirmable = true, code: number = Code.CONTENT): Promise<void> {
    await this.run(this.relations.at(-1)!.notify({ code, payload: bytes(state) }, { confirmable }));
    await this.clock.settle();
  }

  observe(options?: ClientObserveOptions): CoapNotifications {
    return this.client.observe(`coap://${SERVER}/counter`, options);
  }

  async next(stream: CoapNotifications): Promise<string> {
    const result = await this.run(stream.next());
    return result.done === true ? 'done' : `${formatCode(result.value.code)} ${text(result.value.payload)}`;
  }

  async end(): Promise<void> {
    await this.client.close();
    await this.server.close();
    await this.clock.settle();
    expect(this.clock.pendingTimers).toBe(0);
  }
}

describe('requests to URIs', () => {
  test('open the client, and go where the URI says', async () => {
    const pair = await Pair.open();
    pair.answer = () => ({ code: Code.CONTENT, payload: bytes('21.5') });
    const response = await pair.run(
      pair.client.get(`coap://${SERVER}/sensors/temp%20%C3%A9?unit=K&x=%26`, { accept: 0 }),
    );
    expect([response.code, text(response.payload)]).toEqual([Code.CONTENT, '21.5']);
    expect(pair.requests).toMatchObject([
      { method: Code.GET, path: ['sensors', 'temp é'], query: ['unit=K', 'x=&'], accept: 0 },
    ]);
    expect(pair.requests[0]!.options.some(({ number }) => number === OptionNumber.URI_HOST)).toBe(false);
    await pair.end();
  });

  test.each([
    ['get', Code.GET],
    ['post', Code.POST],
    ['put', Code.PUT],
    ['delete', Code.DELETE],
    ['fetch', Code.FETCH],
    ['patch', Code.PATCH],
    ['ipatch', Code.IPATCH],
  ] as const)('%s has its method', async (name, method) => {
    const pair = await Pair.open();
    await pair.run(pair.client[name](`coap://${SERVER}/a`, { payload: bytes('x'), contentFormat: 0 }));
    expect(pair.requests).toMatchObject([{ method, path: ['a'], payload: bytes('x'), contentFormat: 0 }]);
    await pair.end();
  });

  test('request has the method that it is given, and GET without one', async () => {
    const pair = await Pair.open();
    await pair.run(pair.client.request(`coap://${SERVER}`, { method: Code.PUT }));
    await pair.run(pair.client.request(`coap://${SERVER}`));
    expect(pair.requests.map(({ method }) => method)).toEqual([Code.PUT, Code.GET]);
    await pair.end();
  });

  test('have a Uri-Host where the host is a name, and never a Uri-Port', async () => {
    const pair = new Pair();
    const named = pair.serverAt('device.example', 61_616);
    await named.open();
    await pair.run(pair.client.get('coap://Device.example:61616/a'));
    const { options } = pair.requests[0]!;
    const host = options.find(({ number }) => number === OptionNumber.URI_HOST);
    expect(text(host!.value)).toBe('device.example');
    expect(uintOption(options, OptionNumber.URI_PORT)).toBeUndefined();
    await named.close();
    await pair.end();
  });

  test('keep their bounds and settings', async () => {
    const pair = new Pair(); // nobody answers
    const parameters = { ackTimeoutMs: 100, ackRandomFactor: 1, maxRetransmit: 1 };
    const impatient = pair.client.get(`coap://${SERVER}/a`, { parameters });
    await expect(pair.run(impatient)).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
    expect(pair.clock.now()).toBe(300);
    const timed = pair.client.get(`coap://${SERVER}/a`, { timeoutMs: 50 });
    await expect(pair.run(timed)).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
    expect(pair.clock.now()).toBe(350);
    const abort = new AbortController();
    const aborted = pair.client.get(`coap://${SERVER}/a`, { signal: abort.signal });
    abort.abort();
    await expect(pair.run(aborted)).rejects.toMatchObject({ code: 'ERR_COAP_ABORTED' });
    await pair.end();
  });

  test('are not sent when they are given up while the transport connects', async () => {
    const clock = new VirtualClock();
    const network = new MemoryNetwork(clock);
    const inner = network.transport({ host: '10.0.0.1' });
    const connected = Promise.withResolvers<undefined>();
    const slow: DatagramTransport = {
      scheme: 'coap',
      maxDatagramSize: inner.maxDatagramSize,
      localAddress: undefined,
      open: (handler) => inner.open(handler),
      send: (peer, datagram) => inner.send(peer, datagram),
      close: () => inner.close(),
      connect: async (host, port) => {
        await connected.promise;
        return inner.connect(host, port);
      },
    };
    const client = new CoapClient({ transport: slow, clock });
    const pending = client.get(`coap://${SERVER}/a`, { timeoutMs: 1000 });
    await expect(clock.runUntil(pending)).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
    connected.resolve(undefined);
    await clock.advanceAsync(10_000);
    expect(network.log).toHaveLength(0);
    await client.close();
  });

  test('refuse URIs that no transport can serve', async () => {
    const pair = new Pair();
    for (const uri of ['coaps://h/', 'http://h/', 'nonsense']) {
      await expect(pair.client.get(uri)).rejects.toMatchObject({ code: 'ERR_COAP_URI' });
      await expect(pair.client.ping(uri)).rejects.toMatchObject({ code: 'ERR_COAP_URI' });
      await expect(pair.client.observe(uri).next()).rejects.toMatchObject({ code: 'ERR_COAP_URI' });
    }
    await pair.client.close();
  });

  test('ping a host', async () => {
    const pair = await Pair.open();
    await pair.run(pair.client.ping(`coap://${SERVER}`));
    expect(pair.requests).toHaveLength(0);
    await pair.end();
  });
});

describe('transports', () => {
  test('are chosen by scheme', async () => {
    const clock = new VirtualClock();
    const network = new MemoryNetwork(clock);
    const server = (port: number, scheme: string): CoapEndpoint =>
      new CoapEndpoint({
        transport: network.transport({ host: SERVER, port, scheme }),
        clock,
        onRequest: () => ({ code: Code.CONTENT, payload: bytes(scheme) }),
      });
    const servers = [server(5683, 'coap'), server(5684, 'coaps')];
    await Promise.all(servers.map((endpoint) => endpoint.open()));
    const client = new CoapClient({
      clock,
      transports: ['coap', 'coaps'].map((scheme) => network.transport({ host: '10.0.0.1', scheme })),
    });
    await client.open();
    for (const scheme of ['coap', 'coaps']) {
      const response = await clock.runUntil(client.get(`${scheme}://${SERVER}/`));
      expect(text(response.payload)).toBe(scheme);
    }
    await client.close();
    await Promise.all(servers.map((endpoint) => endpoint.close()));
  });

  test('with the same scheme are refused, and options out of their range', () => {
    const network = new MemoryNetwork(new VirtualClock());
    const transport = network.transport({ host: '10.0.0.1' });
    expect(() => new CoapClient({ transports: [transport, transport] })).toThrow(TypeError);
    expect(() => new CoapClient({ transport, preferredBlockSize: 1 })).toThrow(RangeError);
  });

  test('that can not open reject, and are tried again', async () => {
    const clock = new VirtualClock();
    const network = new MemoryNetwork(clock);
    const other = network.transport({ host: '10.0.0.1', port: 7 });
    await other.open({ onDatagram: () => undefined, onPeerClosed: () => undefined });
    const client = new CoapClient({ transport: network.transport({ host: '10.0.0.1', port: 7 }), clock });
    await expect(client.get(`coap://${SERVER}/`)).rejects.toMatchObject({ code: 'ERR_DATAGRAM_BIND' });
    await other.close();
    const pending = client.get(`coap://${SERVER}/`, { timeoutMs: 1 });
    await expect(clock.runUntil(pending)).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
    expect(network.log).toHaveLength(1);
    await client.close();
  });

  test('that are closed take no requests, and fail those under way', async () => {
    const pair = new Pair();
    const pending = expect(pair.client.get(`coap://${SERVER}/`)).rejects.toMatchObject({ code: 'ERR_COAP_CLOSED' });
    await pair.clock.settle();
    await pair.client[Symbol.asyncDispose]();
    await pending;
    await expect(pair.client.get(`coap://${SERVER}/`)).rejects.toMatchObject({ code: 'ERR_COAP_CLOSED' });
    await expect(pair.client.open()).rejects.toMatchObject({ code: 'ERR_COAP_CLOSED' });
    await pair.end();
  });
});

describe('observe', () => {
  test('yields the present state and then each new one, and cancels when it is left', async () => {
    const pair = await Pair.open();
    pair.serveCounter();
    const seen: string[] = [];
    const loop = (async () => {
      for await (const { payload, fresh, peer } of pair.observe({ accept: 0 })) {
        seen.push(`${text(payload)} ${fresh} ${peer.host}`);
        if (text(payload) === '2') break;
      }
    })();
    await pair.clock.settle();
    await pair.change('1');
    expect(seen).toEqual([`0 true ${SERVER}`, `1 true ${SERVER}`]);
    let ended = false;
    pair.relations[0]!.onEnd = () => {
      ended = true;
    };
    await pair.change('2', false);
    await pair.run(loop);
    expect(seen).toHaveLength(3);
    expect(pair.requests.map(({ observe, accept }) => [observe, accept])).toEqual([
      [0, 0],
      [1, 0],
    ]);
    expect(ended).toBe(true);
    await pair.end();
  });

  test('sends nothing before it is iterated, nor after it was left before that', async () => {
    const pair = await Pair.open();
    const stream = pair.observe();
    await pair.clock.settle();
    expect(await stream.return!()).toEqual({ value: undefined, done: true });
    expect(await pair.next(stream)).toBe('done');
    expect(pair.network.log).toHaveLength(0);
    await pair.end();
  });

  test('acknowledges what is queued, and keeps the newest of it', async () => {
    const pair = await Pair.open();
    pair.serveCounter();
    const stream = pair.observe();
    expect(await pair.next(stream)).toBe('2.05 0');
    const count = MAX_QUEUED_NOTIFICATIONS + 3;
    for (let state = 1; state <= count; state += 1) await pair.change(String(state)); // each is acknowledged
    expect(stream.dropped).toBe(3);
    expect(await pair.next(stream)).toBe('2.05 4');
    for (let state = 5; state <= count; state += 1) expect(await pair.next(stream)).toBe(`2.05 ${state}`);
    const waiting = stream.next();
    await pair.change('last');
    expect(text((await waiting).value!.payload)).toBe('last');
    await pair.end();
  });

  test('leaves out what was overtaken', async () => {
    const pair = await Pair.open();
    pair.serveCounter();
    const stream = pair.observe();
    await pair.next(stream);
    let first = true;
    pair.network.rule = () => {
      if (!first) return 'deliver';
      first = false;
      return { delayMs: 500 };
    };
    const slow = pair.relations[0]!.notify({ code: Code.CONTENT, payload: bytes('1') }, { confirmable: false });
    await pair.change('2', false);
    await pair.clock.advanceAsync(1000);
    await slow;
    expect(await pair.next(stream)).toBe('2.05 2');
    await pair.change('3', false);
    expect(await pair.next(stream)).toBe('2.05 3');
    await pair.end();
  });

  test.each([
    ['an error', { code: Code.NOT_FOUND }, '4.04 '],
    ['a resource that can not be observed', { code: Code.CONTENT, payload: bytes('x') }, '2.05 x'],
  ])('%s is all there is', async (_name, reply, expected) => {
    const pair = await Pair.open();
    pair.answer = () => reply;
    const stream = pair.observe();
    expect([await pair.next(stream), await pair.next(stream), await pair.next(stream)]).toEqual([
      expected,
      'done',
      'done',
    ]);
    await pair.end();
  });

  test('ends with the error by which the server ends it', async () => {
    const pair = await Pair.open();
    pair.serveCounter();
    const stream = pair.observe();
    await pair.next(stream);
    await pair.change('1');
    await pair.change('gone', true, Code.NOT_FOUND);
    expect([await pair.next(stream), await pair.next(stream), await pair.next(stream)]).toEqual([
      '2.05 1',
      '4.04 gone',
      'done',
    ]);
    await stream.return!();
    expect(pair.requests).toHaveLength(1); // there is nothing to cancel
    await pair.end();
  });

  test('yields a last state without Observe once', async () => {
    const pair = new Pair();
    const device = pair.network.peer('10.0.0.8', 5683);
    const stream = pair.client.observe('coap://10.0.0.8/');
    const first = stream.next();
    await pair.clock.settle();
    const { messageId, token } = decodeMessage(device.take());
    const respond = async (type: MessageType, id: number, state: string, options: CoapOption[]): Promise<void> => {
      const message = { type, code: Code.CONTENT, messageId: id, token, options, payload: bytes(state) };
      device.send({ host: '10.0.0.1', port: pair.port }, encodeMessage(message));
      await pair.clock.settle();
    };
    await respond(MessageType.ACK, messageId, 'a', [makeUintOption(OptionNumber.OBSERVE, 1)]);
    await first;
    await respond(MessageType.NON, 1, 'b', []);
    expect([await pair.next(stream), await pair.next(stream)]).toEqual(['2.05 b', 'done']);
    await pair.end();
  });

  test('throws when nobody answers the registration, once', async () => {
    const pair = new Pair();
    const stream = pair.observe();
    await expect(pair.run(stream.next())).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
    expect(await pair.next(stream)).toBe('done');
    await pair.end();
  });

  test('throws when the client is closed, after what is queued', async () => {
    const pair = await Pair.open();
    pair.serveCounter();
    const stream = pair.observe();
    await pair.next(stream);
    await pair.change('1');
    await pair.client.close();
    expect(await pair.next(stream)).toBe('2.05 1');
    await expect(stream.next()).rejects.toMatchObject({ code: 'ERR_COAP_CLOSED' });
    await pair.end();
  });

  test('throws on its signal, and cancels at the server', async () => {
    const pair = await Pair.open();
    pair.serveCounter();
    const abort = new AbortController();
    const stream = pair.observe({ signal: abort.signal });
    await pair.next(stream);
    const waiting = expect(stream.next()).rejects.toMatchObject({ code: 'ERR_COAP_ABORTED', cause: 'enough' });
    abort.abort('enough');
    await waiting;
    await pair.clock.advanceAsync(1000);
    expect(pair.requests.map(({ observe }) => observe)).toEqual([0, 1]);
    expect(await pair.next(stream)).toBe('done');
    await pair.end();
  });

  test('is given up while it registers, by its signal or by leaving it', async () => {
    const pair = new Pair();
    const abort = new AbortController();
    const aborted = pair.observe({ signal: abort.signal });
    const refused = expect(aborted.next()).rejects.toMatchObject({ code: 'ERR_COAP_ABORTED' });
    const left = pair.observe();
    const waiting = left.next();
    await pair.clock.settle();
    abort.abort();
    await refused;
    await left[Symbol.asyncDispose]();
    expect((await waiting).done).toBe(true);
    await expect(pair.observe({ signal: abort.signal }).next()).rejects.toMatchObject({ code: 'ERR_COAP_ABORTED' });
    const sent = pair.network.log.length;
    await pair.clock.advanceAsync(100_000);
    expect(pair.network.log).toHaveLength(sent);
    await pair.end();
  });

  test('waits at most 5 s for the server when it is left', async () => {
    const pair = await Pair.open();
    pair.serveCounter();
    const stream = pair.observe();
    await pair.next(stream);
    await pair.server.close();
    const before = pair.clock.now();
    await pair.run(stream.return!());
    expect(pair.clock.now() - before).toBe(5000);
    await pair.end();
  });

  test('registers again by itself where it is asked to', async () => {
    const pair = await Pair.open();
    pair.serveCounter();
    const stream = pair.observe({ reregister: true });
    expect(await pair.next(stream)).toBe('2.05 0');
    expect(await pair.next(stream)).toBe('2.05 0'); // after Max-Age
    expect(pair.requests.map(({ observe }) => observe)).toEqual([0, 0]);
    await pair.server.close();
    await expect(pair.run(stream.next())).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
    await pair.end();
  });
});
