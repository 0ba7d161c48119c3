import { formatPath, pathOf } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import { treeOf } from '../scenarios/world.ts';

test('an Object is put back as it was, and listeners hear of what was different', () => {
  const tree = treeOf({ '/16/0/0': new Map([[0, 'a']]), '/16/1/0': new Map([[0, 'b']]), '/3/0/9': 95 });
  tree.onExecute('/16/1/1', () => undefined);
  const before = tree.read('/16');
  const putBack = tree.remember(16);
  tree.remove('/16/1');
  tree.set('/16/0/0', new Map([[0, 'changed']]));
  tree.set('/16/0/3', 1);
  tree.set('/16/2/0', new Map([[0, 'new']]));
  tree.set('/3/0/9', 94);
  const heard: string[] = [];
  tree.onChange((path, kind) => heard.push(`${kind} ${formatPath(path)}`));
  putBack();
  expect(tree.read('/16')).toEqual(before);
  expect(tree.executeHandlers(pathOf(16, 1, 1))).toHaveLength(1);
  expect(tree.content('/3/0/9')).toBe(94);
  expect(heard).toEqual([
    'removed /16/2',
    'removed /16/0/3',
    'value /16/0/0',
    'added /16/1',
    'added /16/1/0',
    'added /16/1/1',
  ]);
});

test('an Object that was not there goes, and one that had no instance has none', () => {
  const tree = treeOf({});
  tree.addObject(3303);
  const [ofOne, ofOther] = [tree.remember(16), tree.remember(3303)];
  tree.set('/16/0/3', 1);
  tree.set('/3303/0/5700', 21);
  ofOne();
  ofOther();
  expect(tree.instancePaths()).toEqual(['/3303']);
});

test('what is as it was is not told', () => {
  const tree = treeOf({ '/3/0/9': 95 });
  const putBack = tree.remember(3);
  const heard: string[] = [];
  tree.onChange((path) => heard.push(formatPath(path)));
  tree.set('/3/0/9', 95);
  putBack();
  expect(heard).toEqual([]);
});
