import { Code } from '@flownexus/coap';
import { expect, test } from 'vitest';
import type { Device } from '../../src/index.ts';
import { converse, fail } from '../operation-stage.ts';

/** What only the device may refuse is sent to it. */
test.each<[string, (target: Device) => Promise<unknown>, string]>([
  [
    'a Write to a Resource that is read only',
    (target) => target.write('/3/0/0', 'x', { contentFormat: 0 }),
    'CON PUT 3/0/0 cf=0 "x"',
  ],
  [
    'a Write to an executable one',
    (target) => target.write('/3/0/4', 1, { contentFormat: 0 }),
    'CON PUT 3/0/4 cf=0 "1"',
  ],
  ['a Write out of range', (target) => target.write('/3/0/9', 101, { contentFormat: 0 }), 'CON PUT 3/0/9 cf=0 "101"'],
  [
    'a single value for a multiple Resource',
    (target) => target.write('/3/0/6', 1, { contentFormat: 0 }),
    'CON PUT 3/0/6 cf=0 "1"',
  ],
  ['a Read of the Security Object', (target) => target.read('/0', { accept: null }), 'CON GET 0'],
  ['a Write to it', (target) => target.write('/0/0/0', 'x', { contentFormat: 0 }), 'CON PUT 0/0/0 cf=0 "x"'],
  ['a Read of a Resource that is written only', (target) => target.read('/5/0/0', { accept: null }), 'CON GET 5/0/0'],
  ['a Read of what is not registered', (target) => target.read('/4711/0', { accept: null }), 'CON GET 4711/0'],
  ['an Execute of what is none', (target) => target.execute('/3/0/0'), 'CON POST 3/0/0'],
  ['a Delete of the Device Object', (target) => target.delete('/3/0'), 'CON DELETE 3/0'],
  [
    'attributes that contradict',
    (target) => target.writeAttributes('/3/0/9', { lt: 9, gt: 1 }),
    'CON PUT 3/0/9?gt=1&lt=9',
  ],
  ['attributes of another type', (target) => target.writeAttributes('/3/0/0', { edge: 1 }), 'CON PUT 3/0/0?edge=1'],
  ['a depth, from a device of 1.1', (target) => target.discover('/3', { depth: 1 }), 'CON GET 3?depth=1 accept=40'],
])('%s', async (_name, operate, expected) => {
  const conversation = await converse();
  const { requests, error } = await fail(conversation, operate(conversation.target), [
    Code.UNAUTHORIZED,
    { payload: 'no' },
  ]);
  expect(requests).toEqual([expected]);
  expect(error).toMatchObject({ name: 'OperationRejectedError', responseCode: '4.01', diagnostic: 'no' });
});
