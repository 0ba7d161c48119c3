import { expect, test } from 'vitest';
import { limits } from '../../src/limits.ts';
import { treeOf, world, type World } from './world.ts';

function small(options: Parameters<typeof world>[0] = {}): Promise<World> {
  return world({
    objects: treeOf({ '/3303/0/5700': 21, '/3303/0/5701': 'Cel', '/16/0/0': new Map([[0, 'a']]), '/1/0/6': true }),
    ...options,
  });
}

test('attributes are set, changed and unset one by one', async () => {
  const { attributes, discover } = await small();
  expect((await attributes('/3303/0/5700', 'pmin=1', 'gt=25.5', 'con=1')).code).toBe('2.04');
  expect((await attributes('/3303/0/5700', 'pmin=2', 'gt')).code).toBe('2.04');
  expect(await discover('/3303/0/5700')).toBe('</3303/0/5700>;pmin=2;con=1');
  expect((await attributes('/3303/0/5700', 'pmin', 'con')).code).toBe('2.04');
  expect(await discover('/3303/0/5700')).toBe('</3303/0/5700>');
});

test.each([
  ['a value that is none', '/3303/0/5700', ['pmin=x'], '4.00'],
  ['an unknown attribute', '/3303/0/5700', ['pmid=1'], '4.00'],
  ['a property', '/3303/0/5700', ['dim=1'], '4.00'],
  ['a threshold of an Object Instance', '/3303/0', ['gt=1'], '4.00'],
  ['a threshold of text', '/3303/0/5701', ['gt=1'], '4.00'],
  ['an edge of a number', '/3303/0/5700', ['edge=1'], '4.00'],
  ['a contradiction', '/3303/0/5700', ['lt=5', 'gt=5'], '4.00'],
  ['a pmax below pmin, before LwM2M 1.2', '/3303/0/5700', ['pmin=5', 'pmax=4'], '4.00'],
  ['no attribute at all', '/1/0/6', [], '4.00'],
  ['attributes of everything', '/', ['pmin=5'], '4.05'],
  ['those of the Security Object', '/0/0', ['pmin=5'], '4.01'],
  ['those of an unknown Object', '/4', ['pmin=5'], '4.04'],
  ['those of an unknown Resource Instance', '/16/0/0/1', ['pmin=5'], '4.04'],
])('%s is refused', async (_name, path, query, code) => {
  const { attributes, discover } = await small();
  expect((await attributes(path, ...query)).code).toBe(code);
  expect(await discover('/3303/0/5700')).toBe('</3303/0/5700>');
});

test('what contradicts an attribute that is there is refused', async () => {
  const { attributes, discover } = await small();
  await attributes('/3303/0/5700', 'gt=25', 'lt=20');
  expect((await attributes('/3303/0/5700', 'lt=26')).code).toBe('4.00');
  expect((await attributes('/3303/0/5700', 'st=3')).code).toBe('4.00');
  expect(await discover('/3303/0/5700')).toBe('</3303/0/5700>;gt=25;lt=20');
  expect((await attributes('/3303/0/5700', 'gt', 'lt=26')).code).toBe('2.04');
});

test('LwM2M 1.2 takes a pmax below pmin, and ignores it', async () => {
  const { attributes, discover } = await small({ lwm2mVersion: '1.2' });
  expect((await attributes('/3303/0/5700', 'pmin=5', 'pmax=4')).code).toBe('2.04');
  expect(await discover('/3303/0/5700')).toBe('</3303/0/5700>;pmin=5;pmax=4');
});

test('an edge belongs to a Boolean', async () => {
  const { attributes, discover } = await small();
  expect((await attributes('/1/0/6', 'edge=0')).code).toBe('2.04');
  expect(await discover('/1/0/6')).toBe('</1/0/6>;edge=0');
});

test('the paths that have attributes are bounded', async () => {
  const { attributes, tree } = await small();
  for (let id = 0; id < limits.attributePaths; id += 1) {
    tree.addInstance(`/3304/${id}`);
    expect((await attributes(`/3304/${id}`, 'pmin=1')).code).toBe('2.04');
  }
  expect((await attributes('/3303', 'pmin=1')).code).toBe('5.03');
  expect((await attributes('/3304/0', 'pmin=2')).code).toBe('2.04');
  expect((await attributes('/3304/0', 'pmin')).code).toBe('2.04');
  expect((await attributes('/3303', 'pmin=1')).code).toBe('2.04');
});
