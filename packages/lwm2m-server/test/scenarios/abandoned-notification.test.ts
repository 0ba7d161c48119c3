import { expect, test } from 'vitest';
import { buildOptions, Code, encodeBlock, makeOption, MessageType, OptionNumber } from '@flownexus/coap';
import { CoapError } from '@flownexus/coap';
import { inWords } from '../scripted-device.ts';
import { accept, staged } from './observing-device.ts';

test('a notification in blocks whose rest can not be fetched is an event and counted; the observation goes on', async () => {
  const { stage, device } = await staged({ observe: [{ path: '/3/0/0' }] });
  const failures: unknown[] = [];
  stage.server.on('observationFailed', (_registration, _path, error) => failures.push(error));
  await device.register();
  const token = await accept(device, 'a');
  await stage.settle();
  stage.taken();
  device.send({
    type: MessageType.CON,
    code: Code.CONTENT,
    messageId: 900,
    token,
    options: buildOptions({
      observe: 2,
      contentFormat: 0,
      options: [makeOption(OptionNumber.BLOCK2, encodeBlock({ num: 0, more: true, szx: 0 }))],
    }),
    payload: new TextEncoder().encode('0123456789abcdef'),
  });
  const [acknowledgement, fetch] = await device.received();
  if (acknowledgement === undefined || fetch === undefined) throw new Error('expected an ACK and a GET');
  expect([inWords(acknowledgement), inWords(fetch)]).toEqual(['ACK empty', 'CON GET 3/0/0 accept=112']);
  device.answer(fetch, Code.NOT_FOUND);
  await stage.settle();
  expect(stage.taken()).toEqual([
    expect.stringMatching(/^observation failed \/3\/0\/0: a notification of \/3\/0\/0 in blocks is lost: /),
  ]);
  expect(failures).toMatchObject([{ code: 'ERR_LWM2M_SERVER_ABANDONED', cause: expect.any(CoapError) as CoapError }]);
  expect(stage.server.statistics).toMatchObject({ abandoned: 1, observations: 1 });
  device.notify(token, 3, 'b');
  expect(inWords(await device.one())).toBe('ACK empty');
  expect(stage.taken()).toEqual(['notification /3/0/0 "b"']);
});
