import { Code } from '@flownexus/coap';
import { describe, expect, test } from 'vitest';
import { readAccessControl, type AccessControl } from '../../src/index.ts';
import { answer, converse, fail } from '../operation-stage.ts';

const NONE = { read: false, write: false, execute: false, delete: false, create: false };

async function controlsOf(records: unknown): Promise<readonly AccessControl[]> {
  const conversation = await converse('lwm2m=1.1&ep=dev&lt=60', '</>;ct=110,</2/0>');
  const { requests, result } = await answer(conversation, readAccessControl(conversation.target), [
    Code.CONTENT,
    { contentFormat: 110, payload: JSON.stringify(records) },
  ]);
  expect(requests).toEqual(['CON GET 2 accept=110']);
  return result;
}

describe('access control', () => {
  test('who may do what, in words', async () => {
    const controls = await controlsOf([
      { bn: '/2/0/', n: '0', v: 3 },
      { n: '1', v: 0 },
      { n: '2/101', v: 1 | 2 | 4 },
      { n: '2/0', v: 8 },
      { n: '3', v: 101 },
      { bn: '/2/7/', n: '0', v: 3303 },
      { n: '1', v: 65_535 },
      { n: '2/101', v: 16 },
      { n: '3', v: 65_535 },
    ]);
    expect(controls).toEqual([
      {
        accessControlId: 0,
        objectId: 3,
        objectInstanceId: 0,
        owner: 101,
        rights: new Map([
          [0, { ...NONE, delete: true }],
          [101, { ...NONE, read: true, write: true, execute: true }],
        ]),
      },
      {
        accessControlId: 7,
        objectId: 3303,
        objectInstanceId: 65_535,
        owner: 65_535,
        rights: new Map([[101, { ...NONE, create: true }]]),
      },
    ]);
  });

  test('an instance without entries is of its owner alone', async () => {
    const controls = await controlsOf([
      { n: '/2/0/0', v: 3 },
      { n: '/2/0/1', v: 0 },
      { n: '/2/0/3', v: 1 },
    ]);
    expect(controls).toMatchObject([{ owner: 1, rights: new Map() }]);
  });

  test('what does not name an Object, or no owner, is left out', async () => {
    expect(
      await controlsOf([
        { n: '/2/0/0', v: 3 },
        { n: '/2/0/3', v: 1 },
        { n: '/2/1/0', vs: 'three' },
        { n: '/2/1/1', v: 0 },
        { n: '/2/1/3', v: 1 },
        { n: '/2/2/0', v: 3 },
        { n: '/2/2/1', v: 0 },
      ]),
    ).toEqual([]);
  });

  test('a device with one server has none', async () => {
    const conversation = await converse();
    const { error } = await fail(conversation, readAccessControl(conversation.target), [Code.NOT_FOUND]);
    expect(error).toMatchObject({ responseCode: '4.04' });
  });
});
