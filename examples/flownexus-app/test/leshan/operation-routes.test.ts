import { Code } from '@flownexus/coap';
import { ContentFormat } from '@flownexus/lwm2m-core';
import { Refusal } from '@flownexus/lwm2m-client';
import { describe, expect, test } from 'vitest';
import type { LeshanAuditEntry } from '../../src/leshan/options.ts';
import { LeshanHost } from './leshan-host.ts';

const SUCCESS = { valid: true, success: true, failure: false };
const FAILURE = { valid: true, success: false, failure: true };
const CHANGED = { status: 'CHANGED(204)', ...SUCCESS };

describe('Read', () => {
  test('nodes of each level have the types of the definitions', async () => {
    const host = await LeshanHost.start();
    await host.device('dev');
    expect(await host.json('GET', '/clients/dev/3/0/9?timeout=10&format=TLV')).toEqual({
      status: 'CONTENT(205)',
      ...SUCCESS,
      content: { kind: 'singleResource', id: 9, type: 'INTEGER', value: '95' },
    });
    expect(await host.json('GET', '/clients/dev/3303/0/5700')).toMatchObject({
      content: { type: 'FLOAT', value: 22.5 },
    });
    expect(await host.json('GET', '/clients/dev/3/0/6/1')).toMatchObject({
      content: { kind: 'resourceInstance', id: 1, type: 'INTEGER', value: '5' },
    });
    expect(await host.json('GET', '/clients/dev/3/0/7?format=SENML_CBOR')).toMatchObject({
      content: { kind: 'multiResource', id: 7, values: { 0: '3800', 1: '5000' } },
    });
    const { content } = (await host.json('GET', '/clients/dev/3303?format=senml_json')) as { content: object };
    expect(content).toMatchObject({ kind: 'obj', id: 3303, instances: [{ kind: 'instance', id: 0 }] });
  });

  test('without a format none is asked for', async () => {
    const host = await LeshanHost.start();
    await host.device('dev');
    const log = await host.events('?ep=dev');
    await host.json('GET', '/clients/dev/3/0/9');
    expect(await log.next('COAPLOG')).toMatchObject({ code: 'GET', options: 'Uri-Path: "3", "0", "9"' });
    await host.json('GET', '/clients/dev/3/0/9?format=TEXT');
    await log.next('COAPLOG');
    expect(await log.next('COAPLOG')).toMatchObject({ options: 'Uri-Path: "3", "0", "9" - Accept: 0' });
  });

  test('a refusal is an answer', async () => {
    const host = await LeshanHost.start();
    await host.device('dev');
    expect(await host.json('GET', '/clients/dev/3/0/99')).toMatchObject({ status: 'NOT_FOUND(404)', ...FAILURE });
  });
});

