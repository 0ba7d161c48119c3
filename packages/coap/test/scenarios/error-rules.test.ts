import { describe, expect, test } from 'vitest';
import { type CoapOption, Code, type IncomingRequest, OptionNumber } from '../../src/index.ts';
import { line, opt, text, World } from './world.ts';

interface Served {
  readonly world: World;
  readonly requests: IncomingRequest[];
}

async function serve(): Promise<Served> {
  const requests: IncomingRequest[] = [];
  const world = await World.open({
    onRequest: (request) => {
      requests.push(request);
      return { code: Code.CONTENT };
    },
  });
  return { world, requests };
}

const option = (number: number, ...value: number[]): CoapOption => ({ number, value: Uint8Array.from(value) });

/** The first digit is version and type, the second one the token length. RFC 7252 §3, §4.2, §4.3; RFC 8974 §2.1: who does not know extended tokens takes TKL 9 to 15 for a format error. */
describe('a message with a format error', () => {
  test.each<[string, string]>([
    ...[9, 10, 11, 12, 13, 14, 15].map((length): [string, string] => [
      `token length ${length}`,
      `${length.toString(16)}01abcd${'00'.repeat(16)}`,
    ]),
    ['an Empty message with a token', '100abcd00'],
    ['an Empty message with bytes behind it', '000abcd00'],
    ['an Empty message with a payload', '000abcdff00'],
    ['a token that is cut off', '401abcd0102'],
    ['reserved class 1', '020abcd'],
    ['reserved class 6', '0c0abcd'],
    ['reserved class 7', '0e1abcd'],
    ['option delta 15', '001abcdf0'],
    ['option length 15', '001abcd0f'],
    ['an option that is cut off', '001abcdb361'],
    ['an extended delta that is cut off', '001abcde000'],
    ['a marker without a payload', '001abcdff'],
    ['an option number beyond 65535', '001abcde0ffffe0ffff'],
  ])('%s: a Reset for a Confirmable one, silence for others', async (_name, rest) => {
    const { world, requests } = await serve();
    for (const [type, expected] of [
      ['4', ['7000abcd']],
      ['5', []],
      ['6', []],
      ['7', []],
    ] as const) {
      world.device.send(world.endpoint.localAddress, Buffer.from(`${type}${rest}`, 'hex'));
      await world.clock.settle();
      expect(world.device.takeAll().map((datagram) => Buffer.from(datagram).toString('hex'))).toEqual(expected);
    }
    expect([requests, world.endpoint.statistics.formatErrors]).toEqual([[], 4]);
    await world.end();
  });
});

/** RFC 7252 §5.4.1, §5.4.3, §5.4.5. */
describe('a critical option that is not understood', () => {
  test.each<[string, CoapOption[]]>([
    ['OSCORE', [option(OptionNumber.OSCORE)]],
    ['Q-Block1', [option(OptionNumber.Q_BLOCK1)]],
    ['Q-Block2', [option(OptionNumber.Q_BLOCK2)]],
    ['one that nobody knows', [option(65_001)]],
    ['Uri-Host twice', [opt.raw(OptionNumber.URI_HOST, 'a'), opt.raw(OptionNumber.URI_HOST, 'a')]],
    ['Uri-Port twice', [option(OptionNumber.URI_PORT, 1), option(OptionNumber.URI_PORT, 1)]],
    ['Accept twice', [option(OptionNumber.ACCEPT, 0), option(OptionNumber.ACCEPT, 0)]],
    ['Block1 twice', [option(OptionNumber.BLOCK1), option(OptionNumber.BLOCK1)]],
    ['an empty Uri-Host', [option(OptionNumber.URI_HOST)]],
    ['a Uri-Port of 3 bytes', [option(OptionNumber.URI_PORT, 0, 1, 2)]],
    ['an Accept of 3 bytes', [option(OptionNumber.ACCEPT, 0, 0, 0)]],
    ['a Block2 of 4 bytes', [option(OptionNumber.BLOCK2, 0, 0, 0, 0)]],
    ['a Uri-Path that is not UTF-8', [option(OptionNumber.URI_PATH, 0xff)]],
    ['a Uri-Path of 256 bytes', opt.path('a'.repeat(256))],
    ['an empty Proxy-Uri', [option(OptionNumber.PROXY_URI)]],
  ])('%s: 4.02 when Confirmable, ignored when Non-confirmable', async (_name, options) => {
    const { world, requests } = await serve();
    await world.say({ type: 'CON', code: '0.01', options });
    expect(await world.hearLine()).toBe(`ACK 4.02 "option ${options[0]!.number}"`);
    await world.say({ type: 'NON', code: '0.01', options });
    await world.hearNothing();
    expect([requests, world.endpoint.statistics.ignored]).toEqual([[], 1]);
    await world.end();
  });
});

