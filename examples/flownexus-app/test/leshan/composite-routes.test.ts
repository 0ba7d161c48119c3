import { expect, test } from 'vitest';
import { LeshanHost } from './leshan-host.ts';

const FORMATS = 'pathformat=SENML_CBOR&nodeformat=SENML_JSON&timeout=10';

test('Read-Composite gives the nodes by their paths; what the device does not have is not there', async () => {
  const host = await LeshanHost.start();
  await host.device('dev');
  expect(await host.json('GET', `/clients/dev/composite?${FORMATS}&paths=/1/0/1,/3/0/7,/3303/9,/3303/0`)).toEqual({
    status: 'CONTENT(205)',
    valid: true,
    success: true,
    failure: false,
    content: {
      '/1/0/1': { kind: 'singleResource', id: 1, type: 'INTEGER', value: '300' },
      '/3/0/7': { kind: 'multiResource', id: 7, type: 'INTEGER', values: { 0: '3800', 1: '5000' } },
      '/3303/0': {
        kind: 'instance',
        id: 0,
        resources: [
          { kind: 'singleResource', id: 5700, type: 'FLOAT', value: 22.5 },
          { kind: 'singleResource', id: 5701, type: 'STRING', value: 'Cel' },
        ],
      },
    },
  });
  expect(await host.json('GET', '/clients/dev/composite?paths=3/0/9')).toMatchObject({
    content: { '/3/0/9': { value: '95' } },
  });
});

test('its formats are those of the query', async () => {
  const host = await LeshanHost.start();
  await host.device('dev');
  const log = await host.events('?ep=dev');
  await host.json('GET', `/clients/dev/composite?${FORMATS}&paths=/1/0/1`);
  expect(await log.next('COAPLOG')).toMatchObject({ code: 'FETCH', options: 'Content-Format: 112 - Accept: 110' });
});

test('Write-Composite writes Resources and Resource Instances', async () => {
  const host = await LeshanHost.start();
  const client = await host.device('dev', {}, (objects) => {
    objects.set('/16/0/0', new Map([[0, 'a']]));
  });
  const body = {
    '/1/0/2': { id: 2, kind: 'singleResource', value: '10', type: 'integer' },
    '/16/0/0': { id: 0, kind: 'multiResource', values: { 1: 'b', 2: 'c' }, type: 'string' },
  };
  expect(await host.json('PUT', `/clients/dev/composite?${FORMATS}`, body)).toMatchObject({ status: 'CHANGED(204)' });
  expect(client.objects.content('/1/0/2')).toBe(10);
  expect(client.objects.content('/16/0/0')).toEqual(new Map([[0, 'a'], [1, 'b'], [2, 'c']])); // prettier-ignore
});

test.each([
  ['GET', '', undefined, 'paths is a list of paths with commas between them'],
  ['GET', '?paths=', undefined, 'paths is a list of paths with commas between them'],
  ['GET', '?paths=/3/x', undefined, 'expected a digit, found another character'],
  ['GET', '?paths=/3&pathformat=MORSE', undefined, /^Invalid request: pathformat is one of /],
  ['GET', '?paths=/3&pathformat=TEXT', undefined, /./],
  ['PUT', '', [], 'expected an object of nodes by their paths at the top, found an array'],
  ['PUT', '', {}, 'a Write-Composite changes one path at least'],
  ['PUT', '', '{', 'the body is not JSON'],
  ['PUT', '', { '/1/0/2': { id: 2, value: 'x', type: 'integer' } }, /at \/~11~10~12\/value, found a string$/],
  ['PUT', '', { nothing: {} }, 'expected a digit, found another character'],
])('%s composite%s %j is refused', async (method, query, body, reason) => {
  const host = await LeshanHost.start();
  await host.device('dev');
  const { status, text } = await host.call(method, `/clients/dev/composite${query}`, body);
  expect(status).toBe(400);
  if (typeof reason === 'string') expect(text).toBe(`Invalid request: ${reason}`);
  else expect(text).toMatch(reason);
});
