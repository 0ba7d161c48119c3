import { expect, test } from 'vitest';
import { Code, type CoapRequest, encodeUint, OptionNumber } from '../../src/index.ts';
import { bytes, opt, World } from './world.ts';

test('a request has the options of its fields', async () => {
  const world = await World.open();
  const pending = world.endpoint.request(world.peer, {
    method: Code.PUT,
    path: ['a'],
    uriHost: 'device.example',
    uriPort: 61_616,
    etags: [bytes('e1'), bytes('e2')],
    ifMatch: [bytes('m'), bytes('')],
    ifNoneMatch: true,
    noResponse: 2,
  });
  const request = await world.hear();
  expect(request.options).toEqual([
    { number: OptionNumber.IF_MATCH, value: bytes('m') },
    { number: OptionNumber.IF_MATCH, value: bytes('') },
    { number: OptionNumber.URI_HOST, value: bytes('device.example') },
    { number: OptionNumber.ETAG, value: bytes('e1') },
    { number: OptionNumber.ETAG, value: bytes('e2') },
    { number: OptionNumber.IF_NONE_MATCH, value: bytes('') },
    { number: OptionNumber.URI_PORT, value: encodeUint(61_616) },
    { number: OptionNumber.URI_PATH, value: bytes('a') },
    { number: OptionNumber.NO_RESPONSE, value: encodeUint(2) },
  ]);
  await world.piggyback(request, { code: '4.12' });
  // Suppressed or not: what comes is delivered (RFC 7967 §2.1).
  expect((await pending).code).toBe(Code.PRECONDITION_FAILED);
  await world.end();
});

test('a response has the fields of its options', async () => {
  const world = await World.open();
  const pending = world.endpoint.request(world.peer, { method: Code.POST });
  const options = [
    opt.etag('tag'),
    opt.raw(OptionNumber.LOCATION_PATH, 'rd'),
    opt.raw(OptionNumber.LOCATION_PATH, 'é'),
    opt.raw(OptionNumber.LOCATION_QUERY, 'q=1'),
    { number: OptionNumber.MAX_AGE, value: encodeUint(86_400) },
    opt.raw(OptionNumber.CONTENT_FORMAT, ''),
  ];
  await world.piggyback(await world.hear(), { code: '2.01', options });
  expect(await pending).toMatchObject({
    contentFormat: 0,
    etag: bytes('tag'),
    maxAge: 86_400,
    locationPath: ['rd', 'é'],
    locationQuery: ['q=1'],
  });
  await world.end();
});

test('a response without them says so', async () => {
  const world = await World.open();
  const pending = world.endpoint.request(world.peer, { method: Code.GET });
  await world.piggyback(await world.hear(), { code: '2.05' });
  expect(await pending).toMatchObject({
    contentFormat: undefined,
    etag: undefined,
    maxAge: undefined,
    locationPath: [],
    locationQuery: [],
  });
  await world.end();
});

test('a value that does not fit its option rejects the request', async () => {
  const world = await World.open();
  const refused = world.endpoint.request(world.peer, { method: Code.GET, etags: [bytes('much too long')] });
  await expect(refused).rejects.toBeInstanceOf(RangeError);
  await world.hearNothing();
  await world.end();
});

test('a payload that is text rejects the request, and is 5.00 as a reply', async () => {
  const payload = 'text' as unknown as Uint8Array;
  const world = await World.open({ onRequest: () => ({ code: Code.CONTENT, payload }) });
  const refused = world.endpoint.request(world.peer, { method: Code.PUT, payload });
  await expect(refused).rejects.toThrow('a payload is a Uint8Array, not String');
  await world.hearNothing();
  await world.say({ type: 'CON', code: '0.01' });
  expect(await world.hearLine()).toBe('ACK 5.00');
  await world.end();
});

test.each([
  ['etags', 'ETag', Uint8Array.of(1, 2), 'Number'],
  ['ifMatch', 'If-Match', ['tag'], 'String'],
  ['options', 'option 2048', [{ number: 2048, value: 5 }], 'Number'],
])(
  '%s that hold no bytes are refused: in plain JavaScript they would be sent as an empty datagram',
  async (name, what, value, kind) => {
    const world = await World.open();
    const request = { method: Code.GET, path: ['a'], [name]: value } as unknown as CoapRequest;
    await expect(world.endpoint.request(world.peer, request)).rejects.toThrow(`${what} is a Uint8Array, not ${kind}`);
    await world.hearNothing();
    await world.end();
  },
);

test('a reply with an option that holds no bytes is 5.00, and reported', async () => {
  const errors: string[] = [];
  const world = await World.open({
    onRequest: () => ({ code: Code.CONTENT, etag: 7 as unknown as Uint8Array }),
    onError: (error, context) => errors.push(`${context}: ${String(error)}`),
  });
  await world.say({ type: 'CON', code: '0.01' });
  expect(await world.hearLine()).toBe('ACK 5.00');
  expect(errors).toEqual(['reply: TypeError: ETag is a Uint8Array, not Number']);
  await world.end();
});
