import { Code } from '@flownexus/coap';
import type { ResourceNode } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import type { BootstrapConfiguration } from '../../src/index.ts';
import { BootstrapScene } from './bootstrap-scene.ts';
import { BootstrapStage, expectRefused, request, serve } from './bootstrapping.ts';

/** The Resource has bytes: with a text TLV has no form for it, SenML has. */
const KEY: ResourceNode = { kind: 'singleResource', id: 5, type: 'string', value: 'key' };
const WRONG: BootstrapConfiguration = { instances: [{ path: '/0/1', resources: [KEY] }] };

test('a device loses nothing where its configuration can not be written', async () => {
  const scene = await BootstrapScene.start();
  scene.configurations.set('open', WRONG);
  const device = scene.device();

  device.request(Code.POST, { path: ['bs'], query: ['ep=open'] });

  expectRefused(await device.one(), '5.03 the server can not take this now');
  expect(scene.log[0]).toContain('the bootstrap configuration of open can not be written: RangeError: /0/1');
  expect(scene.server.statistics).toMatchObject({ sessions: 0, bootstraps: 0, bootstrapFailures: 0 });
});

test('in the format of the device it may be', async () => {
  const scene = await BootstrapScene.start();
  scene.configurations.set('open', WRONG);
  const device = scene.device();
  await serve(device, (await request(device, 'ep=open&pct=112')).first);
  expect(scene.log).toEqual(['finished open, anonymous']);
});

test('a correction that can not be written deletes nothing', async () => {
  const stage = await BootstrapStage.begin({ onInconsistent: () => WRONG });
  stage.configurations.set('dev', { instances: [{ path: '/1/0', resources: [] }] });
  const device = stage.device();
  const { first } = await request(device);
  const heard = await serve(device, first, { 'POST bs': () => [Code.NOT_ACCEPTABLE] });
  expect(heard).toEqual(['DELETE 0', 'DELETE 1', 'PUT 1/0', 'POST bs']);
  expect(stage.taken().at(-1)).toContain('the application could not say what to do');
});
