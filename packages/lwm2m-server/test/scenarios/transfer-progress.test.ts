import { blockOption, Code, encodeBlock, OptionNumber, type TransferProgress } from '@flownexus/coap';
import { expect, test } from 'vitest';
import { Stage } from '../scripted-device.ts';

test('a large Write goes in blocks of the size that its caller wants, and tells how far it has come', async () => {
  const stage = await Stage.start();
  const device = stage.device();
  await device.register();
  const told: TransferProgress[] = [];
  const written = stage.server
    .device('dev')
    .write('/5/0/0', new Uint8Array(150), { blockSize: 64, onProgress: (progress) => told.push(progress) });
  for (const num of [0, 1, 2]) {
    const request = await device.one();
    const block = { num, more: num !== 2, szx: 2 };
    expect(blockOption(request.options, OptionNumber.BLOCK1)).toEqual(block);
    device.answer(request, block.more ? Code.CONTINUE : Code.CHANGED, {
      options: [{ number: OptionNumber.BLOCK1, value: encodeBlock(block) }],
    });
    await stage.settle();
  }
  await written;
  expect(told.map(({ transferred, total }) => [transferred, total])).toEqual([
    [64, 150],
    [128, 150],
    [150, 150],
  ]);
});
