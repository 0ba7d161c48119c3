import { expect, test } from 'vitest';
import { BOOTSTRAP_ACCOUNT, BootstrapStage } from './bootstrap-stage.ts';

test('a bootstrap account goes when its timeout is over after the bootstrap', async () => {
  const stage = await BootstrapStage.bootstrapping({ ...BOOTSTRAP_ACCOUNT, '/0/0/12': 60 });
  await stage.writeAccount(1);
  await stage.finish();
  await stage.pass(59);
  expect(stage.tree.has('/0/0')).toBe(true);
  await stage.pass(1);
  expect(stage.tree.instancePaths()).toEqual(['/0/1', '/1/1', '/3/0']);
  await stage.close();
});

test('but not while the device bootstraps again', async () => {
  const stage = await BootstrapStage.bootstrapping({ ...BOOTSTRAP_ACCOUNT, '/0/0/12': 60 });
  await stage.writeAccount(1);
  await stage.finish();
  await stage.pass(50);
  stage.device.bootstrap();
  await stage.pass(1);
  await stage.writeAccount(1);
  await stage.pass(20);
  expect(stage.tree.has('/0/0')).toBe(true);
  await stage.finish();
  await stage.pass(59);
  expect(stage.tree.has('/0/0')).toBe(true);
  await stage.pass(1);
  expect(stage.tree.has('/0/0')).toBe(false);
  await stage.close();
});

test('and also when that other bootstrap failed', async () => {
  const stage = await BootstrapStage.bootstrapping({ ...BOOTSTRAP_ACCOUNT, '/0/0/12': 600 });
  await stage.writeAccount(1);
  await stage.finish();
  await stage.pass(590);
  stage.device.bootstrap();
  await stage.pass(1);
  await stage.writeAccount(2);
  await stage.pass(300); // the bootstrap server says nothing any more
  expect(stage.tree.instancePaths()).toEqual(['/0/0', '/0/1', '/1/1', '/3/0']);
  await stage.pass(600);
  expect(stage.tree.instancePaths()).toEqual(['/0/1', '/1/1', '/3/0']);
  await stage.close();
});

test('a bootstrap account by which nothing was bootstrapped yet stays', async () => {
  const stage = await BootstrapStage.bootstrapping({ ...BOOTSTRAP_ACCOUNT, '/0/0/12': 60 });
  await stage.pass(2_000);
  expect(stage.tree.instancePaths()).toEqual(['/0/0', '/3/0']);
  await stage.close();
});
