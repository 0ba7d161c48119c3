import { Code } from '@flownexus/coap';
import { ContentFormat } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import { BOOTSTRAP_ACCOUNT, BootstrapStage } from './bootstrap-stage.ts';

test('the Server and the Access Control Object are read, as a whole or an instance (ETS 8)', async () => {
  const stage = await BootstrapStage.bootstrapping();
  await stage.write('/1/1', { '/1/1/0': 1, '/1/1/1': 60 });
  await stage.write('/2/0', { '/2/0/0': 3, '/2/0/1': 0, '/2/0/2/0': 31, '/2/0/3': 65_535 });
  const accept = ContentFormat.SENML_JSON;
  expect(await stage.ask(Code.GET, '/1', { accept })).toBe('2.05 [{"bn":"/1/","n":"1/0","v":1},{"n":"1/1","v":60}]');
  expect(await stage.ask(Code.GET, '/1/1', { accept })).toBe('2.05 [{"bn":"/1/1/","n":"0","v":1},{"n":"1","v":60}]');
  expect(await stage.ask(Code.GET, '/2/0', { accept })).toContain('"n":"2/0","v":31');
  await stage.close();
});

test.each([
  ['/0', '4.01'],
  ['/0/0', '4.01'],
  ['/21/0', '4.01'],
  ['/3/0', '4.05'],
  ['/', '4.05'],
  ['/1/1/1', '4.05'],
  ['/1/9', '4.04'],
  ['/2', '4.04'],
])('a Read of %s is answered %s', async (path, code) => {
  const stage = await BootstrapStage.bootstrapping();
  await stage.write('/1/1', { '/1/1/0': 1, '/1/1/1': 60 });
  expect((await stage.ask(Code.GET, path)).slice(0, 4)).toBe(code);
  await stage.close();
});

test('a format that the device does not have is answered 4.06', async () => {
  const stage = await BootstrapStage.bootstrapping();
  await stage.write('/1/1', { '/1/1/0': 1 });
  expect(await stage.ask(Code.GET, '/1', { accept: 9_999 })).toMatch(/^4\.06 /);
  await stage.close();
});

test('LwM2M 1.0 has no Bootstrap-Read', async () => {
  const stage = await BootstrapStage.bootstrapping(BOOTSTRAP_ACCOUNT, { lwm2mVersion: '1.0' });
  await stage.write('/1/1', { '/1/1/0': 1 });
  expect(await stage.ask(Code.GET, '/1')).toMatch(/^4\.05 /);
  await stage.close();
});
