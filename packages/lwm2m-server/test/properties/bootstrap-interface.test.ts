import { Code, codeClass, formatCode } from '@flownexus/coap';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BootstrapStage } from '../scenarios/bootstrapping.ts';

const parameter = fc.oneof(
  fc.constantFrom('ep=dev', 'ep=', 'ep', 'ep="dev"', 'pct=112', 'pct=', 'pct', 'acc=1', 'acc=1,2', 'acc', '', 'ep=..'),
  fc
    .tuple(fc.constantFrom('ep=', 'pct=', 'acc=', ''), fc.string({ unit: 'binary', maxLength: 20 }))
    .map((parts) => parts.join('')),
);

const request = fc.record({
  method: fc.constantFrom(Code.GET, Code.POST, Code.PUT, Code.DELETE),
  path: fc.constantFrom(['bs'], ['bspack'], ['bs', ''], ['bspack', 'x']),
  query: fc.array(
    parameter.map((text) => text.toWellFormed()),
    { maxLength: 5 },
  ),
  accept: fc.option(fc.constantFrom(0, 40, 112, 110, 11_544), { nil: undefined }),
  payload: fc.uint8Array({ maxLength: 20 }),
});

test('any request of the bootstrap interface has an answer of its own, and leaves nothing behind', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 5 }), async (requests) => {
      const stage = await BootstrapStage.begin();
      const device = stage.device();
      for (const { method, accept, ...fields } of requests) {
        device.request(method, { ...fields, ...(accept === undefined ? {} : { accept }) });
        const [answer, ...others] = await device.received();
        expect(others).toEqual([]);
        if (answer === undefined) throw new Error('there was no answer');
        expect(codeClass(answer.code), formatCode(answer.code)).toBe(4);
      }
      expect(stage.taken().filter((line) => !line.startsWith('refused '))).toEqual([]);
      await stage.server.stop();
    }),
    { numRuns: 100 },
  );
});
