import { Code, type CoapResponse } from '@flownexus/coap';
import { expect, test } from 'vitest';
import {
  registerRequest,
  registrationLocation,
  updateRequest,
  type RegisterParameters,
  type RegistrationFacts,
} from '../../src/registration/registration-requests.ts';

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

const facts: RegistrationFacts = { lifetime: 60, binding: 'U', queueMode: false, objectList: '</1/0>,</3/0>' };
const parameters: RegisterParameters = {
  endpointName: 'urn:imei:1',
  lwm2mVersion: '1.1',
  smsNumber: undefined,
  profileIds: [],
  listedObjects: '',
  parameters: [],
};

function textOf(payload: Uint8Array | undefined): string {
  return new TextDecoder().decode(payload);
}

test('a Register has the parameters in the order of Zephyr', () => {
  const request = registerRequest(facts, parameters);
  expect(request.query).toEqual(['lwm2m=1.1', 'ep=urn:imei:1', 'lt=60', 'b=U']);
  expect(request.contentFormat).toBe(40);
  expect(textOf(request.payload)).toBe('</1/0>,</3/0>');
});

test('all parameters', () => {
  const all = {
    ...parameters,
    endpointName: undefined,
    lwm2mVersion: '1.2',
    smsNumber: '15551234',
    parameters: ['x=y'],
  };
  const one = registerRequest({ ...facts, binding: 'UT', queueMode: true }, { ...all, profileIds: ['6:27354b9a'] });
  expect(one.query).toEqual(['lwm2m=1.2', 'lt=60', 'b=UT', 'Q', 'sms=15551234', 'pid=6:27354b9a', 'x=y']);
  expect([one.contentFormat, one.payload]).toEqual([undefined, undefined]);
  const two = registerRequest(facts, { ...all, profileIds: ['6:27354b9a', '6:00000000'], listedObjects: '</4/0>' });
  expect(two.query).toContain('pid="6:27354b9a 6:00000000"');
  expect(textOf(two.payload)).toBe('</4/0>');
});

test('LwM2M 1.0 has queue mode in its binding', () => {
  const { query } = registerRequest({ ...facts, queueMode: true }, { ...parameters, lwm2mVersion: '1.0' });
  expect(query).toEqual(['lwm2m=1.0', 'ep=urn:imei:1', 'lt=60', 'b=UQ']);
});

test.each<[string, Partial<RegistrationFacts>, string[], string]>([
  ['nothing', {}, [], ''],
  ['the lifetime', { lifetime: 20 }, ['lt=20'], ''],
  ['the binding', { binding: 'UT' }, ['b=UT'], ''],
  ['queue mode', { queueMode: true }, ['b=U', 'Q'], ''],
  ['the object list', { objectList: '</1/0>' }, [], '</1/0>'],
])('an Update tells %s that has changed', (_name, changes, query, list) => {
  const request = updateRequest(['rd', '5a3f'], { ...facts, ...changes }, facts, '1.1');
  expect([request.path, request.query, textOf(request.payload)]).toEqual([['rd', '5a3f'], query, list]);
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
