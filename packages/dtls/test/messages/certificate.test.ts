import { describe, expect, test } from 'vitest';
import { CertificateType, decodeCertificate, encodeCertificate } from '../../src/messages/certificate.ts';
import {
  decodeCertificateRequest,
  ECDSA_SIGN,
  encodeCertificateRequest,
} from '../../src/messages/certificate-request.ts';
import { decodeCertificateVerify, encodeCertificateVerify } from '../../src/messages/certificate-verify.ts';
import { alertOf, dtlsErrorOf } from '../errors.ts';
import { fromHex, toHex } from '../hex.ts';

const { x509, rawPublicKey } = CertificateType;

describe('a chain', () => {
  test.each([
    ['empty', '000000', []],
    ['two certificates', '000009 000002 aabb 000001 cc', ['aabb', 'cc']],
    ['four and their root', '000014 00000101 00000102 00000103 00000104 00000105', ['01', '02', '03', '04', '05']],
  ])('%s', (_, text, chain) => {
    const message = { type: x509, chain: chain.map(fromHex) };
    expect(decodeCertificate(fromHex(text), x509)).toEqual(message);
    expect(toHex(encodeCertificate(message))).toBe(text.replaceAll(' ', ''));
  });

  test.each([
    ['nothing', ''],
    ['half a length', '0000'],
    ['a list that is cut off', '000004 000001'],
    ['a certificate that is cut off', '000005 000003 aabb'],
    ['an empty certificate', '000003 000000'],
    ['bytes after the list', '000000 00'],
    ['a length of 16 MB', 'ffffff 000001 aa'],
  ])('%s: decode_error', (_, text) => {
    expect(alertOf(() => decodeCertificate(fromHex(text), x509))).toBe('decode_error');
  });

  test('too long: bad_certificate', () => {
    const message = { type: x509, chain: Array.from({ length: 6 }, () => Uint8Array.of(1)) };
    expect(dtlsErrorOf(() => decodeCertificate(encodeCertificate(message), x509))).toMatchObject({
      code: 'ERR_DTLS_LIMIT',
      alert: 'bad_certificate',
    });
  });
});

describe('a raw public key', () => {
  test('is a SubjectPublicKeyInfo with its length', () => {
    const message = { type: rawPublicKey, publicKey: fromHex('3001') };
    expect(decodeCertificate(fromHex('000002 3001'), rawPublicKey)).toEqual(message);
    expect(toHex(encodeCertificate(message))).toBe('0000023001');
  });

  test.each([
    ['empty', '000000'],
    ['cut off', '000002 30'],
    ['with bytes after it', '000001 3001'],
  ])('%s: decode_error', (_, text) => {
    expect(alertOf(() => decodeCertificate(fromHex(text), rawPublicKey))).toBe('decode_error');
  });
});

describe('CertificateRequest', () => {
  test('types, schemes, authorities', () => {
    const text = '01 40 0004 04030503 0007 0002 aabb 0001 cc';
    const request = {
      certificateTypes: [ECDSA_SIGN],
      signatureSchemes: [0x0403, 0x0503],
      authorities: [fromHex('aabb'), fromHex('cc')],
    };
    expect(decodeCertificateRequest(fromHex(text))).toEqual(request);
    expect(toHex(encodeCertificateRequest(request))).toBe(text.replaceAll(' ', ''));
  });

  test('no authorities', () => {
    expect(decodeCertificateRequest(fromHex('01 40 0002 0403 0000')).authorities).toEqual([]);
  });

  test.each([
    ['no types', '00 0002 0403 0000'],
    ['no schemes', '01 40 0000 0000'],
    ['half a scheme', '01 40 0003 040305 0000'],
    ['no list of authorities', '01 40 0002 0403'],
    ['an empty authority', '01 40 0002 0403 0002 0000'],
    ['bytes at the end', '01 40 0002 0403 0000 00'],
    ['too many authorities', `01 40 0002 0403 0303 ${'000101'.repeat(257)}`],
  ])('%s: decode_error', (_, text) => {
    expect(alertOf(() => decodeCertificateRequest(fromHex(text)))).toBe('decode_error');
  });
});

describe('CertificateVerify', () => {
  test('a scheme and a signature', () => {
    const signed = { scheme: 0x0403, signature: fromHex('3006') };
    expect(decodeCertificateVerify(fromHex('0403 0002 3006'))).toEqual(signed);
    expect(toHex(encodeCertificateVerify(signed))).toBe('040300023006');
  });

  test.each(['', '0403', '0403 0003 3006', '0403 0001 3006'])('"%s": decode_error', (text) => {
    expect(alertOf(() => decodeCertificateVerify(fromHex(text)))).toBe('decode_error');
  });
});
