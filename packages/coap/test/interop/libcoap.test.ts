import { systemClock, systemRandom, udpTransport, type DatagramTransport, type Peer } from '@flownexus/datagram';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  Code,
  CoapEndpoint,
  ContentFormat,
  decodeMessage,
  isSuccess,
  makeOption,
  MessageType,
  type CoapMessage,
  type CoapNotification,
  type CoapReply,
  type IncomingRequest,
  type ObservationEnd,
  type ObserveRelation,
  type RequestHandler,
} from '../../src/index.ts';
import { libcoapMissing, runLibcoapClient, startLibcoapServer, type LibcoapServer } from './libcoap-process.ts';

const missing = libcoapMissing();
const suffix = missing === undefined ? '' : ` (skipped: ${missing})`;

// 5000 bytes in which each block differs from the others
const body = Buffer.from(Array.from({ length: 1000 }, (_, index) => `${String(index).padStart(4, '0')}\n`).join(''));

/** A UDP transport that shows what it sends. */
function watchedTransport(onSend: (message: CoapMessage) => void): DatagramTransport {
  const transport = udpTransport({ host: '127.0.0.1', port: 0 });
  const send = transport.send.bind(transport);
  transport.send = (peer, datagram) => {
    onSend(decodeMessage(datagram));
    send(peer, datagram);
  };
  return transport;
}

