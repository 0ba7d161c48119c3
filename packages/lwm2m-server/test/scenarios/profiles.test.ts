import { expect, test } from 'vitest';
import { Code } from '@flownexus/coap';
import { diagnostic, inWords, Stage } from '../scripted-device.ts';

const REGISTER = 'lwm2m=1.2&ep=dev&lt=60';
const profiles = { '6:27354b9a': '</1/0>,</3/0>' };

function pathsOf(stage: Stage): string | undefined {
  return stage.server
    .registration('dev')
    ?.links.map(({ path }) => path)
    .join(' ');
}

// ETS LightweightM2M-1.2-int-110
test('a Register with the Profile ID alone has the list of the profile', async () => {
  const stage = await Stage.start({ profiles });
  const device = stage.device();
  device.request(Code.POST, { path: ['rd'], query: [...REGISTER.split('&'), 'b=U', 'pid=6:27354b9a'] });
  expect(inWords(await device.one())).toBe('ACK 2.01');
  expect(pathsOf(stage)).toBe('/1/0 /3/0');
  expect(stage.server.registration('dev')?.profileIds).toEqual(['6:27354b9a']);
});

// ETS LightweightM2M-1.2-int-111
test('a Register with the Profile ID and a list has both', async () => {
  const stage = await Stage.start({ profiles });
  expect(await stage.device().register(`${REGISTER}&pid=6:27354b9a`, '</4/0>')).toBe('2.01');
  expect(pathsOf(stage)).toBe('/4/0 /1/0 /3/0');
});

test('what is not known is refused with 4.09, and known once the device has said it', async () => {
  const stage = await Stage.start();
  const device = stage.device();
  device.request(Code.POST, { path: ['rd'], query: [...REGISTER.split('&'), 'pid="6:aabbccdd oma:lwm2m"'] });
  const refusal = await device.one();
  expect(inWords(refusal)).toBe('ACK 4.09');
  expect(diagnostic(refusal)).toBe('the profile is not known: register with the object list');
  expect(await device.register(`${REGISTER}&pid="6:aabbccdd oma:lwm2m"`, '</3/0>,</5/0>')).toBe('2.01');
  expect(await device.deregister()).toBe('2.02');
  expect(await device.register(`${REGISTER}&pid="6:aabbccdd oma:lwm2m"`, '')).toBe('2.01');
  expect(pathsOf(stage)).toBe('/3/0 /5/0');
});

test('an Update with another Profile ID changes the list, one with the same does not', async () => {
  const stage = await Stage.start({ profiles: { ...profiles, 'v:big': '</3/0>,</9/0>' } });
  const device = stage.device();
  await device.register(`${REGISTER}&pid=6:27354b9a`, '</4/0>');
  const { instances } = stage.server.registration('dev') ?? {};
  expect(await device.update('pid=6:27354b9a')).toBe('2.04');
  expect(stage.server.registration('dev')?.instances).toBe(instances);
  expect(await device.update('pid=v:big')).toBe('2.04');
  expect(pathsOf(stage)).toBe('/3/0 /9/0');
  expect(await device.update('pid=v:big', '</5/0>')).toBe('2.04');
  expect(pathsOf(stage)).toBe('/5/0 /3/0 /9/0');
  expect(await device.update('pid=v:other')).toBe('4.09');
  expect(pathsOf(stage)).toBe('/5/0 /3/0 /9/0');
  expect(await device.update('', '</3/0>')).toBe('2.04');
  expect(stage.server.registration('dev')).toMatchObject({ profileIds: [], links: [{ path: '/3/0' }] });
});
