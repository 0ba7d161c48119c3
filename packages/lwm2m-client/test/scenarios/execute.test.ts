import { ContentFormat, formatPath } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import { Refusal } from '../../src/errors.ts';
import { treeOf, world } from './world.ts';

test('an Execute runs the handlers with its arguments', async () => {
  const tree = treeOf({ '/3/0/11': new Map([[0, 3]]) });
  const heard: unknown[] = [];
  tree.onExecute('/3/0/12', ({ path, arguments: list }) => void heard.push(formatPath(path), list));
  tree.onExecute('/3/0/12', () => {
    tree.set('/3/0/11', new Map([[0, 0]]));
  });
  const { post } = await world({ objects: tree });
  expect((await post('/3/0/12', `0='now',1`, ContentFormat.TEXT)).code).toBe('2.04');
  expect((await post('/3/0/12')).code).toBe('2.04');
  expect(heard).toEqual(['/3/0/12', [{ digit: 0, value: 'now' }, { digit: 1, value: undefined }], '/3/0/12', []]); // prettier-ignore
  expect(tree.content('/3/0/11/0')).toBe(0);
});

test.each([
  ['what has a value', '/3/0/9', '', undefined, '4.05'],
  ['what is not there', '/3/0/5', '', undefined, '4.04'],
  ['the Security Object', '/0/0/3', '', undefined, '4.01'],
  ['malformed arguments', '/3/0/12', 'now', undefined, '4.00'],
  ['arguments in another format', '/3/0/12', '0', ContentFormat.TLV, '4.15'],
] as const)('%s is refused', async (_name, path, payload, contentFormat, code) => {
  const tree = treeOf({ '/3/0/9': 95 });
  let executed = 0;
  tree.onExecute('/3/0/12', () => void (executed += 1));
  const { post } = await world({ objects: tree });
  expect((await post(path, payload, contentFormat)).code).toBe(code);
  expect(executed).toBe(0);
});

test('the answer waits for a handler that takes its time', async () => {
  const tree = treeOf({ '/3/0/9': 95 });
  const { post, server } = await world({ objects: tree });
  const order: string[] = [];
  tree.onExecute('/3/0/12', async () => {
    await new Promise<void>((resolve) => void server.clock.schedule(5_000, resolve));
    order.push('done');
  });
  tree.onExecute('/3/0/12', ({ afterAnswer }) => {
    order.push('next');
    afterAnswer(() => order.push('answered'));
  });
  const startedAt = server.clock.now();
  expect((await post('/3/0/12')).code).toBe('2.04');
  expect(server.clock.now() - startedAt).toBeGreaterThanOrEqual(5_000);
  expect(order).toEqual(['done', 'next', 'answered']);
});

test('a handler that refuses ends the run, and nothing follows the answer', async () => {
  const tree = treeOf({ '/3/0/9': 95 });
  const { post } = await world({ objects: tree });
  const order: string[] = [];
  tree.onExecute('/3/0/12', ({ afterAnswer }) => afterAnswer(() => order.push('answered')));
  let early = true;
  tree.onExecute('/3/0/12', () => {
    const refusal = new Refusal(0x85, 'nothing to reset');
    if (early) throw refusal;
    return Promise.reject(refusal);
  });
  tree.onExecute('/3/0/12', () => void order.push('next'));
  expect(await post('/3/0/12')).toMatchObject({ code: '4.05', text: 'nothing to reset' });
  early = false;
  expect(await post('/3/0/12')).toMatchObject({ code: '4.05', text: 'nothing to reset' });
  expect(order).toEqual([]);
});
