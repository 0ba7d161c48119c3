import { Code } from '@flownexus/coap';
import { expect, test } from 'vitest';
import { BOOTSTRAP_ACCOUNT, BootstrapStage } from './bootstrap-stage.ts';

/** Instances of several Objects, as they come after a Bootstrap-Delete of the path: what is left. */
async function leftAfter(path: string, prepare: (stage: BootstrapStage) => void = () => undefined): Promise<string[]> {
  const stage = await BootstrapStage.bootstrapping();
  await stage.writeAccount(1);
  await stage.writeAccount(2);
  stage.tree.set('/3303/0/5700', 21);
  stage.tree.set('/4/0/0', 1);
  prepare(stage);
  expect(await stage.ask(Code.DELETE, path)).toBe('2.02');
  const left = stage.tree.instancePaths();
  await stage.close();
  return [...left];
}

test('everything but the bootstrap account and the Device Object', async () => {
  expect(await leftAfter('/')).toEqual(['/0/0', '/1', '/3/0', '/4', '/3303']);
});

test('an Object: the accounts but that of the bootstrap server (ETS 4)', async () => {
  expect(await leftAfter('/0')).toEqual(['/0/0', '/1/1', '/1/2', '/3/0', '/4/0', '/3303/0']);
});

test('an Object Instance, which need not be there', async () => {
  expect(await leftAfter('/1/2')).toEqual(['/0/0', '/0/1', '/0/2', '/1/1', '/3/0', '/4/0', '/3303/0']);
  expect(await leftAfter('/1/9')).toHaveLength(8);
});

test('the bootstrap account and the Device Object themselves stay', async () => {
  expect(await leftAfter('/0/0')).toHaveLength(8);
  expect(await leftAfter('/3/0')).toHaveLength(8);
});

test('an OSCORE instance that belongs to the bootstrap account stays', async () => {
  const left = await leftAfter('/', ({ tree }) => {
    tree.set('/21/4/0', 'secret');
    tree.set('/21/5/0', 'secret');
    tree.set('/0/0/17', { objectId: 21, objectInstanceId: 4 });
  });
  expect(left).toContain('/21/4');
  expect(left).not.toContain('/21/5');
});

test('instances that the application has declared unchangeable stay', async () => {
  const left = await leftAfter('/', ({ tree }) => {
    tree.addObject(3303, { changeable: false });
  });
  expect(left).toContain('/3303/0');
});

test('a Resource is not deleted', async () => {
  const stage = await BootstrapStage.bootstrapping();
  expect(await stage.ask(Code.DELETE, '/3/0/0')).toBe('4.00 a Bootstrap-Delete of /3/0/0');
  expect(stage.tree.content('/3/0/0')).toBe(BOOTSTRAP_ACCOUNT['/3/0/0']);
  await stage.close();
});
