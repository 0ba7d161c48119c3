import { spawnSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { certificationRequest } from '../../src/bootstrap/certification-request.ts';

test('a request names the device, and has its public key and a signature of it', () => {
  const { request, privateKey } = certificationRequest('urn:dev:1');
  const publicKey = createPublicKey(createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' }));
  const bytes = Buffer.from(request);
  expect(bytes.includes(publicKey.export({ type: 'spki', format: 'der' }))).toBe(true);
  expect(bytes.includes('urn:dev:1')).toBe(true);
  // SEQUENCE { info SEQUENCE, algorithm of 12 bytes, BIT STRING }: each with a length of two or three bytes.
  const infoAt = bytes[1] === 0x81 ? 3 : 2;
  const infoLength = bytes[infoAt + 1] === 0x81 ? (bytes[infoAt + 2] ?? 0) + 3 : (bytes[infoAt + 1] ?? 0) + 2;
  const signatureAt = infoAt + infoLength + 12 + 3;
  const info = bytes.subarray(infoAt, infoAt + infoLength);
  expect(verify('sha256', info, publicKey, bytes.subarray(signatureAt))).toBe(true);
});

const { status } = spawnSync('openssl', ['version']);

test.skipIf(status !== 0)('OpenSSL takes it, with a short name and a long one', () => {
  for (const name of ['d', 'urn:dev:'.padEnd(64, 'x'), 'urn:dev:'.padEnd(255, 'x')]) {
    const { request } = certificationRequest(name);
    const args = ['req', '-inform', 'DER', '-verify', '-noout', '-subject', '-nameopt', 'RFC2253'];
    const { stdout, stderr } = spawnSync('openssl', args, { input: request, encoding: 'utf8' });
    expect(stdout + stderr).toContain('verify OK');
    expect(stdout).toContain(`CN=${name}`);
  }
});
