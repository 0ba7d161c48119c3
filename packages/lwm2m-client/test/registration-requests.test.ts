import { Code, type CoapResponse } from '@flownexus/coap';
import { expect, test } from 'vitest';
import { registerRequest, registrationLocation } from '../src/registration-requests.ts';

function response(code: number, location: readonly string[], payload = ''): CoapResponse {
  return {
    code,
    contentFormat: undefined,
    observe: undefined,
    etag: undefined,
    maxAge: undefined,
    locationPath: location,
    locationQuery: [],
    options: [],
    payload: new TextEncoder().encode(payload),
  };
}

test('a Register has the parameters in the order of Zephyr, and no Security Object', () => {
  const request = registerRequest({
    endpointName: 'urn:imei:1',
    lifetime: 60,
    lwm2mVersion: '1.1',
    instancePaths: ['/0/0', '/1/0', '/3/0'],
  });
  expect(request.query).toEqual(['lwm2m=1.1', 'ep=urn:imei:1', 'lt=60', 'b=U']);
  expect(request.contentFormat).toBe(40);
  expect(new TextDecoder().decode(request.payload)).toBe('</>;ct=112,</1/0>,</3/0>');
});

test('the Location is what the server chose', () => {
  expect(registrationLocation(response(Code.CREATED, ['rd', '5a3f']))).toEqual(['rd', '5a3f']);
});

test.each([
  ['4.03 with a reason', response(Code.FORBIDDEN, [], 'not you'), 'registration answered 4.03 not you'],
  ['4.12 without one', response(Code.PRECONDITION_FAILED, []), 'registration answered 4.12'],
  ['2.01 without a Location', response(Code.CREATED, []), 'registration answered 2.01 no Location'],
])('%s is a refusal', (_name, answer, message) => {
  expect(() => registrationLocation(answer)).toThrow(
    expect.objectContaining({ code: 'ERR_LWM2M_CLIENT_REFUSED', message, responseCode: answer.code }) as Error,
  );
});
