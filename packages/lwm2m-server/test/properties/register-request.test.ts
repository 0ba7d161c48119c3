import fc from 'fast-check';
import { test } from 'vitest';
import { ANONYMOUS } from '@flownexus/datagram';
import { RefusalError } from '../../src/registration/refusal-error.ts';
import { Profiles } from '../../src/registration/profiles.ts';
import { parseRegister } from '../../src/registration/register-request.ts';

const parameter = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc
    .tuple(fc.constantFrom('ep', 'lt', 'lwm2m', 'b', 'Q', 'sms', 'pid', 'x'), fc.string({ maxLength: 12 }))
    .map(([name, value]) => `${name}=${value}`),
);
const link = fc.oneof(
  fc.constantFrom(
    '</>;ct=112',
    '</3/0>',
    '</3>;ver="1.1"',
    '</lwm2m>;rt="oma.lwm2m"',
    '</lwm2m/3303/0>',
    '<',
    '>;',
    ',',
  ),
  fc.string({ maxLength: 20 }),
);
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc.array(link, { maxLength: 6 }).map((links) => new TextEncoder().encode(links.join(','))),
);

test('any Register is read or refused, with a code of its table', () => {
  fc.assert(
    fc.property(
      fc.array(parameter, { maxLength: 8 }),
      payload,
      fc.option(fc.integer({ min: 0, max: 65_535 }), { nil: undefined }),
      (query, bytes, contentFormat) => {
        try {
          const { listOf } = parseRegister(
            {
              query: ['ep=a', 'lt=1', ...query],
              contentFormat: contentFormat === undefined || contentFormat % 2 === 0 ? 40 : contentFormat,
              payload: bytes,
              peer: { host: '192.0.2.1', port: 1, identity: ANONYMOUS },
            },
            new Profiles(),
          );
          const list = listOf('a');
          return list.links.length > 0 && list.rootPath.startsWith('/');
        } catch (error) {
          if (error instanceof RefusalError) return [0x80, 0x89, 0x8c, 0x8f].includes(error.responseCode);
          throw error;
        }
      },
    ),
    { numRuns: 2000 },
  );
});
