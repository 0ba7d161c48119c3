import { Code, type CoapNotification, type CoapResponse } from '@flownexus/coap';
import { ContentFormat, decodePayload, type ResourceValue } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import { limits } from '../../src/limits.ts';
import { registry, world } from './world.ts';

function values(response: CoapResponse, path: string): ResourceValue[] {
  return decodePayload(response.payload, response.contentFormat ?? -1, path, registry).records.map(
    (record) => record.value,
  );
}

test.each([
  ['TLV', ContentFormat.TLV],
  ['SenML CBOR', ContentFormat.SENML_CBOR],
  ['SenML JSON', ContentFormat.SENML_JSON],
])('a Device object reads in %s', async (_name, accept) => {
  const { get } = await world();
  const { response } = await get('/3/0', accept);
  expect(response).toMatchObject({ code: Code.CONTENT, contentFormat: accept });
  const device = decodePayload(response.payload, accept, '/3/0', registry);
  expect(device.records.slice(0, 4).map((record) => record.value)).toEqual([
    'Zephyr',
    'OMA-LWM2M Sample Client',
    '345000123',
    '1.0',
  ]);
  expect(device.node).toMatchObject({
    resources: expect.arrayContaining([
      expect.objectContaining({
        id: 7,
        instances: [expect.objectContaining({ value: 3800 }), expect.objectContaining({ value: 5000 })],
      }),
    ]) as unknown,
  });
});

test.each([
  ['text', ContentFormat.TEXT],
  ['CBOR', ContentFormat.CBOR],
])('a single value reads in %s', async (_name, accept) => {
  const { get } = await world();
  expect(values((await get('/3/0/9', accept)).response, '/3/0/9')).toEqual([95]);
});

test('without Accept the device chooses SenML CBOR, as Zephyr does', async () => {
  const { get } = await world();
  expect((await get('/3/0/9')).response).toMatchObject({ contentFormat: ContentFormat.SENML_CBOR });
});

test.each([
  ['an unknown Object', '/4711', undefined, Code.NOT_FOUND],
  ['an unknown Resource', '/3/0/4711', undefined, Code.NOT_FOUND],
  ['no path of the data model', '/rd/x', undefined, Code.NOT_FOUND],
  ['the root', '/', undefined, Code.METHOD_NOT_ALLOWED],
  ['the Security Object', '/0/0', undefined, Code.UNAUTHORIZED],
  ['an unknown format', '/3/0/9', 4711, Code.NOT_ACCEPTABLE],
  ['a format that can not hold an instance', '/3/0', ContentFormat.TEXT, Code.NOT_ACCEPTABLE],
])('%s is refused', async (_name, path, accept, code) => {
  const { get } = await world();
  expect((await get(path, accept)).response.code).toBe(code);
});

test('each change of an observed Resource is notified and its acknowledgement reported', async () => {
  const { server, client, outcomes, observe } = await world();
  const seen: CoapNotification[] = [];
  const observation = await observe('/3303/0/5700', { onNotification: (notification) => void seen.push(notification) });
  expect(observation.active).toBe(true);
  for (const value of [21, 22, 23]) {
    client.objects.set('/3303/0/5700', value);
    await server.clock.settle();
    await server.clock.advanceAsync(100);
  }
  expect(seen.flatMap((notification) => values(notification, '/3303/0/5700'))).toEqual([21, 22, 23]);
  expect(outcomes.map(({ path, error }) => [path, error])).toEqual(Array(3).fill(['/3303/0/5700', undefined]));
});

test('changes during a notification go out together with the next', async () => {
  const { server, client, observe } = await world();
  const seen: ResourceValue[] = [];
  await observe('/3303/0', {
    onNotification: (notification) => {
      const { node } = decodePayload(notification.payload, notification.contentFormat ?? -1, '/3303/0', registry);
      if (node.kind === 'objectInstance' && node.resources[0]?.kind === 'singleResource')
        seen.push(node.resources[0].value);
    },
  });
  client.objects.set('/3303/0/5700', 21);
  await Promise.resolve(); // it is under way
  for (const value of [22, 23, 24]) client.objects.set('/3303/0/5700', value);
  await server.clock.advanceAsync(1_000);
  expect(seen).toEqual([21, 24]);
});

test('what changes in one turn goes out in one notification', async () => {
  const { server, client, observe } = await world();
  const seen: ResourceValue[] = [];
  await observe('/3303/0', {
    onNotification: (notification) => {
      const { node } = decodePayload(notification.payload, notification.contentFormat ?? -1, '/3303/0', registry);
      if (node.kind === 'objectInstance' && node.resources[0]?.kind === 'singleResource')
        seen.push(node.resources[0].value);
    },
  });
  for (const value of [21, 22, 23, 24]) client.objects.set('/3303/0/5700', value);
  await server.clock.advanceAsync(1_000);
  expect(seen).toEqual([24]);
});

test('a change elsewhere is not notified', async () => {
  const { server, client, outcomes, observe } = await world();
  await observe('/3303/0/5700', { onNotification: () => undefined });
  client.objects.set('/3304/0/5700', 51);
  client.objects.set('/3303/0/5701', 'K');
  await server.clock.advanceAsync(1_000);
  expect(outcomes).toEqual([]);
});

test('a cancelled observation is not notified, one that was forgotten ends with the Reset', async () => {
  const { server, client, outcomes, observe } = await world();
  const cancelled = await observe('/3303/0/5700', { onNotification: () => undefined });
  const forgotten = await observe('/3304/0/5700', { onNotification: () => undefined });
  expect(client.observations).toBe(2);
  await server.clock.runUntil(cancelled.cancel());
  expect(client.observations).toBe(1);
  forgotten.forget();
  client.objects.set('/3304/0/5700', 51);
  await server.clock.advanceAsync(1_000);
  expect(client.observations).toBe(0);
  expect(outcomes).toEqual([
    expect.objectContaining({ error: expect.objectContaining({ code: 'ERR_COAP_RESET' }) as Error }),
  ]);
});

test('one path has one observation: a second takes the place of the first', async () => {
  const { server, client, observe } = await world();
  const seen: string[] = [];
  await observe('/3303/0/5700', { onNotification: () => void seen.push('first') });
  await observe('/3303/0/5700', { onNotification: () => void seen.push('second') });
  client.objects.set('/3303/0/5700', 21);
  await server.clock.advanceAsync(1_000);
  expect(seen).toEqual(['second']);
});

test('a new Register drops all observations', async () => {
  const { server, client, outcomes, observe } = await world();
  await observe('/3303/0/5700', { onNotification: () => undefined });
  server.answers.push({ code: Code.NOT_FOUND });
  await server.clock.runUntil(client.update());
  expect(client.observations).toBe(0);
  client.objects.set('/3303/0/5700', 21);
  await server.clock.advanceAsync(1_000);
  expect(outcomes).toEqual([]);
});

test('observations have a bound', async () => {
  const { client, observe } = await world();
  const answers: number[] = [];
  for (let id = 0; id <= limits.observations; id += 1) {
    client.objects.set(`/3303/${id}/5700`, 1);
    answers.push((await observe(`/3303/${id}/5700`, { onNotification: () => undefined })).response.code);
  }
  expect(answers.filter((code) => code === Code.CONTENT)).toHaveLength(limits.observations);
  expect(answers.at(-1)).toBe(Code.SERVICE_UNAVAILABLE);
});
