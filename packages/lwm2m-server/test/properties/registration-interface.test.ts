import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Code, codeClass, formatCode } from '@flownexus/coap';
import { diagnostic, Stage } from '../scripted-device.ts';

const NAMES = ['ep', 'lt', 'lwm2m', 'b', 'Q', 'sms', 'pid', 'x', '', '__proto__', 'EP', 'lt '];
const VALUES = [
  '',
  '1',
  '60',
  '0',
  '4294967295',
  '4294967296',
  '1.1',
  '1.2',
  '2.0',
  'U',
  'UQ',
  'UQS',
  'UX',
  '"U"',
  '"',
  '6:27354b9a',
];
const value = fc.oneof(fc.constantFrom(...VALUES), fc.string({ unit: 'binary', maxLength: 12 }));
const parameter = fc.oneof(
  { arbitrary: fc.tuple(fc.constantFrom(...NAMES), value).map((pair) => pair.join('=')), weight: 4 },
  { arbitrary: fc.constantFrom(...NAMES), weight: 1 },
  { arbitrary: fc.string({ unit: 'binary', maxLength: 30 }), weight: 1 },
);
const query = fc.array(
  parameter.map((text) => text.toWellFormed()),
  { maxLength: 8 },
);
const LINK = [
  '</>;ct=112',
  '</3/0>',
  '</3>;ver="1.1"',
  '</lwm2m>;rt="oma.lwm2m"',
  '</lwm2m/3303/0>',
  '<',
  '>;',
  ',',
  ';',
  '"',
];
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc
    .array(fc.oneof(fc.constantFrom(...LINK), fc.string({ maxLength: 20 })), { maxLength: 6 })
    .map((links) => new TextEncoder().encode(links.join(','))),
  fc.constant(new TextEncoder().encode('</3/0>')),
);
const anyRequest = fc.record({
  good: fc.boolean(),
  /** An Update is for a registration that nobody has. */
  gone: fc.nat({ max: 7 }).map((n) => n === 0),
  query,
  payload,
  contentFormat: fc.oneof(fc.constant(40), fc.constant(undefined), fc.integer({ min: 0, max: 65_535 })),
});
/** Seldom met by chance. */
const special = fc.constantFrom(['pid=6:0badc0de'], ['lwm2m=2.0'], []).map((parameters) => ({
  good: parameters[0] !== 'lwm2m=2.0',
  gone: false,
  query: parameters,
  payload: new Uint8Array(0),
  contentFormat: 40,
}));
const request = fc.oneof({ arbitrary: anyRequest, weight: 5 }, { arbitrary: special, weight: 1 });

const GOOD = ['lwm2m=1.2', 'ep=dev', 'lt=600'];
const REFUSALS: ReadonlySet<string> = new Set(['4.00', '4.04', '4.09', '4.12', '4.15']);

test('any Register, Update and De-register gets one answer: a success, or a refusal with its reason', async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 4 }), async (requests) => {
      const stage = await Stage.start({ profiles: { '6:27354b9a': '</3/0>' } });
      const device = stage.device();
      await device.register('lwm2m=1.2&ep=dev&lt=600', '</3/0>');
      stage.taken();
      for (const [index, { good, gone, query: asked, ...fields }] of requests.entries()) {
        const path = index % 2 === 0 ? (gone ? ['rd', 'nobody'] : device.location) : ['rd'];
        const { payload: bytes, contentFormat } = fields;
        const options = { path, query: good && index % 2 === 1 ? [...GOOD, ...asked] : asked };
        device.request(Code.POST, {
          ...options,
          ...(contentFormat === undefined ? {} : { contentFormat }),
          payload: bytes,
        });
        const answers = await device.received();
        expect(answers).toHaveLength(1);
        const [answer] = answers;
        if (answer === undefined) return;
        const code = formatCode(answer.code);
        seen.set(code, (seen.get(code) ?? 0) + 1);
        const events = stage.taken();
        if (codeClass(answer.code) === 2) {
          expect(code).toBe(index % 2 === 0 ? '2.04' : '2.01');
          expect(events.every((line) => /^(registered|replaced|updated) /.test(line))).toBe(true);
        } else {
          expect(REFUSALS).toContain(code);
          expect(diagnostic(answer)).not.toBe('');
          expect(events).toHaveLength(1);
          expect(events[0]).toContain(`${code} ${diagnostic(answer)}`);
        }
      }
      await stage.server.stop();
    }),
    { numRuns: 300 },
  );
  // The requests are bad and good in all ways, or this tests little.
  for (const code of ['2.01', '2.04', ...REFUSALS]) expect([code, seen.get(code) ?? 0]).not.toEqual([code, 0]);
});