describe('Write', () => {
  test.each([
    ['boolean', '/1/0/6', true, true],
    ['integer', '/1/0/2', 10, 10],
    ['time', '/3/0/13', 1_367_491_215_000, 1_367_491_215],
    ['string', '/3/0/15', 'Europe/Berlin', 'Europe/Berlin'],
    ['string', '/3303/0/5700', '0.5', 0.5],
  ])('of the type %s to %s', async (type, path, value, expected) => {
    const host = await LeshanHost.start();
    const client = await host.device('dev');
    const body = { id: path.split('/').at(-1), kind: 'singleResource', value, type };
    // A sensor value is only read, which the device says.
    const answer = await host.json('PUT', `/clients/dev${path}?timeout=10&format=TLV`, body);
    if (path.startsWith('/3303')) expect(answer).toMatchObject({ status: 'METHOD_NOT_ALLOWED(405)', ...FAILURE });
    else {
      expect(answer).toEqual(CHANGED);
      expect(client.objects.content(path)).toBe(expected);
    }
  });

  test('times lose what is less than a second, in every way of writing', async () => {
    const host = await LeshanHost.start();
    const client = await host.device('dev', {}, (objects) => {
      objects.addObject(3336);
    });
    const time = { kind: 'singleResource', type: 'time' };
    const body = { id: 13, value: 1_700_000_001_234, ...time };
    expect(await host.json('PUT', '/clients/dev/3/0/13?format=TLV', body)).toEqual(CHANGED);
    expect(client.objects.content('/3/0/13')).toBe(1_700_000_001);
    const composite = { '/3/0/13': { ...body, value: 999 } };
    expect(await host.json('PUT', '/clients/dev/composite?nodeformat=SENML_CBOR', composite)).toEqual(CHANGED);
    expect(client.objects.content('/3/0/13')).toBe(0);
    const resources = [{ id: 5518, value: 2_500, ...time }];
    await host.json('POST', '/clients/dev/3336?format=TLV', { id: 7, kind: 'instance', resources });
    expect(client.objects.content('/3336/7/5518')).toBe(2);
    resources.splice(0, 1, { id: 5518, value: -2_500, ...time });
    await host.json('POST', '/clients/dev/3336?format=TLV', { id: 8, kind: 'instance', resources });
    expect(client.objects.content('/3336/8/5518')).toBe(-2);
  });

  test('of opaque bytes and of a Resource Instance', async () => {
    const host = await LeshanHost.start();
    const client = await host.device('dev', {}, (objects) => {
      objects.set('/19/0/0', new Map([[0, new Uint8Array()]]));
      objects.set('/16/0/0', new Map([[0, 'a']]));
    });
    const opaque = { id: '0', kind: 'resourceInstance', value: '00ff'.repeat(1_250), type: 'opaque' };
    expect(await host.json('PUT', '/clients/dev/19/0/0/0?format=OPAQUE', opaque)).toEqual(CHANGED);
    expect(client.objects.content('/19/0/0/0')).toHaveLength(2_500);
    const text = { id: '0', kind: 'resourceInstance', value: 'b', type: 'string' };
    expect(await host.json('PUT', '/clients/dev/16/0/0/0?format=TEXT', text)).toEqual(CHANGED);
    expect(client.objects.content('/16/0/0/0')).toBe('b');
  });

  test('text is the value of a Resource', async () => {
    const host = await LeshanHost.start();
    const client = await host.device('dev');
    const { text } = await host.call('PUT', '/clients/dev/1/0/2', '77', { 'content-type': 'text/plain' });
    expect(JSON.parse(text)).toEqual(CHANGED);
    expect(client.objects.content('/1/0/2')).toBe(77);
  });

  test('of an Object Instance replaces it, or updates what is mentioned', async () => {
    const host = await LeshanHost.start();
    const client = await host.device('dev', {}, (objects) => {
      objects.set('/16/0/0', new Map([[0, 'a'], [1, 'b']])); // prettier-ignore
    });
    const log = await host.events('?ep=dev');
    const body = (values: object): object => ({
      kind: 'instance',
      id: 0,
      resources: [{ id: 0, kind: 'multiResource', values, type: 'string' }],
    });
    expect(await host.json('PUT', '/clients/dev/16/0?format=TLV&replace=false', body({ 1: 'c', 2: 'd' }))).toEqual(CHANGED); // prettier-ignore
    expect((await log.next('COAPLOG'))['code']).toBe('POST');
    expect(client.objects.content('/16/0/0')).toEqual(new Map([[0, 'a'], [1, 'c'], [2, 'd']])); // prettier-ignore
    expect(await host.json('PUT', '/clients/dev/16/0?format=TLV&replace=true', body({ 3: 'e' }))).toEqual(CHANGED);
    expect(client.objects.content('/16/0/0')).toEqual(new Map([[3, 'e']]));
  });
});

test('Create, Delete and Execute', async () => {
  const executed: unknown[] = [];
  const host = await LeshanHost.start();
  const client = await host.device('dev', {}, (objects) => {
    objects.addObject(3308);
    objects.onExecute('/3/0/12', ({ arguments: args }) => void executed.push(args));
  });
  const resources = [{ id: 5900, kind: 'singleResource', value: 21.5, type: 'float' }];
  const created = await host.json('POST', '/clients/dev/3308?format=SENML_JSON', {
    kind: 'instance',
    id: 4,
    resources,
  });
  expect(created).toEqual({ status: 'CREATED(201)', ...SUCCESS, location: '/3308/4' });
  expect(await host.json('POST', '/clients/dev/3308', { resources })).toMatchObject({ location: '/3308/0' });
  expect(await host.json('DELETE', '/clients/dev/3308/4')).toEqual({ status: 'DELETED(202)', ...SUCCESS });
  expect(client.objects.instanceIds(3308)).toEqual([0]);
  expect(await host.json('POST', '/clients/dev/3/0/12')).toEqual(CHANGED);
  const text = { 'content-type': 'text/plain' };
  expect((await host.call('POST', '/clients/dev/3/0/12', `1='a'`, text)).status).toBe(200);
  expect(executed).toEqual([[], [{ digit: 1, value: 'a' }]]);
  expect(await host.json('POST', '/clients/dev/3/0/0')).toMatchObject({ status: 'METHOD_NOT_ALLOWED(405)' });
});

