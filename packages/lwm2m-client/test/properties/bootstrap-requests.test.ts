import { Code, type CoapRequest } from '@flownexus/coap';
import { CONTENT_FORMATS, ContentFormat } from '@flownexus/lwm2m-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inconsistency } from '../../src/bootstrap/server-accounts.ts';
import { BOOTSTRAP_ACCOUNT, BootstrapStage, serverAccount } from '../bootstrap/bootstrap-stage.ts';
import { encoded } from '../scenarios/world.ts';

const segment = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('0', '1', '2', '3', '21', '10', 'bs', '3303', '65535') },
  { weight: 1, arbitrary: fc.constantFrom('', 'x', '65536', '03', '-1', '/') },
);

const account = serverAccount(1) as Record<string, string | number | boolean>;
const ofObject = (prefix: string): Record<string, string | number | boolean> =>
  Object.fromEntries(Object.entries(account).filter(([path]) => path.startsWith(prefix)));

const payload = fc.oneof(
  fc.uint8Array({ maxLength: 24 }),
  fc.constantFrom(
    encoded('/0/1', ContentFormat.TLV, ofObject('/0/')),
    encoded('/1/1', ContentFormat.TLV, ofObject('/1/')),
    encoded('/', ContentFormat.SENML_CBOR, account),
    new TextEncoder().encode('[{"bn":"/1/1/","n":"0","v":1}]'),
    new TextEncoder().encode('60'),
  ),
);

const contentFormat = fc.option(
  fc.oneof(fc.constantFrom(...CONTENT_FORMATS.map(({ number }) => number)), fc.integer({ min: 0, max: 65_535 })),
  { nil: undefined },
);

const request = fc.record({
  method: fc.constantFrom(Code.GET, Code.POST, Code.PUT, Code.DELETE, Code.FETCH, Code.PATCH, Code.IPATCH),
  path: fc.array(segment, { maxLength: 5 }),
  query: fc.array(fc.string({ maxLength: 8 }), { maxLength: 2 }),
  payload,
  contentFormat,
  accept: contentFormat,
});

test.each(['1.0', '1.1', '1.2'] as const)(
  'whatever a bootstrap server asks, LwM2M %s gives one answer, and is done with accounts that fit alone',
  async (lwm2mVersion) => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 12 }), async (requests) => {
        const stage = await BootstrapStage.bootstrapping(BOOTSTRAP_ACCOUNT, { lwm2mVersion });
        for (const { path, contentFormat: format, accept, ...rest } of requests) {
          const options: Partial<CoapRequest> = {
            ...rest,
            path,
            ...(format === undefined ? {} : { contentFormat: format }),
            ...(accept === undefined ? {} : { accept }),
          };
          expect(await stage.ask(rest.method, '/', options)).toMatch(/^[24]\./);
          if (stage.events.includes('bootstrapped')) break;
        }
        expect(stage.tree.has('/3/0')).toBe(true);
        if (stage.events.includes('bootstrapped')) expect(inconsistency(stage.tree)).toBeUndefined();
        await stage.close();
      }),
      { numRuns: 60 },
    );
  },
);