describe.skipIf(missing !== undefined)(`our server and libcoap's client${suffix}`, () => {
  let endpoint: CoapEndpoint;
  let transport: DatagramTransport;
  let handler: RequestHandler;
  let sent: CoapMessage[];
  let onSent: (message: CoapMessage) => void;
  let requests: IncomingRequest[];

  beforeEach(async () => {
    sent = [];
    requests = [];
    onSent = () => undefined;
    transport = watchedTransport((message) => {
      sent.push(message);
      onSent(message);
    });
    endpoint = new CoapEndpoint({
      transport,
      clock: systemClock,
      random: systemRandom,
      preferredBlockSize: 512,
      onRequest: (request) => {
        requests.push(request);
        return handler(request);
      },
    });
    await endpoint.open();
  });

  afterEach(() => endpoint.close());

  const uri = (path: string): string => `coap://127.0.0.1:${transport.localAddress?.port}/${path}`;
  const sentTypes = (): number[] => sent.map(({ type }) => type);

  test('GET with path and query', async () => {
    handler = ({ path, query }) => ({
      code: Code.CONTENT,
      contentFormat: ContentFormat.TEXT_PLAIN,
      payload: Buffer.from(JSON.stringify({ path, query })),
    });
    const { payload } = await runLibcoapClient([uri('a/b%20c/%C3%A4?x=1&y')]);
    expect(JSON.parse(payload.toString())).toEqual({ path: ['a', 'b c', 'ä'], query: ['x=1', 'y'] });
    expect(sentTypes()).toEqual([MessageType.ACK]);
  });

  test('Non-confirmable GET', async () => {
    handler = () => ({ code: Code.CONTENT, payload: Buffer.from('non') });
    const { payload } = await runLibcoapClient(['-N', uri('a')]);
    expect(payload.toString()).toBe('non');
    expect(sentTypes()).toEqual([MessageType.NON]);
    expect(requests[0]?.confirmable).toBe(false);
  });

  test.each([
    ['put', Code.PUT],
    ['post', Code.POST],
    ['fetch', Code.FETCH],
    ['ipatch', Code.IPATCH],
    ['delete', Code.DELETE],
  ])('%s', async (method, code) => {
    handler = () => ({ code: Code.CHANGED, locationPath: ['rd', '1'] });
    const content = method === 'delete' ? [] : ['-e', 'hello', '-t', '40'];
    await runLibcoapClient(['-m', method, ...content, uri('rd')]);
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({
      method: code,
      path: ['rd'],
      contentFormat: method === 'delete' ? undefined : 40,
    });
    expect(Buffer.from(requests[0]?.payload ?? []).toString()).toBe(method === 'delete' ? '' : 'hello');
  });

  test('4.04', async () => {
    handler = () => ({ code: Code.NOT_FOUND });
    const { diagnostics } = await runLibcoapClient([uri('nothing')]);
    expect(diagnostics).toContain('4.04');
  });

  test('a critical option that nobody knows: 4.02', async () => {
    handler = () => ({ code: Code.CONTENT });
    const { diagnostics } = await runLibcoapClient(['-O', '65001,x', uri('a')]);
    expect(diagnostics).toContain('4.02');
    expect(requests).toEqual([]);
  });

  test('separate response', async () => {
    // The handler answers when the empty Acknowledgement has left.
    const acknowledged = new Promise<void>((resolve) => {
      onSent = ({ type, code }) => {
        if (type === MessageType.ACK && code === Code.EMPTY) resolve();
      };
    });
    handler = async () => {
      await acknowledged;
      return { code: Code.CONTENT, payload: Buffer.from('late') };
    };
    const { payload } = await runLibcoapClient([uri('slow')]);
    expect(payload.toString()).toBe('late');
    expect(sentTypes()).toEqual([MessageType.ACK, MessageType.CON]);
  });

  // A server may answer with smaller blocks than it was asked for (RFC 7959 §2.4).
  test.each([
    [16, 16],
    [512, 512],
    [1024, 512],
  ])('Block2: 5000 bytes asked for in blocks of %i, answered in blocks of %i', async (asked, answered) => {
    handler = () => ({ code: Code.CONTENT, contentFormat: ContentFormat.OCTET_STREAM, payload: body });
    const { payload } = await runLibcoapClient(['-b', String(asked), uri('large')]);
    expect(payload.equals(body)).toBe(true);
    expect(sent).toHaveLength(Math.ceil(body.length / answered));
  });

  test.each([16, 1024])('Block1: 5000 bytes sent in blocks of %i', async (size) => {
    handler = () => ({ code: Code.CHANGED });
    await runLibcoapClient(['-m', 'put', '-b', String(size), uri('large')], body);
    expect(requests).toHaveLength(1);
    expect(Buffer.from(requests[0]?.payload ?? []).equals(body)).toBe(true);
    const codes = sent.map(({ code }) => code);
    expect(codes.pop()).toBe(Code.CHANGED);
    expect(new Set(codes)).toEqual(new Set([Code.CONTINUE]));
  });

  test('Block1 and Block2: 5000 bytes echoed', async () => {
    handler = ({ payload }) => ({ code: Code.CONTENT, payload });
    const { payload } = await runLibcoapClient(['-m', 'post', uri('echo')], body);
    expect(payload.equals(body)).toBe(true);
    expect(requests).toHaveLength(1);
  });

  test('observe: notifications until the client cancels', async () => {
    let notified: Promise<unknown> = Promise.resolve();
    let relation: ObserveRelation | undefined;
    let ended = 0;
    const reply = (text: string): CoapReply => ({ code: Code.CONTENT, payload: Buffer.from(text) });
    handler = (request) => {
      if (request.observe !== 0) return reply('last.');
      const accepted = request.acceptObservation();
      relation = accepted;
      accepted.onEnd = () => {
        ended += 1;
      };
      const notify = async (): Promise<void> => {
        await accepted.notify(reply('second.'), { confirmable: true });
        await accepted.notify(reply('third.'), { confirmable: false });
        await accepted.notify(reply('fourth.'), { confirmable: true });
      };
      return {
        ...reply('first.'),
        afterSent: () => {
          notified = notify();
        },
      };
    };
    const { payload } = await runLibcoapClient(['-s', '2', uri('obs')]);
    await notified;
    expect(payload.toString()).toContain('first.second.third.fourth.');
    expect(requests.map(({ observe }) => observe)).toEqual([0, 1]);
    expect({ active: relation?.active, ended }).toEqual({ active: false, ended: 1 });
  });
});

