import { expect, test } from 'vitest';
import { registry, treeOf, world } from './world.ts';
import { ObjectTree } from '../../src/objects/object-tree.ts';

function device(): ObjectTree {
  const tree = new ObjectTree(registry.forVersions(new Map([[3, '1.1']])));
  tree.set('/3/0/7', new Map([[0, 1], [1, 5]])); // prettier-ignore
  tree.set('/3/0/9', 95);
  tree.onExecute('/3/0/4', () => undefined);
  return tree;
}

test('a Discover lists what is there, executables too', async () => {
  const { discover } = await world({ objects: device() });
  expect(await discover('/3')).toBe('</3>,</3/0>,</3/0/4>,</3/0/7>;dim=2,</3/0/9>');
  expect(await discover('/3/0')).toBe('</3/0>,</3/0/4>,</3/0/7>;dim=2,</3/0/9>');
  expect(await discover('/3/0/7')).toBe('</3/0/7>;dim=2,</3/0/7/0>,</3/0/7/1>');
  expect(await discover('/3/0/9')).toBe('</3/0/9>');
});

test('a version that the LwM2M version does not imply is told', async () => {
  const { discover } = await world({ objects: treeOf({ '/3/0/9': 95 }) });
  expect(await discover('/3')).toBe('</3>;ver=1.2,</3/0>,</3/0/4>,</3/0/9>');
});

test('the target has the attributes that it inherits, what is below those of its own (ETS 260)', async () => {
  const { discover, attributes } = await world({ objects: device() });
  expect((await attributes('/3', 'pmin=10', 'pmax=200')).code).toBe('2.04');
  expect(await discover('/3')).toBe('</3>;pmin=10;pmax=200,</3/0>,</3/0/4>,</3/0/7>;dim=2,</3/0/9>');
  expect((await attributes('/3/0/7', 'lt=1', 'gt=6', 'st=1')).code).toBe('2.04');
  expect(await discover('/3/0')).toBe('</3/0>;pmin=10;pmax=200,</3/0/4>,</3/0/7>;dim=2;gt=6;lt=1;st=1,</3/0/9>');
  expect(await discover('/3/0/7')).toBe('</3/0/7>;dim=2;pmin=10;pmax=200;gt=6;lt=1;st=1,</3/0/7/0>,</3/0/7/1>');
});

test('a Resource Instance has its own (ETS 261)', async () => {
  const { discover, attributes } = await world({ objects: device() });
  await attributes('/3', 'pmin=10', 'pmax=200');
  await attributes('/3/0', 'pmax=320');
  await attributes('/3/0/7', 'pmax=100', 'epmin=1', 'epmax=20');
  await attributes('/3/0/7/0', 'pmax=50', 'gt=5.5');
  expect(await discover('/3/0/7')).toBe(
    '</3/0/7>;dim=2;pmin=10;pmax=100;epmin=1;epmax=20,</3/0/7/0>;pmax=50;gt=5.5,</3/0/7/1>',
  );
});

test.each([
  ['/3', '0', '</3>'],
  ['/3', '1', '</3>,</3/0>'],
  ['/3', '2', '</3>,</3/0>,</3/0/4>,</3/0/7>;dim=2,</3/0/9>'],
  ['/3', '3', '</3>,</3/0>,</3/0/4>,</3/0/7>;dim=2,</3/0/7/0>,</3/0/7/1>,</3/0/9>'],
  ['/3/0', '0', '</3/0>'],
  ['/3/0', '3', '</3/0>,</3/0/4>,</3/0/7>;dim=2,</3/0/7/0>,</3/0/7/1>,</3/0/9>'],
  ['/3/0/7', '0', '</3/0/7>;dim=2'],
  ['/3/0/7', '3', '</3/0/7>;dim=2,</3/0/7/0>,</3/0/7/1>'],
  ['/3', '4', '4.00'],
  ['/3', '', '4.00'],
])('LwM2M 1.2 discovers %s to the depth %s', async (path, depth, links) => {
  const tree = device();
  const { discover } = await world({ objects: tree, lwm2mVersion: '1.2' });
  const answer = await discover(path, `depth=${depth}`);
  expect(answer.replace('</3>;ver=1.1', '</3>')).toBe(links);
});

test('LwM2M 1.1 has no depth, and 1.0 no Resource Instances', async () => {
  const one = await world({ objects: device(), lwm2mVersion: '1.1' });
  expect(await one.discover('/3', 'depth=1')).toBe('4.00');
  const zero = await world({ objects: device(), lwm2mVersion: '1.0' });
  expect(await zero.discover('/3/0/7')).toBe('</3/0/7>;dim=2');
});

test.each([
  ['/', '4.05'],
  ['/0', '4.01'],
  ['/23/0', '4.01'],
  ['/4', '4.04'],
  ['/3/1', '4.04'],
  ['/3/0/5', '4.04'],
  ['/3/0/7/0', '4.05'],
])('a Discover of %s is answered %s', async (path, code) => {
  const { discover } = await world({ objects: device() });
  expect(await discover(path)).toBe(code);
});
