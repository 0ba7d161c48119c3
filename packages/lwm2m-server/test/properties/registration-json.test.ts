import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseLinkFormat } from '@flownexus/lwm2m-core';
import { Lwm2mServerError } from '../../src/errors.ts';
import { objectListOfLinks } from '../../src/registration/object-lists.ts';
import { formatRegistration, parseRegistration } from '../../src/registration/registration-json.ts';
import { aRegistration } from '../registrations.ts';

const PLAIN = { noNullPrototype: true } as const;
const text = fc.string({ unit: 'binary', maxLength: 12 }).map((value) => value.toWellFormed());
const identity = fc.oneof(
  fc.constant({ kind: 'anonymous' } as const),
  fc.record({ kind: fc.constant('psk' as const), identity: text }, PLAIN),
  fc.record(
    {
      kind: fc.constant('x509' as const),
      certificate: fc.uint8Array({ maxLength: 9 }),
      commonName: fc.option(text, { nil: undefined }),
    },
    PLAIN,
  ),
  fc.record({ kind: fc.constant('rpk' as const), publicKey: fc.uint8Array({ maxLength: 9 }) }, PLAIN),
);

const id = fc.integer({ min: 0, max: 65_536 });
const value = fc.oneof(fc.constantFrom('1.0', '"1.1"', '112', '"110 112"', '"a,b"', '"\\"\\\\"', '1.0 ', ''), id);
const attribute = fc.oneof(
  fc
    .tuple(fc.constantFrom('ver', 'ct', 'rt', 'if', 'title', 'x', 'dim', '__proto__'), value)
    .map((pair) => pair.join('=')),
  fc.constantFrom('obs', 'rt="oma.lwm2m"', 'rt="oma.lwm2m other"'),
);
const target = fc.oneof(
  fc.constantFrom('/', '/lwm2m', '/lwm2m/3/0', '/a/%C3%BC', '/rd', '/3/', '/5/0/1', '/0/0'),
  fc.tuple(id, id).map(([objectId, instanceId]) => `/${objectId}/${instanceId}`),
  id.map((objectId) => `/${objectId}`),
);
const link = fc
  .tuple(target, fc.array(attribute, { maxLength: 3 }))
  .map(([path, attributes]) => [`<${path}>`, ...attributes].join(';'));
const list = fc.array(link, { maxLength: 8 }).map((links) => links.join(','));

test('a registration is the same again that was written as text', () => {
  let kept = 0;
  fc.assert(
    fc.property(
      list,
      fc.constantFrom('1.0', '1.1', '1.2', '1.9'),
      fc.record({
        endpointName: text,
        registrationId: text,
        lifetime: fc.nat(),
        bindingMode: text,
        queueMode: fc.boolean(),
        smsNumber: fc.option(text, { nil: undefined }),
        profileIds: fc.array(text, { maxLength: 2 }),
        additionalParameters: fc.dictionary(fc.oneof(text, fc.constant('__proto__')), text, {
          maxKeys: 3,
          noNullPrototype: true,
        }),
        identity,
        address: fc.record({ host: text, port: fc.nat({ max: 65_535 }) }, PLAIN),
        registeredAt: fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }),
        updatedAt: fc.nat(),
      }),
      (links, lwm2mVersion, fields) => {
        let objectList;
        try {
          objectList = objectListOfLinks(parseLinkFormat(links), lwm2mVersion);
        } catch {
          return; // no device could have registered with it
        }
        kept += 1;
        const registration = { ...aRegistration(), ...fields, lwm2mVersion, ...objectList };
        expect(parseRegistration(formatRegistration(registration))).toStrictEqual(registration);
      },
    ),
    { numRuns: 1000 },
  );
  expect(kept).toBeGreaterThan(500);
});

test('any text is a registration or is refused', () => {
  const whole = formatRegistration(aRegistration());
  const broken = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .tuple(fc.nat({ max: whole.length }), fc.nat({ max: 4 }), fc.string({ maxLength: 4 }))
      .map(([at, length, put]) => whole.slice(0, at) + put + whole.slice(at + length)),
  );
  fc.assert(
    fc.property(broken, (given) => {
      try {
        parseRegistration(given);
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_LWM2M_SERVER_REGISTRATION' });
        expect(error).toBeInstanceOf(Lwm2mServerError);
      }
    }),
    { numRuns: 2000 },
  );
});