test('Discover, Write-Attributes and their removal', async () => {
  const host = await LeshanHost.start();
  await host.device('dev', { rootPath: '/lwm2m' });
  const links = async (): Promise<unknown> => await host.json('GET', '/clients/dev/3/0/7/discover');
  expect(await links()).toMatchObject({
    status: 'CONTENT(205)',
    objectLinks: [{ url: '/3/0/7', attributes: { dim: '2' } }, { url: '/3/0/7/0' }, { url: '/3/0/7/1' }],
  });
  expect(await host.json('PUT', '/clients/dev/3/0/7/attributes?pmin=10&pmax=200&gt=-0.5')).toEqual(CHANGED);
  expect(await links()).toMatchObject({ objectLinks: [{ attributes: { dim: '2', pmin: '10', pmax: '200', gt: '-0.5' } }, {}, {}] }); // prettier-ignore
  expect(await host.json('PUT', '/clients/dev/3/0/7/attributes?pmin&gt&timeout=9')).toEqual(CHANGED);
  const after = (await links()) as { objectLinks: readonly { attributes: object }[] };
  expect(after.objectLinks[0]?.attributes).toEqual({ dim: '2', pmax: '200' });
  expect(await host.json('PUT', '/clients/dev/1/attributes?pmax=60')).toEqual(CHANGED);
});

test('attributes that contradict each other are for the device to refuse', async () => {
  const host = await LeshanHost.start();
  await host.device('dev');
  const log = await host.events('?ep=dev');
  await host.call('PUT', '/clients/dev/3/0/9/attributes?pmin=200&pmax=10&vendor=x');
  expect(await log.next('COAPLOG')).toMatchObject({
    code: 'PUT',
    options: 'Uri-Path: "3", "0", "9" - Uri-Query: "pmin=200", "pmax=10", "vendor=x"',
  });
});

describe('a device that does not answer in time', () => {
  test('is 504, and what was asked is given up', async () => {
    const host = await LeshanHost.start({}, { awakeTimeMs: 100 });
    const client = await host.device('dev', { queueMode: { awakeTimeMs: 1_000 } });
    await expect.poll(() => [host.server.presence('dev')?.state, client.asleep]).toEqual(['asleep', true]);
    const answer = await host.call('GET', '/clients/dev/3/0/9?timeout=0.05');
    expect([answer.status, answer.text]).toEqual([504, 'Request timeout']);
    // While it sleeps the next call waits until it wakes: nothing is in its way.
    const read = host.json('GET', '/clients/dev/3/0/9?timeout=20');
    await client.wake();
    expect(await read).toMatchObject({ status: 'CONTENT(205)' });
  });
});

test('what devices refuse with a reason has it', async () => {
  const host = await LeshanHost.start();
  await host.device('dev', {}, (objects) => {
    objects.onExecute('/3/0/12', () => {
      throw new Refusal(Code.TOO_MANY_REQUESTS, 'slow <b>down</b>');
    });
  });
  expect(await host.json('POST', '/clients/dev/3/0/12')).toEqual({
    status: 'UNKNOWN(429)',
    valid: false,
    success: false,
    failure: true,
    errormessage: 'slow <b>down</b>',
  });
});

test('calls that change something are audited with what the device said', async () => {
  const entries: Omit<LeshanAuditEntry, 'request'>[] = [];
  const host = await LeshanHost.start({
    audit: ({ action, endpointName, path = '', outcome }) => void entries.push({ action, endpointName, path, outcome }),
  });
  await host.device('a/b');
  const body = { id: 2, kind: 'singleResource', value: 5, type: 'integer' };
  await host.call('PUT', '/clients/a%2Fb/1/0/2', body);
  await host.call('PUT', '/clients/a%2Fb/1/0/2', { ...body, value: 'x' });
  await host.call('GET', '/clients/a%2Fb/1/0/2');
  await host.call('POST', '/clients/a%2Fb/9', { resources: [] });
  await host.call('POST', '/clients/a%2Fb/3/0/0');
  await host.call('PUT', '/clients/nobody/composite?paths=/3', {});
  expect(entries).toEqual([
    { action: 'write', endpointName: 'a/b', path: '/1/0/2', outcome: 'CHANGED(204)' },
    {
      action: 'write',
      endpointName: 'a/b',
      path: '/1/0/2',
      outcome: expect.stringMatching(/^Invalid request/) as string,
    },
    { action: 'create', endpointName: 'a/b', path: '/9', outcome: 'NOT_FOUND(404)' },
    { action: 'execute', endpointName: 'a/b', path: '/3/0/0', outcome: 'METHOD_NOT_ALLOWED(405)' },
    { action: 'writeComposite', endpointName: 'nobody', path: '/3', outcome: `No registered client with id 'nobody'` },
  ]);
});

