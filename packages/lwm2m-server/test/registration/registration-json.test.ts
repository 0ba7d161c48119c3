import { describe, expect, test } from 'vitest';
import { Lwm2mServerError } from '../../src/errors.ts';
import { formatRegistration, parseRegistration } from '../../src/registration/registration-json.ts';
import { aRegistration } from '../registrations.ts';

describe('formatRegistration', () => {
  test('has the object list in link format, and nothing that is empty', () => {
    const text = formatRegistration(aRegistration('dev', { links: '</>;ct="112 110",</1/0>,</3>;ver=1.2,</3/0>' }));
    expect(JSON.parse(text)).toEqual({
      endpointName: 'dev',
      registrationId: 'id-dev',
      lifetime: 60,
      lwm2mVersion: '1.1',
      bindingMode: 'U',
      queueMode: false,
      objectList: '</>;ct="112 110",</1/0>,</3>;ver=1.2,</3/0>',
      address: { host: '192.0.2.99', port: 50_000 },
      identity: { kind: 'anonymous' },
      registeredAt: 1000,
      updatedAt: 1000,
    });
  });

  test('and parseRegistration: the same list is the same value', () => {
    const parsed = ['a', 'b'].map((name) => parseRegistration(formatRegistration(aRegistration(name))));
    expect(parsed[0]?.instances).toBe(parsed[1]?.instances);
  });
});

describe('parseRegistration refuses', () => {
  const text = formatRegistration(aRegistration());
  const changed = (change: object): string => JSON.stringify({ ...(JSON.parse(text) as object), ...change });

  test.each([
    ['what is no JSON', '{', 'expected JSON at the top'],
    ['what is no object', '[]', 'expected an object at the top'],
    ['what has no name', changed({ endpointName: undefined }), 'expected the field endpointName at the top'],
    ['a lifetime that is none', changed({ lifetime: '60' }), 'expected a number at /lifetime'],
    ['a list that is none', changed({ objectList: '</1' }), 'the object list does not parse'],
    ['an identity that is none', changed({ identity: { kind: 'x' } }), 'expected one of the kinds'],
    ['a port that is none', changed({ address: { host: 'h', port: 65_536 } }), 'at /address/port'],
    ['other fields', changed({ more: 1 }), 'alone at the top'],
  ])('%s', (_name, given, expected) => {
    const parse = (): unknown => parseRegistration(given);
    expect(parse).toThrow(Lwm2mServerError);
    expect(parse).toThrow(expected);
    expect(parse).toThrow('the text is no registration');
  });
});
