import { Code } from '@flownexus/coap';
import { ContentFormat, decodePayload } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import { registry, treeOf, world, type World } from './world.ts';

const { SENML_CBOR, SENML_JSON, LWM2M_CBOR, TLV } = ContentFormat;

function device(options: Parameters<typeof world>[0] = {}): Promise<World> {
  const objects = treeOf({ '/0/0/0': 'x', '/1/0/1': 60, '/3/0/11': new Map([[0, 0]]), '/3303/0/5700': 21.5 });
  return world({ objects, ...options });
}

/** What the server got last. */
function sent({ server }: World): unknown {
  const { path, contentFormat, payload, confirmable } = server.received.at(-1) ?? {};
  if (payload === undefined || contentFormat === undefined) return undefined;
  const { records } = decodePayload(payload, contentFormat, '/', registry);
  return { path, contentFormat, confirmable, values: records.map(({ value, time }) => [value, time]) };
}

test('what is at paths is sent, in SenML CBOR unless told otherwise', async () => {
  const one = await device({ lwm2mVersion: '1.2' });
  for (const contentFormat of [undefined, SENML_JSON, LWM2M_CBOR]) {
    const options = contentFormat === undefined ? {} : { contentFormat };
    await one.server.clock.runUntil(one.client.send(['/1/0/1', '/3/0/11/0'], options));
    expect(sent(one)).toEqual({
      path: ['dp'],
      contentFormat: contentFormat ?? SENML_CBOR,
      confirmable: true,
      values: [[60, undefined], [0, undefined]], // prettier-ignore
    });
  }
  await one.server.clock.runUntil(one.client.send(['/3303'], { confirmable: false }));
  expect(sent(one)).toMatchObject({ confirmable: false, values: [[21.5, undefined]] });
});

test('values have times of their own', async () => {
  const one = await device();
  const times = [1_767_225_600, 1_767_225_660];
  const values = times.map((time, index) => ({ path: '/3303/0/5700', value: index + 0.5, time }));
  await one.server.clock.runUntil(one.client.send(values));
  expect(sent(one)).toMatchObject({ values: [[0.5, times[0]], [1.5, times[1]]] }); // prettier-ignore
  await expect(one.client.send(values, { contentFormat: LWM2M_CBOR })).rejects.toThrow(RangeError);
});

test('Mute Send ends it, and lets it go on', async () => {
  const one = await device();
  expect((await one.put('/1/0/23', '1', ContentFormat.TEXT)).code).toBe('2.04');
  const before = one.server.requests.length;
  await expect(one.client.send(['/1/0/1'])).rejects.toMatchObject({ code: 'ERR_LWM2M_CLIENT_MUTED' });
  expect(one.server.requests).toHaveLength(before);
  expect((await one.put('/1/0/23', '0', ContentFormat.TEXT)).code).toBe('2.04');
  await one.server.clock.runUntil(one.client.send(['/1/0/1']));
  expect(one.server.requests.at(-1)).toBe('POST /dp');
});

test('any answer but 2.04 is a refusal', async () => {
  const one = await device();
  one.server.answers.push({ code: Code.NOT_FOUND });
  await expect(one.server.clock.runUntil(one.client.send(['/1/0/1']))).rejects.toMatchObject({
    code: 'ERR_LWM2M_CLIENT_REFUSED',
    responseCode: Code.NOT_FOUND,
    message: 'the Send was answered 4.04',
  });
});

test('what can not be sent is refused at once', async () => {
  const one = await device();
  await expect(one.client.send(['/4711'])).rejects.toThrow('nothing to send at /4711');
  await expect(one.client.send(['/0/0'])).rejects.toThrow('nothing to send at /0/0');
  await expect(one.client.send([{ path: '/4711/0/0', value: 1 }])).rejects.toThrow(TypeError);
  await expect(one.client.send([{ path: '/1', value: 1 }])).rejects.toThrow(TypeError);
  await expect(one.client.send(['/1/0/1'], { contentFormat: TLV })).rejects.toThrow(RangeError);
  await one.server.clock.runUntil(one.client.stop());
  await expect(one.client.send(['/1/0/1'])).rejects.toMatchObject({ code: 'ERR_LWM2M_CLIENT_STATE' });
  const old = await device({ lwm2mVersion: '1.0' });
  await expect(old.client.send(['/1/0/1'])).rejects.toMatchObject({ code: 'ERR_LWM2M_CLIENT_STATE' });
});
