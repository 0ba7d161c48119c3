import { describe, expect, test } from 'vitest';
import { Code, type CoapReply, encodeUint, type IncomingRequest, OptionNumber } from '../../src/index.ts';
import { bytes, line, opt, optionValue, text, World } from './world.ts';

const { IF_MATCH, IF_NONE_MATCH, LOCATION_QUERY, MAX_AGE, URI_HOST, URI_PORT } = OptionNumber;

describe('a request', () => {
  async function received(options: Parameters<World['say']>[0]['options']): Promise<IncomingRequest> {
    const requests: IncomingRequest[] = [];
    const world = await World.open({
      onRequest: {
        understands: [IF_MATCH, IF_NONE_MATCH],
        handle: (request) => {
          requests.push(request);
          return { code: Code.CONTENT };
        },
      },
    });
    await world.say({ type: 'CON', code: '0.01', ...(options === undefined ? {} : { options }) });
    expect(await world.hearLine()).toBe('ACK 2.05');
    await world.end();
    return requests[0]!;
  }

  test('shows its options', async () => {
    const request = await received([
      opt.raw(IF_MATCH, 'a'),
      opt.raw(IF_MATCH, ''),
      opt.raw(URI_HOST, 'example.com'),
      opt.etag('t1'),
      opt.etag('t2'),
      opt.raw(IF_NONE_MATCH),
      { number: URI_PORT, value: encodeUint(5683) },
    ]);
    expect(request).toMatchObject({ uriHost: 'example.com', uriPort: 5683, ifNoneMatch: true, multicast: false });
    expect(request.ifMatch.map(text)).toEqual(['a', '']);
    expect(request.etags.map(text)).toEqual(['t1', 't2']);
  });

  test('without them says so', async () => {
    const { uriHost, uriPort, etags, ifMatch, ifNoneMatch } = await received([]);
    expect({ uriHost, uriPort, etags, ifMatch, ifNoneMatch }).toEqual({
      uriHost: undefined,
      uriPort: undefined,
      etags: [],
      ifMatch: [],
      ifNoneMatch: false,
    });
  });
});

/** RFC 7252 §5.4.1, §5.10.8. */
describe('a critical option that a service understands', () => {
  const service = {
    understands: [IF_MATCH, 65_001],
    handle: ({ ifMatch }: IncomingRequest): CoapReply => ({
      code: ifMatch.length > 0 ? Code.PRECONDITION_FAILED : Code.CHANGED,
    }),
  };

  test.each([
    [IF_MATCH, 'ACK 4.12'],
    [65_001, 'ACK 2.04'],
    [IF_NONE_MATCH, 'ACK 4.02 "option 5"'],
    [65_003, 'ACK 4.02 "option 65003"'],
  ])('%d: %s', async (number, answer) => {
    const world = await World.open({ onRequest: service });
    await world.say({ type: 'CON', code: '0.03', options: [opt.raw(number)] });
    expect(await world.hearLine()).toBe(answer);
    await world.end();
  });
});

describe('a reply', () => {
  async function answered(reply: CoapReply): Promise<Awaited<ReturnType<World['hear']>>> {
    const world = await World.open({ onRequest: () => reply });
    await world.say({ type: 'CON', code: '0.02' });
    const answer = await world.hear();
    await world.end();
    return answer;
  }

  test('has ETag, Max-Age and Location-Query', async () => {
    const answer = await answered({
      code: Code.CREATED,
      etag: bytes('v1'),
      maxAge: 2 ** 32 - 1,
      locationPath: ['a'],
      locationQuery: ['b=1', 'c'],
    });
    expect(optionValue(answer, OptionNumber.ETAG)).toEqual(bytes('v1'));
    expect(optionValue(answer, MAX_AGE)).toEqual(Uint8Array.of(255, 255, 255, 255));
    expect(answer.options.filter(({ number }) => number === LOCATION_QUERY).map(({ value }) => text(value))).toEqual([
      'b=1',
      'c',
    ]);
  });

  test.each<[string, Partial<CoapReply>]>([
    ['an ETag of no bytes', { etag: new Uint8Array(0) }],
    ['an ETag of 9 bytes', { etag: new Uint8Array(9) }],
    ['a Max-Age of 2^32', { maxAge: 2 ** 32 }],
    ['a Max-Age below 0', { maxAge: -1 }],
  ])('with %s is 5.00', async (_name, fields) => {
    expect(line(await answered({ code: Code.CONTENT, ...fields }))).toBe('ACK 5.00');
  });
});
