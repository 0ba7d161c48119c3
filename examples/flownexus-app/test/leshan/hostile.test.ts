import { Code, CoapEndpoint, formatCode, type CoapReply } from '@flownexus/coap';
import { udpTransport } from '@flownexus/datagram';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { BootstrapHost } from './bootstrap-host.ts';
import { LeshanHost } from './leshan-host.ts';

/** Answers that are right, or say what is wrong with the call or the device. */
const HARMLESS = [200, 204, 400, 404, 405, 406, 413, 415, 502, 503, 504];

const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH'];
const segment = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('3', '0', '9', '65535', 'dev', 'composite', 'observe', 'discover') },
  fc.constantFrom('attributes', 'server', 'clients', 'security', '', '%', '%00', '..', '%2F', 'd01', '__proto__'),
);
const start = fc.constantFrom('/clients/dev', '/clients', '/objectspecs', '/security/clients', '/bootstrap', '/event');
const query = fc.constantFrom(
  '',
  '?active',
  '?timeout=0',
  '?timeout=1&format=TLV',
  '?format=cbor',
  '?pmin&pmax=1&gt=-1e999',
  '?paths=/3,/,/3/0/9/0',
  '?paths=/3&pathformat=SENML_JSON&nodeformat=TLV',
  '?replace=false&timeout=1',
  '?%ff=%',
);
const node = fc.letrec((tie) => ({
  value: fc.oneof(
    fc.string(),
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.constant({ objectId: 1 }),
  ),
  node: fc.record(
    {
      id: fc.oneof(fc.nat(65_540), fc.constantFrom('9', -1, 1.5)),
      kind: fc.constantFrom('singleResource', 'multiResource', 'resourceInstance', 'instance', 'obj', 'root', 'x'),
      type: fc.constantFrom('string', 'INTEGER', 'opaque', 'time', 'float', 'objlnk', 'none', 'x'),
      value: tie('value'),
      values: fc.dictionary(fc.constantFrom('0', '1', '65536', '__proto__'), tie('value')),
      resources: fc.array(tie('node'), { maxLength: 2 }),
      instances: fc.array(tie('node'), { maxLength: 2 }),
    },
    { requiredKeys: [] },
  ),
})).node;
const body = fc.oneof(
  fc.constant(undefined),
  node,
  fc.dictionary(fc.constantFrom('/3/0/9', '/3', 'x', '__proto__'), node),
  fc.json(),
  fc.constantFrom(
    '',
    '"',
    '[[[[',
    '\u0000',
    '{"endpoint":"e","tls":{"mode":"psk","details":{"identity":"e","key":""}}}',
  ),
);

test('no call gives 500', async () => {
  const host = await LeshanHost.start();
  const bootstrapHost = await BootstrapHost.start();
  await host.device('dev');
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...METHODS),
      start,
      fc.array(segment, { maxLength: 5 }),
      query,
      body,
      async (method, base, segments, parameters, content) => {
        const path = `${[base, ...segments].join('/')}${parameters}`;
        // A stream would not end.
        if (method === 'GET' && base === '/event' && segments.every((one) => one === '')) return;
        for (const { status } of [
          await host.call(method, path, content),
          await bootstrapHost.call(method, path, content),
        ]) {
          expect(HARMLESS).toContain(status);
        }
      },
    ),
    { numRuns: 300 },
  );
  expect(host.errors).toEqual([]);
});

test('no answer of a device gives 500', async () => {
  const host = await LeshanHost.start();
  let reply: CoapReply = { code: Code.CONTENT };
  const device = new CoapEndpoint({ transport: udpTransport({ port: 0 }), onRequest: () => reply });
  await device.open();
  onTestFinished(() => device.close());
  const server = await device.connect('127.0.0.1', host.coapPort);
  const registered = await device.request(server, {
    method: Code.POST,
    path: ['rd'],
    query: ['ep=dev', 'lwm2m=1.1', 'lt=300'],
    contentFormat: 40,
    payload: new TextEncoder().encode('</>;ct="110 112",</3/0>,</3303/0>'),
  });
  expect(formatCode(registered.code)).toBe('2.01');
  const text = fc.constantFrom(
    '',
    '<x',
    '</3/0/9>;pmin=1;__proto__=2',
    '[{"n":"/3/0/9","v":1}]',
    '[{"bn":"/3/0/","n":"9","vs":"a\\u0000"},{"n":"9/1","v":1e400}]',
    '<script>',
  );
  const payload = fc.oneof(
    text.map((value) => new TextEncoder().encode(value)),
    fc.uint8Array({ maxLength: 40 }),
  );
  const calls = fc.constantFrom(
    ['GET', '/3/0/9'],
    ['GET', '/3?format=TLV'],
    ['GET', '/3/discover'],
    ['GET', '/composite?paths=/3/0/9,/3303'],
    ['PUT', '/3/attributes?pmin=1'],
    ['POST', '/3/0/4'],
    ['POST', '/3'],
    ['DELETE', '/3/0'],
    ['POST', '/3/0/9/observe'],
    ['DELETE', '/3/0/9/observe?active'],
    ['POST', '/composite/observe?paths=/3/0/9'],
    ['DELETE', '/composite/observe?paths=/3/0/9&active'],
  );
  await fc.assert(
    fc.asyncProperty(
      calls,
      fc.constantFrom(65, 66, 67, 68, 69, 69, 69, 95, 128, 132, 134, 140, 143, 157, 160, 161),
      fc.constantFrom(undefined, 0, 40, 42, 60, 110, 112, 11_542, 11_543, 65_535),
      payload,
      fc.constantFrom(undefined, 0),
      async ([method = '', path = ''], code, contentFormat, bytes, observe) => {
        reply = {
          code,
          payload: bytes,
          ...(contentFormat === undefined ? {} : { contentFormat }),
          ...(observe === undefined ? {} : { observe }),
        };
        const content = method === 'POST' && path === '/3' ? { resources: [] } : undefined;
        const { status } = await host.call(method, `/clients/dev${path}`, content);
        // There may be no observation to end; the caller is never at fault.
        expect([200, 404, 502]).toContain(status);
      },
    ),
    { numRuns: 300 },
  );
});
