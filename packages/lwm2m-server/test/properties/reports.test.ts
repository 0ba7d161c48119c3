import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatCode, MessageType } from '@flownexus/coap';
import { inWords, Stage } from '../scripted-device.ts';
import { accept, acceptComposite } from '../scenarios/observing-device.ts';

const FORMATS = [0, 40, 42, 60, 110, 112, 320, 322, 1541, 1542, 1543, 11542, 11543, 11544, 65_535];
const contentFormat = fc.constantFrom(...FORMATS);
/** Bytes of any kind, and those that begin as the formats do. */
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 64 }),
  fc.json({ maxDepth: 2 }).map((text) => new TextEncoder().encode(text)),
  fc
    .record({
      head: fc.constantFrom('81a1', '81a2', '82a3', 'a1', 'bf03', '9f', 'c8'),
      rest: fc.uint8Array({ maxLength: 32 }),
    })
    .map(({ head, rest }) => Uint8Array.of(...Buffer.from(head, 'hex'), ...rest)),
);

test('any Send gets one answer: a success, or a refusal with its reason', async () => {
  const stage = await Stage.start();
  const device = stage.device();
  await device.register();
  stage.taken();
  await fc.assert(
    fc.asyncProperty(fc.option(contentFormat, { nil: undefined }), payload, async (format, bytes) => {
      device.report(bytes, { contentFormat: format });
      const answer = await device.one();
      expect(['2.04', '4.00', '4.04', '4.15']).toContain(formatCode(answer.code));
      expect(answer.payload.length > 0).toBe(formatCode(answer.code) !== '2.04');
      expect(stage.taken().filter((line) => line.startsWith('error'))).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test.each(['of one path', 'of several'])(
  'any notification %s is acknowledged, and the observation goes on',
  async (kind) => {
    const isSingle = kind === 'of one path';
    const stage = await Stage.start({
      observe: [isSingle ? { path: '/3303/0/5700' } : { paths: ['/3303/0/5700', '/3/0/9'] }],
    });
    const device = stage.device();
    await device.register('lwm2m=1.1&ep=dev&lt=0');
    const token = isSingle ? await accept(device, '1') : await acceptComposite(device, { '/3303/0/5700': 1 });
    await stage.settle();
    let observe = 0;
    await fc.assert(
      fc.asyncProperty(contentFormat, payload, async (format, bytes) => {
        observe += 1;
        device.notify(token, observe, bytes, { contentFormat: format, type: MessageType.CON });
        expect(inWords(await device.one())).toBe('ACK empty');
        expect(stage.taken().filter((line) => line.startsWith('error'))).toEqual([]);
      }),
      { numRuns: 300 },
    );
    expect(stage.server.statistics.observations).toBe(1);
  },
);
