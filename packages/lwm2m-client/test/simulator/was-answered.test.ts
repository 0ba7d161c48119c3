import { Code, CoapError } from '@flownexus/coap';
import { DtlsError } from '@flownexus/dtls';
import { expect, test } from 'vitest';
import { Lwm2mClientError } from '../../src/errors.ts';
import { wasAnswered } from '../../src/simulator/was-answered.ts';

const notAsked = (cause: unknown): Lwm2mClientError =>
  new Lwm2mClientError('ERR_LWM2M_CLIENT_BOOTSTRAP', 'the bootstrap server can not be asked', { cause });

test.each([
  ['a refusal', new Lwm2mClientError('ERR_LWM2M_CLIENT_REFUSED', 'refused', { responseCode: Code.FORBIDDEN }), true],
  ['a Reset', new CoapError('ERR_COAP_RESET', 'rejected'), true],
  ['an alert', notAsked(new DtlsError('ERR_DTLS_ALERT', 'unknown_psk_identity')), true],
  ['silence', new CoapError('ERR_COAP_TIMEOUT', 'no response'), false],
  ['silence of a bootstrap server', notAsked(new CoapError('ERR_COAP_TIMEOUT', 'no response')), false],
  ['a handshake without an answer', notAsked(new DtlsError('ERR_DTLS_TIMEOUT', 'timed out')), false],
  ['a key of our own that can not be used', new DtlsError('ERR_DTLS_CREDENTIAL', 'no key'), false],
  ['an account that can not be used', new Lwm2mClientError('ERR_LWM2M_CLIENT_ACCOUNT', 'no URI'), false],
  ['anything else', new Error('no address'), false],
])('of %s', (_, error, expected) => {
  expect(wasAnswered(error)).toBe(expected);
});
