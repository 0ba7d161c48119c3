import { describe, expect, test } from 'vitest';
import { formatCode } from '@flownexus/coap';
import { RefusalError } from '../../src/registration/refusal-error.ts';
import { parseRegistrationParameters } from '../../src/registration/registration-parameters.ts';

function refusal(query: string): string {
  try {
    parseRegistrationParameters(query.split('&'));
  } catch (error) {
    if (error instanceof RefusalError) return formatCode(error.responseCode);
    throw error;
  }
  return 'accepted';
}

describe('parseRegistrationParameters', () => {
  test.each([
    ['Zephyr 1.1, queue mode', 'lwm2m=1.1&ep=z&lt=60&b=U&Q', '1.1', 'z', 60, 'U', true],
    ['Leshan client, any order, UT', 'b=UT&lwm2m=1.1&lt=60&ep=leshan-udp', '1.1', 'leshan-udp', 60, 'UT', false],
    ['Anjay 1.2 without b', 'lwm2m=1.2&ep=anjay-udp&lt=60', '1.2', 'anjay-udp', 60, undefined, false],
    ['LwM2M 1.0 queue mode in b', 'ep=old&lt=300&b=UQ', undefined, 'old', 300, 'U', true],
    ['LwM2M 1.0 UQS', 'ep=old&b=UQS', undefined, 'old', undefined, 'US', true],
    ['quoted values', 'ep=q&lwm2m="1.1"&b="UQ"&lt="5"', '1.1', 'q', 5, 'U', true],
    ['lifetime 0', 'ep=q&lwm2m=1.2&lt=0', '1.2', 'q', 0, undefined, false],
    ['the longest lifetime', 'ep=q&lt=4294967295', undefined, 'q', 4294967295, undefined, false],
    ['a minor version to come', 'ep=q&lwm2m=1.9&lt=1', '1.9', 'q', 1, undefined, false],
    ['a version with a third part, as of coap-node', 'ep=q&lwm2m=1.0.0&lt=1', '1.0.0', 'q', 1, undefined, false],
    [
      'an endpoint name with signs',
      'ep=urn:dev:os:32473-1=2"&lt=1',
      undefined,
      'urn:dev:os:32473-1=2"',
      1,
      undefined,
      false,
    ],
    ['Q with an equals sign', 'ep=q&Q=', undefined, 'q', undefined, undefined, true],
    ['a lone question mark', '', undefined, undefined, undefined, undefined, false],
  ])('%s', (_name, query, lwm2mVersion, endpointName, lifetime, bindingMode, queueMode) => {
    expect(parseRegistrationParameters(query.split('&'))).toMatchObject({
      lwm2mVersion,
      endpointName,
      lifetime,
      bindingMode,
      queueMode,
    });
  });

  test('keeps what the specification does not name, `__proto__` too', () => {
    const { additional } = parseRegistrationParameters(['ep=a', 'vendor=x', 'flag', '__proto__=p', 'site=']);
    expect(Object.entries(additional)).toEqual([
      ['vendor', 'x'],
      ['flag', ''],
      ['__proto__', 'p'],
      ['site', ''],
    ]);
  });

  test('reads sms and pid', () => {
    expect(parseRegistrationParameters(['sms=+491701234567', 'pid=6:27354b9a'])).toMatchObject({
      smsNumber: '+491701234567',
      profileIds: ['6:27354b9a'],
    });
  });

  test.each([
    ['lt not numeric', 'ep=a&lt=soon', '4.00'],
    ['lt negative', 'ep=a&lt=-1', '4.00'],
    ['lt fractional', 'ep=a&lt=1.5', '4.00'],
    ['lt empty', 'ep=a&lt=', '4.00'],
    ['lt without value', 'ep=a&lt', '4.00'],
    ['lt too large', 'ep=a&lt=4294967296', '4.00'],
    ['lt of many digits', `ep=a&lt=${'9'.repeat(200)}`, '4.00'],
    ['an unknown major version', 'ep=a&lwm2m=2.0&lt=1', '4.12'],
    ['version 0.9', 'ep=a&lwm2m=0.9&lt=1', '4.12'],
    ['version without minor', 'ep=a&lwm2m=1&lt=1', '4.00'],
    ['version with a fourth part', 'ep=a&lwm2m=1.0.2.0&lt=1', '4.00'],
    ['version with an empty third part', 'ep=a&lwm2m=1.0.&lt=1', '4.00'],
    ['version of letters', 'ep=a&lwm2m=one&lt=1', '4.00'],
    ['b unknown', 'ep=a&b=X', '4.00'],
    ['b empty', 'ep=a&b=', '4.00'],
    ['b only Q', 'ep=a&b=Q', '4.00'],
    ['b with a letter twice', 'ep=a&b=UU', '4.00'],
    ['b lower case', 'ep=a&b=u', '4.00'],
    ['Q with a value', 'ep=a&Q=0', '4.00'],
    ['sms empty', 'ep=a&sms=', '4.00'],
    ['sms with a control character', 'ep=a&sms=\u0007', '4.00'],
    ['ep of 256 bytes', `ep=${'e'.repeat(256)}`, '4.00'],
    ['ep of 255 bytes', `ep=${'e'.repeat(255)}`, 'accepted'],
    ['ep of 254 bytes in 127 characters', `ep=${'é'.repeat(127)}`, 'accepted'],
    ['ep of 256 bytes in 128 characters', `ep=${'é'.repeat(128)}`, '4.00'],
    ['ep with a newline', 'ep=a\nb', '4.00'],
    ['ep of a dot', 'ep=.', '4.00'],
    ['ep of two dots', 'ep=..', '4.00'],
    ['ep of three dots', 'ep=...', 'accepted'],
    ['ep with a NUL', 'ep=a\0', '4.00'],
    ['ep with a C1 control', 'ep=a\u0085', '4.00'],
    ['a parameter twice', 'ep=a&ep=b', '4.00'],
    ['Q twice', 'ep=a&Q&Q', '4.00'],
    ['an unknown parameter twice', 'ep=a&x=1&x=2', '4.00'],
    ['17 unknown parameters', `ep=a&${Array.from({ length: 17 }, (_, i) => `p${i}=1`).join('&')}`, '4.00'],
    ['16 unknown parameters', `ep=a&${Array.from({ length: 16 }, (_, i) => `p${i}=1`).join('&')}`, 'accepted'],
  ])('%s: %s gives %s', (_name, query, code) => {
    expect(refusal(query)).toBe(code);
  });

  test('a diagnostic never repeats bytes that are not plain', () => {
    expect(() => parseRegistrationParameters(['\u001b[2J', '\u001b[2J'])).toThrow('(unprintable)');
  });
});