describe('what is wrong is refused with a reason', () => {
  const JSON_BODY = { id: 2, kind: 'singleResource', value: 5, type: 'integer' };
  test.each([
    ['GET', '/clients/dev/3/0/x', undefined, 'expected a digit, found another character'],
    ['GET', '/clients/dev/3/0/1/2/3', undefined, 'expected at most 4 levels, found another'],
    ['GET', '/clients/dev//3', undefined, 'expected an id, found an empty segment'],
    ['GET', '/clients/dev/65536', undefined, 'expected an id up to 65535, found a greater one'],
    ['GET', '/clients/dev/3/0/9?timeout=soon', undefined, 'timeout is a number of seconds up to 86400'],
    ['GET', '/clients/dev/3/0/9?timeout=-1', undefined, 'timeout is a number of seconds up to 86400'],
    ['GET', '/clients/dev/3/0/9?timeout=86401', undefined, 'timeout is a number of seconds up to 86400'],
    ['GET', '/clients/dev/3/0/9?format=XML', undefined, /^Invalid request: format is one of TEXT, /],
    ['PUT', '/clients/dev/3', JSON_BODY, 'Invalid path: a Write names an Object Instance at least'],
    ['PUT', '/clients/dev/1/0/2', '{"id":', 'the body is not JSON'],
    ['PUT', '/clients/dev/1/0/2', '', 'the body is not JSON'],
    ['PUT', '/clients/dev/1/0/2', '[]', 'expected a node at the top, found an array'],
    ['PUT', '/clients/dev/1/0/2', { ...JSON_BODY, id: 3 }, 'expected the id of the path at /id, found another'],
    ['PUT', '/clients/dev/1/0/2', { ...JSON_BODY, type: 'x' }, 'expected the name of a type at /type, found a string'],
    ['PUT', '/clients/dev/1/0/2?replace=no', JSON_BODY, 'replace is true or false'],
    ['PUT', '/clients/dev/1/0?format=TEXT', { kind: 'instance', resources: [] }, /./],
    ['PUT', '/clients/dev/3/0/attributes?pmin=x', undefined, /^Invalid attributes: expected /],
    ['PUT', '/clients/dev/3/0/attributes?pmin=1&pmin=2', undefined, /^Invalid attributes: expected each /],
    ['PUT', '/clients/dev/3/0/attributes?pmin=%ff', undefined, /^Invalid attributes: /],
    ['POST', '/clients/dev/3/0', JSON_BODY, /a Create names an Object, an Execute a Resource/],
    ['POST', '/clients/dev/3308', { kind: 'obj', id: 3308, instances: [] }, 'a Create has one Object Instance'],
    ['POST', '/clients/dev/3/0/12', `'no arguments'`, /^Invalid request: expected a digit/],
    ['GET', '/clients/dev/%ff', undefined, 'the address is malformed'],
    ['GET', '/clients/nobody/3/0', undefined, `No registered client with id 'nobody'`],
    ['GET', '/clients/nobody', undefined, `No registered client with id 'nobody'`],
    ['GET', '/objectspecs/nobody', undefined, `No registered client with id 'nobody'`],
  ])('%s %s %j', async (method, path, body, reason) => {
    const host = await LeshanHost.start();
    await host.device('dev');
    const { status, text, headers } = await host.call(method, path, body);
    expect(status).toBe(400);
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(headers['x-content-type-options']).toBe('nosniff');
    if (typeof reason === 'string') expect(text.replace('Invalid request: ', '')).toBe(reason);
    else expect(text).toMatch(reason);
  });

  test('a body that is too large is 413, one in an unknown charset 415', async () => {
    const host = await LeshanHost.start();
    await host.device('dev');
    expect((await host.call('PUT', '/clients/dev/1/0/2', 'x'.repeat(300_000))).status).toBe(413);
    const charset = { 'content-type': 'application/json; charset=of-nobody' };
    expect((await host.call('PUT', '/clients/dev/1/0/2', '{}', charset)).status).toBe(415);
  });

  test.each([
    ['PATCH', '/clients', 'GET, HEAD'],
    ['DELETE', '/clients/dev', 'GET, HEAD'],
    ['PATCH', '/clients/dev/3/0', 'GET, HEAD, PUT, POST, DELETE'],
    ['DELETE', '/clients/dev/composite', 'GET, HEAD, PUT'],
    ['GET', '/clients/dev/3/observe', 'POST, DELETE'],
    ['POST', '/clients/dev/3/discover', 'GET, HEAD'],
    ['GET', '/clients/dev/3/attributes', 'PUT'],
    ['PUT', '/event', 'GET, HEAD'],
    ['POST', '/security/clients', 'GET, HEAD, PUT'],
    ['PUT', '/server/endpoint', 'GET, HEAD'],
  ])('%s %s is 405', async (method, path, allow) => {
    const host = await LeshanHost.start();
    const { status, headers } = await host.call(method, path);
    expect([status, headers['allow']]).toEqual([405, allow]);
  });
});

test('a device that answers nonsense is 502, not our fault', async () => {
  const host = await LeshanHost.start();
  // It says that text is TLV.
  await host.device('dev', { contentFormats: [ContentFormat.TEXT] });
  const answer = await host.call('GET', '/clients/dev/3/0/9?format=LINK');
  expect([answer.status, answer.text.slice(0, 17)]).toEqual([502, 'Invalid Response:']);
});
