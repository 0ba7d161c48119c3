import { Code } from '@flownexus/coap';
import { formatPath } from '@flownexus/lwm2m-core';
import { describe, expect, test } from 'vitest';
import { answer, converse, fail } from '../operation-stage.ts';

const V11 = 'lwm2m=1.1&ep=dev&lt=60';
const JSON_ONLY = [V11, '</>;ct=110,</3/0>'] as const;
const FETCH_JSON = 'CON FETCH accept=110 cf=110 "[{\\"n\\":\\"/3/0/9\\"},{\\"n\\":\\"/1\\"}]"';
const FETCH_CBOR = 'CON FETCH accept=112 cf=112 82a100662f332f302f39a100622f31';
const PATHS = ['/3/0/9', '/1'];
const VALUES = { contentFormat: 110, payload: '[{"n":"/3/0/9","v":95},{"bn":"/1/0/","n":"1","v":60}]' };
const CONTENT = [Code.CONTENT, VALUES] as const;

describe('read composite', () => {
  test('asks for a list of paths, and gives one tree', async () => {
    const conversation = await converse(...JSON_ONLY);
    const { requests, result } = await answer(conversation, conversation.target.readComposite(PATHS), CONTENT);
    expect(requests).toEqual([FETCH_JSON]);
    expect(result.paths.map(formatPath)).toEqual(PATHS);
    expect(result).toMatchObject({
      contentFormat: 110,
      node: {
        kind: 'root',
        objects: [
          { id: 1, instances: [{ id: 0, resources: [{ id: 1, value: 60 }] }] },
          { id: 3, instances: [{ id: 0, resources: [{ id: 9, value: 95 }] }] },
        ],
      },
    });
    expect(result.records.map(({ path, value }) => [formatPath(path), value])).toEqual([
      ['/3/0/9', 95],
      ['/1/0/1', 60],
    ]);
  });

  test.each([
    ['SenML CBOR', V11, '</>;ct=112,</3/0>', PATHS, FETCH_CBOR],
    // The Fetch Pack has the base name that the names share; the answer is SenML (RFC 8790 §3.1).
    [
      'SenML-ETCH',
      'lwm2m=1.2&ep=dev&lt=60',
      '</>;ct="112 322",</3/0>',
      ['/3/0/9', '/3/0/13'],
      'CON FETCH accept=112 cf=322 82a221652f332f302f006139a100623133',
    ],
    ['the root', V11, '</>;ct=110,</3/0>', ['/'], 'CON FETCH accept=110 cf=110 "[{\\"n\\":\\"/\\"}]"'],
    [
      'a device behind a gateway',
      V11,
      '</>;ct=110,</25/0>',
      ['/d01/3/0'],
      'CON FETCH accept=110 cf=110 "[{\\"n\\":\\"/d01/3/0\\"}]"',
    ],
    [
      'an alternate path, which is before the request and the names',
      V11,
      '</a/b>;rt="oma.lwm2m";ct=110,</3/0>',
      ['/3'],
      'CON FETCH a/b accept=110 cf=110 "[{\\"n\\":\\"/a/b/3\\"}]"',
    ],
  ])('in %s', async (_name, query, links, paths, expected) => {
    const conversation = await converse(query, links);
    const { requests } = await answer(conversation, conversation.target.readComposite(paths), [
      Code.CONTENT,
      { contentFormat: 110, payload: '[]' },
    ]);
    expect(requests).toEqual([expected]);
  });

  test('names of the answer are those of the Objects below an alternate path', async () => {
    const conversation = await converse(V11, '</a>;rt="oma.lwm2m";ct=110,</3/0>');
    const { result } = await answer(conversation, conversation.target.readComposite(['/3/0/9']), [
      Code.CONTENT,
      { contentFormat: 110, payload: '[{"n":"/a/3/0/9","v":1}]' },
    ]);
    expect(result.records.map(({ path }) => formatPath(path))).toEqual(['/3/0/9']);
  });

  test('what a device does not have is absent', async () => {
    const conversation = await converse(...JSON_ONLY);
    const { result } = await answer(conversation, conversation.target.readComposite(PATHS), [
      Code.CONTENT,
      { contentFormat: 110, payload: '[]' },
    ]);
    expect(result).toMatchObject({ node: { kind: 'root', objects: [] }, records: [] });
  });

  test.each([
    ['4.15', Code.UNSUPPORTED_CONTENT_FORMAT],
    ['4.06', Code.NOT_ACCEPTABLE],
  ])('after %s in the next format, from then on', async (_name, code) => {
    const conversation = await converse();
    const { target } = conversation;
    const { requests } = await answer(conversation, target.readComposite(PATHS), [code], CONTENT);
    expect(requests).toEqual([FETCH_CBOR, FETCH_JSON]);
    expect((await answer(conversation, target.readComposite(PATHS), CONTENT)).requests).toEqual([FETCH_JSON]);
  });

  test('a device that has neither says why, and is asked anew the next time', async () => {
    const conversation = await converse();
    const { target } = conversation;
    const refused = [Code.UNSUPPORTED_CONTENT_FORMAT] as const;
    const { error } = await fail(conversation, target.readComposite(PATHS), refused, refused);
    expect(error).toMatchObject({ responseCode: '4.15' });
    expect((await answer(conversation, target.readComposite(PATHS), CONTENT)).requests).toEqual([FETCH_CBOR]);
  });

  test('in the formats that the caller wants', async () => {
    const conversation = await converse();
    const { target } = conversation;
    const read = target.readComposite(['/1'], { contentFormat: 110, accept: 11544 });
    const { requests } = await answer(conversation, read, [
      Code.CONTENT,
      { contentFormat: 11544, payload: Uint8Array.of(0xa0) },
    ]);
    expect(requests).toEqual(['CON FETCH accept=11544 cf=110 "[{\\"n\\":\\"/1\\"}]"']);
    const without = await answer(
      conversation,
      target.readComposite(['/1'], { contentFormat: 110, accept: null }),
      CONTENT,
    );
    expect(without.requests).toEqual(['CON FETCH cf=110 "[{\\"n\\":\\"/1\\"}]"']);
  });

  test('in the format that the caller wants, 4.06 is about the answer', async () => {
    const conversation = await converse();
    const read = conversation.target.readComposite(['/1'], { contentFormat: 110 });
    const { requests } = await answer(conversation, read, [Code.NOT_ACCEPTABLE], CONTENT);
    expect(requests).toEqual([
      'CON FETCH accept=110 cf=110 "[{\\"n\\":\\"/1\\"}]"',
      'CON FETCH cf=110 "[{\\"n\\":\\"/1\\"}]"',
    ]);
  });

  test('with the Accept that the caller wants, 4.06 is about the answer, and nothing is learnt of the request', async () => {
    const conversation = await converse();
    const { target } = conversation;
    const read = target.readComposite(['/1'], { accept: 11_544 });
    const { requests } = await answer(conversation, read, [Code.NOT_ACCEPTABLE], CONTENT);
    expect(requests).toEqual(['CON FETCH accept=11544 cf=112 81a100622f31', 'CON FETCH cf=112 81a100622f31']);
    expect((await answer(conversation, target.readComposite(PATHS), CONTENT)).requests).toEqual([FETCH_CBOR]);
  });

  test('an answer that does not say its format has the one that was asked for', async () => {
    const conversation = await converse(V11, '</>;ct="110 320",</3/0>');
    const { result } = await answer(conversation, conversation.target.readComposite(['/3/0/9']), [
      Code.CONTENT,
      { payload: '[{"n":"/3/0/9","v":95}]' },
    ]);
    expect(result).toMatchObject({ contentFormat: 110, records: [{ value: 95 }] });
  });

  test('what does not decode rejects', async () => {
    const conversation = await converse();
    const { error } = await fail(conversation, conversation.target.readComposite(PATHS), [
      Code.CONTENT,
      { contentFormat: 112, payload: Uint8Array.of(0xff) },
    ]);
    expect(error).toMatchObject({ code: 'ERR_LWM2M_SERVER_PAYLOAD' });
  });

  test('no paths, or none that parse, are not sent', async () => {
    const { target, device } = await converse();
    await expect(target.readComposite([])).rejects.toThrow(RangeError);
    await expect(target.readComposite(['/3', '/x'])).rejects.toMatchObject({ code: 'ERR_LWM2M_PATH' });
    await expect(target.readComposite(['/3'], { contentFormat: 11542 })).rejects.toMatchObject({
      code: 'ERR_LWM2M_CONTENT_FORMAT',
    });
    expect(await device.received()).toEqual([]);
  });
});
