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
