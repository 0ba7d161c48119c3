import { Code, formatCode, OptionNumber, uintOption, type CoapMessage } from '@flownexus/coap';
import type { PeerIdentity } from '@flownexus/datagram';
import { describe, expect, test } from 'vitest';
import type { EnrollmentAnswer, EnrollmentRequest, EstOptions } from '../../src/index.ts';
import { encodeCertsOnly } from '../../src/est/certs-only.ts';
import { BootstrapScene } from './bootstrap-scene.ts';
import { expectRefused } from './bootstrapping.ts';

const ID: PeerIdentity = { kind: 'psk', identity: 'id' };
const [ROOT, CERTIFICATE, REQUEST] = [Uint8Array.of(0x30, 1, 1), Uint8Array.of(0x30, 1, 2), Uint8Array.of(0x30, 1, 3)];

interface Asked {
  readonly method?: number;
  readonly path: readonly string[];
  readonly contentFormat?: number;
  readonly accept?: number;
  readonly payload?: Uint8Array;
}

const ENROLL: Asked = { path: ['.well-known', 'est', 'sen'], contentFormat: 286, payload: REQUEST };

/** Asks an authority that does as told. */
async function ask(
  { method = Code.POST, ...fields }: Asked,
  sign: EstOptions['sign'] = () => ({ certificate: CERTIFICATE }),
  identity: PeerIdentity | undefined = ID,
): Promise<{ readonly answer: CoapMessage; readonly scene: BootstrapScene }> {
  const scene = await BootstrapScene.start({ est: { authorities: [ROOT, CERTIFICATE], sign } });
  const device = scene.device(identity);
  device.request(method, fields);
  return { answer: await device.one(), scene };
}

describe('a device that has proven who it is (ETS 1.1-int-10)', () => {
  test.each<readonly [string, 'enroll' | 'reenroll', number | undefined, number, Uint8Array]>([
    ['sen', 'enroll', undefined, 281, encodeCertsOnly([CERTIFICATE])],
    ['sen', 'enroll', 287, 287, CERTIFICATE],
    ['sren', 'reenroll', 281, 281, encodeCertsOnly([CERTIFICATE])],
  ])('gets its certificate by %s (%s, Accept %s)', async (name, operation, accept, contentFormat, payload) => {
    const asked: EnrollmentRequest[] = [];
    const fields = { ...ENROLL, path: ['.well-known', 'est', name], ...(accept === undefined ? {} : { accept }) };
    const { answer, scene } = await ask(fields, (request) => {
      asked.push(request);
      return Promise.resolve({ certificate: CERTIFICATE });
    });
    expect(formatCode(answer.code)).toBe('2.04');
    expect(uintOption(answer.options, OptionNumber.CONTENT_FORMAT)).toBe(contentFormat);
    expect(answer.payload).toEqual(payload);
    expect(asked).toEqual([{ operation, endpointName: 'dev', identity: ID, certificationRequest: REQUEST }]);
    expect(scene.log).toEqual([`${operation} dev: 3 bytes`]);
  });

  test('gets the certificates of the authority', async () => {
    const { answer } = await ask({ method: Code.GET, path: ['.well-known', 'est', 'crts'] });
    expect(formatCode(answer.code)).toBe('2.05');
    expect(answer.payload).toEqual(encodeCertsOnly([ROOT, CERTIFICATE]));
  });

  test('may name the authority, of which there is one', async () => {
    const { answer } = await ask({ ...ENROLL, path: ['.well-known', 'est', 'label', 'sen'] });
    expect(formatCode(answer.code)).toBe('2.04');
  });
});

describe('is refused:', () => {
  test.each<readonly [string, Asked, string]>([
    ['another format', { ...ENROLL, contentFormat: 0 }, '4.15 a certification request is in 286'],
    ['another Accept', { ...ENROLL, accept: 0 }, '4.06 certificates are given as 281 or 287'],
    ['what is no request', { ...ENROLL, payload: Uint8Array.of(1) }, '4.00 the payload is no certification request'],
    ['nothing', { ...ENROLL, payload: new Uint8Array(0) }, '4.00 the payload is no certification request'],
  ])('%s', async (_name, fields, expected) => {
    const { answer, scene } = await ask(fields);
    expectRefused(answer, expected);
    expect(scene.log[0]).toBe(`refused enroll of ?: ${expected}`);
  });

  test('who has proven nothing', async () => {
    const { answer } = await ask(ENROLL, undefined, { kind: 'anonymous' });
    expectRefused(answer, '4.01 certificates are given over DTLS');
  });

  test('whom the authority refuses', async () => {
    const { answer, scene } = await ask(ENROLL, () => ({ reason: 'not today' }));
    expectRefused(answer, '4.03 not today');
    expect(scene.log).toEqual(['refused enroll of dev: 4.03 not today']);
  });

  test('who is to wait, with the time', async () => {
    const { answer } = await ask(ENROLL, () => ({ reason: 'somebody has to look at it', retryAfter: 600 }));
    expectRefused(answer, '5.03 somebody has to look at it');
    expect(uintOption(answer.options, OptionNumber.MAX_AGE)).toBe(600);
  });

  test('everybody while the authority fails', async () => {
    const { answer, scene } = await ask(ENROLL, () => Promise.reject(new Error('no key')));
    expectRefused(answer, '5.03 the server can not take this now');
    expect(scene.log[0]).toBe('error: the certificate of dev could not be signed: Error: no key');
  });

  test.each<readonly [string, unknown]>([
    ['a time that is none', { reason: 'later', retryAfter: -1 }],
    ['a time without end', { reason: 'later', retryAfter: Infinity }],
    ['an empty certificate', { certificate: new Uint8Array(0) }],
    ['a certificate as a text', { certificate: '-----BEGIN CERTIFICATE-----' }],
    ['nothing', undefined],
  ])('everybody while the authority gives %s', async (_name, given) => {
    const { answer, scene } = await ask(ENROLL, () => given as EnrollmentAnswer);
    expectRefused(answer, '5.03 the server can not take this now');
    expect(scene.log[0]).toContain('error: the certificate of dev could not be signed: ');
  });

  test('who wants several certificates in the form for one (RFC 9148 §5.3)', async () => {
    const { answer } = await ask({ method: Code.GET, path: ['.well-known', 'est', 'crts'], accept: 287 });
    expectRefused(answer, '4.06 several certificates are given as 281');
  });

  test.each([
    [Code.GET, ['.well-known', 'est', 'sen'], '4.05'],
    [Code.POST, ['.well-known', 'est', 'skg'], '4.04'],
    [Code.GET, ['.well-known', 'est'], '4.04'],
    [Code.GET, ['.well-known', 'core'], '4.04'],
  ])('what is not there: %s %s', async (method, path, expected) => {
    const { answer } = await ask({ method, path });
    expect(formatCode(answer.code)).toBe(expected);
  });
});

test('the time to come again is told in whole seconds', async () => {
  const { answer } = await ask(ENROLL, () => ({ reason: 'later', retryAfter: 1.5 }));
  expect(uintOption(answer.options, OptionNumber.MAX_AGE)).toBe(2);
});

test('an authority without a certificate is none', async () => {
  const est = { authorities: [], sign: () => ({ reason: 'no' }) };
  await expect(BootstrapScene.start({ est })).rejects.toThrow('the authorities of EST are certificates in DER');
});

test('without an authority there is nothing', async () => {
  const scene = await BootstrapScene.start();
  const device = scene.device(ID);
  device.request(Code.POST, ENROLL);
  expect(formatCode((await device.one()).code)).toBe('4.04');
});