describe('an elective option', () => {
  test.each<[string, CoapOption[]]>([
    ['Content-Format of 3 bytes', [option(OptionNumber.CONTENT_FORMAT, 0, 0, 40)]],
    ['Observe of 4 bytes', [option(OptionNumber.OBSERVE, 0, 0, 0, 0)]],
    ['Size1 of 5 bytes', [option(OptionNumber.SIZE1, 0, 0, 0, 0, 0)]],
    ['Hop-Limit of 2 bytes', [option(OptionNumber.HOP_LIMIT, 1, 1)]],
    ['ETag of 9 bytes', [option(OptionNumber.ETAG, 1, 2, 3, 4, 5, 6, 7, 8, 9)]],
  ])('that is malformed counts as not there: %s', async (_name, options) => {
    const { world, requests } = await serve();
    await world.say({ type: 'CON', code: '0.01', options });
    expect(await world.hearLine()).toBe('ACK 2.05');
    expect(requests.map((request) => request.options)).toEqual([[]]);
    await world.end();
  });

  test('that comes twice although it may not: the first counts', async () => {
    const { world, requests } = await serve();
    const options = [option(OptionNumber.CONTENT_FORMAT, 40), option(OptionNumber.CONTENT_FORMAT, 60)];
    await world.say({ type: 'CON', code: '0.02', options });
    expect(requests.map(({ contentFormat, options: { length } }) => [contentFormat, length])).toEqual([[40, 1]]);
    await world.end();
  });

  test('such as Hop-Limit is passed on and means nothing', async () => {
    const { world } = await serve();
    await world.say({ type: 'CON', code: '0.01', options: [option(OptionNumber.HOP_LIMIT, 0)] });
    expect(await world.hearLine()).toBe('ACK 2.05');
    await world.end();
  });
});

/** RFC 7252 §5.10.1, §5.10.3, §5.10.4: they are the handler's business. */
test('Uri-Host, Uri-Port, Content-Format and Accept are accepted, whatever they say', async () => {
  const { world, requests } = await serve();
  const options = [
    opt.raw(OptionNumber.URI_HOST, 'elsewhere.example'),
    option(OptionNumber.URI_PORT, 0xff, 0xff),
    option(OptionNumber.CONTENT_FORMAT, 0xff, 0xff),
    option(OptionNumber.ACCEPT, 0xff, 0xfe),
  ];
  await world.say({ type: 'CON', code: '0.03', options });
  expect(await world.hearLine()).toBe('ACK 2.05');
  expect(requests[0]).toMatchObject({
    uriHost: 'elsewhere.example',
    uriPort: 0xffff,
    contentFormat: 0xffff,
    accept: 0xfffe,
  });
  await world.end();
});

/** RFC 7252 §5.7.2, §5.10.2. */
describe('proxying', () => {
  test.each([
    ['Proxy-Uri', [opt.raw(OptionNumber.PROXY_URI, 'coap://elsewhere/')]],
    ['Proxy-Scheme', [opt.raw(OptionNumber.PROXY_SCHEME, 'http')]],
  ])('by %s is not supported: 5.05, in the type of the request', async (_name, options) => {
    const { world, requests } = await serve();
    await world.say({ type: 'CON', code: '0.01', token: 'p', options });
    const answer = await world.hear();
    expect([line(answer), text(answer.token)]).toEqual(['ACK 5.05', 'p']);
    await world.say({ type: 'NON', code: '0.01', options });
    expect(await world.hearLine()).toBe('NON 5.05');
    expect(requests).toEqual([]);
    await world.end();
  });
});
