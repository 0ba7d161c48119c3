import { Code } from '@flownexus/coap';
import { describe, expect, test } from 'vitest';
import { answer, converse, fail } from '../operation-stage.ts';

const SENML_CBOR = 'CON PUT 1/0/1 cf=112 81a221662f312f302f3102183f';
const SENML_JSON = 'CON PUT 1/0/1 cf=110 "[{\\"bn\\":\\"/1/0/1\\",\\"v\\":63}]"';
const TLV = 'CON PUT 1/0/1 cf=11542 c1013f';
const UNSUPPORTED = [Code.UNSUPPORTED_CONTENT_FORMAT] as const;
const CHANGED = [Code.CHANGED] as const;

describe('a device that does not have the format of a write', () => {
  test.each([
    ['4.15', Code.UNSUPPORTED_CONTENT_FORMAT],
    ['4.06, as some devices say', Code.NOT_ACCEPTABLE],
  ])('gets the next after %s', async (_name, code) => {
    const conversation = await converse();
    const { requests } = await answer(conversation, conversation.target.write('/1/0/1', 63), [code], CHANGED);
    expect(requests).toEqual([SENML_CBOR, SENML_JSON]);
  });

  test('gets no third', async () => {
    const conversation = await converse();
    const write = conversation.target.write('/1/0/1', 63);
    const { requests, error } = await fail(conversation, write, UNSUPPORTED, UNSUPPORTED);
    expect(requests).toEqual([SENML_CBOR, SENML_JSON]);
    expect(error).toMatchObject({ responseCode: '4.15' });
  });

  test('is written to in what works from then on', async () => {
    const conversation = await converse();
    const { target } = conversation;
    await fail(conversation, target.write('/1/0/1', 63), UNSUPPORTED, UNSUPPORTED);
    for (let times = 0; times < 2; times += 1) {
      const { requests } = await answer(conversation, target.write('/1/0/1', 63), CHANGED);
      expect(requests).toEqual([TLV]);
    }
  });

  test('may have learnt it when it registers anew', async () => {
    const conversation = await converse();
    const { target, device } = conversation;
    await answer(conversation, target.write('/1/0/1', 63), UNSUPPORTED, CHANGED);
    await device.update();
    expect((await answer(conversation, target.write('/1/0/1', 63), CHANGED)).requests).toEqual([SENML_JSON]);
    await device.register();
    expect((await answer(conversation, target.write('/1/0/1', 63), CHANGED)).requests).toEqual([SENML_CBOR]);
  });

  test('that refuses every format is asked in the first again', async () => {
    const conversation = await converse();
    const { target } = conversation;
    await fail(conversation, target.write('/1/0/1', 63), UNSUPPORTED, UNSUPPORTED);
    const { requests } = await fail(conversation, target.write('/1/0/1', 63), UNSUPPORTED);
    expect(requests).toEqual([TLV]);
    expect((await answer(conversation, target.write('/1/0/1', 63), CHANGED)).requests).toEqual([SENML_CBOR]);
  });

  test('gets no other than the one that the caller wants, and nothing is learnt from that', async () => {
    const conversation = await converse();
    const { target } = conversation;
    const write = target.write('/1/0/1', 63, { contentFormat: 112 });
    expect((await fail(conversation, write, UNSUPPORTED)).requests).toEqual([SENML_CBOR]);
    expect((await answer(conversation, target.write('/1/0/1', 63), CHANGED)).requests).toEqual([SENML_CBOR]);
  });

  test('gets bytes in a format for trees', async () => {
    const conversation = await converse('lwm2m=1.0&ep=dev', '</5/0>');
    const write = conversation.target.write('/5/0/0', Uint8Array.of(7));
    const { requests } = await answer(conversation, write, UNSUPPORTED, CHANGED);
    expect(requests).toEqual(['CON PUT 5/0/0 cf=42 07', 'CON PUT 5/0/0 cf=11542 c10007']);
  });

  test('gets the second request within the time limit of both', async () => {
    const conversation = await converse();
    const { stage, device, target } = conversation;
    const write = target.write('/1/0/1', 63, { timeoutMs: 5000 });
    const outcome = expect(write).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_TIMEOUT' });
    const first = await device.one();
    await stage.clock.advanceAsync(1500);
    device.answer(first, ...UNSUPPORTED);
    await device.one();
    await stage.clock.advanceAsync(3499);
    expect(device.peer.takeAll()).toHaveLength(1); // a retransmission
    await stage.clock.advanceAsync(1);
    await outcome;
  });
});