describe.skipIf(missing !== undefined)(`our client and libcoap's server${suffix}`, () => {
  let server: LibcoapServer;
  let endpoint: CoapEndpoint;
  let peer: Peer;

  beforeEach(async () => {
    server = await startLibcoapServer(['-d', '10']);
    endpoint = new CoapEndpoint({
      transport: udpTransport({ host: '127.0.0.1', port: 0 }),
      clock: systemClock,
      random: systemRandom,
    });
    await endpoint.open();
    peer = await endpoint.connect('127.0.0.1', server.port);
  });

  afterEach(async () => {
    await endpoint.close();
    await server.stop();
  });

  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

  test.each([true, false])('GET /, confirmable %s', async (confirmable) => {
    const response = await endpoint.request(peer, { method: Code.GET, confirmable });
    expect(response.code).toBe(Code.CONTENT);
    expect(text(response.payload)).toContain('libcoap');
  });

  test('GET /.well-known/core', async () => {
    const response = await endpoint.request(peer, {
      method: Code.GET,
      path: ['.well-known', 'core'],
      accept: ContentFormat.LINK_FORMAT,
    });
    expect(response).toMatchObject({ code: Code.CONTENT, contentFormat: ContentFormat.LINK_FORMAT });
    expect(text(response.payload)).toContain('</time>');
  });

  test('errors are responses', async () => {
    expect((await endpoint.request(peer, { method: Code.GET, path: ['nothing'] })).code).toBe(Code.NOT_FOUND);
    expect((await endpoint.request(peer, { method: Code.FETCH, path: [''] })).code).toBe(Code.METHOD_NOT_ALLOWED);
  });

  // libcoap's 4.02 repeats the option that it doesn't know, and a response with such an option is rejected (RFC 7252 §5.4.1)
  test('a response with an unknown critical option is an error', async () => {
    const unknown = makeOption(65_001, Uint8Array.of(1));
    await expect(endpoint.request(peer, { method: Code.GET, options: [unknown] })).rejects.toMatchObject({
      code: 'ERR_COAP_OPTION',
    });
  });

  test('separate response of /async', async () => {
    const response = await endpoint.request(peer, { method: Code.GET, path: ['async'], query: ['1'] });
    expect(text(response.payload)).toBe('done');
  });

  test('PUT, GET, DELETE of a resource of our own', async () => {
    const path = ['mine'];
    const put = (value: string): Promise<number> =>
      endpoint
        .request(peer, { method: Code.PUT, path, contentFormat: ContentFormat.TEXT_PLAIN, payload: Buffer.from(value) })
        .then(({ code }) => code);
    expect(await put('one')).toBe(Code.CREATED);
    expect(await put('two')).toBe(Code.CHANGED);
    expect(text((await endpoint.request(peer, { method: Code.GET, path })).payload)).toBe('two');
    expect((await endpoint.request(peer, { method: Code.DELETE, path })).code).toBe(Code.DELETED);
    expect((await endpoint.request(peer, { method: Code.GET, path })).code).toBe(Code.NOT_FOUND);
  });

  test('5000 bytes there by Block1 and back by Block2', async () => {
    const path = ['example_data'];
    const put = await endpoint.request(peer, {
      method: Code.PUT,
      path,
      contentFormat: ContentFormat.OCTET_STREAM,
      payload: body,
    });
    expect(isSuccess(put.code)).toBe(true);
    const response = await endpoint.request(peer, { method: Code.GET, path });
    expect(response.contentFormat).toBe(ContentFormat.OCTET_STREAM);
    expect(Buffer.from(response.payload).equals(body)).toBe(true);
  });

  test('observe /time, cancel', async () => {
    const ends: ObservationEnd[] = [];
    const { promise: second, resolve } = Promise.withResolvers<undefined>();
    const notifications: CoapNotification[] = [];
    const observation = await endpoint.observe(
      peer,
      { method: Code.GET, path: ['time'] },
      {
        onNotification: (notification) => {
          notifications.push(notification);
          if (notifications.length === 2) resolve(undefined);
        },
        onEnd: (end) => ends.push(end),
      },
    );
    expect(observation.response.observe).toBeDefined();
    await second;
    expect(notifications.map(({ code, fresh }) => ({ code, fresh }))).toEqual([
      { code: Code.CONTENT, fresh: true },
      { code: Code.CONTENT, fresh: true },
    ]);
    expect(text(notifications[0]?.payload ?? Buffer.of())).not.toBe(text(notifications[1]?.payload ?? Buffer.of()));
    expect((await observation.cancel()).observe).toBeUndefined();
    expect(observation.active).toBe(false);
    expect(ends).toEqual([{ reason: 'cancelled' }]);
  });

  test('observe a block-wise resource: each notification comes whole', async () => {
    const path = ['example_data'];
    const { promise, resolve } = Promise.withResolvers<CoapNotification>();
    const observation = await endpoint.observe(
      peer,
      { method: Code.GET, path },
      { onNotification: (notification) => resolve(notification) },
    );
    const put = await endpoint.request(peer, { method: Code.PUT, path, options: [], payload: body });
    expect(isSuccess(put.code)).toBe(true);
    expect(Buffer.from((await promise).payload).equals(body)).toBe(true);
    observation.forget();
  });
});
