import { generateKeyPairSync } from 'node:crypto';
import { loadCredential } from '@flownexus/dtls';
import { testCertificate } from '@flownexus/dtls/testing';
import { expect, test } from 'vitest';
import { LeshanHost } from './leshan-host.ts';

const KEY = 'c0ffee'.repeat(4);
const psk = (endpoint: string, identity = endpoint): object => ({
  endpoint,
  tls: { mode: 'psk', details: { identity, key: KEY } },
});
const certificate = testCertificate({ commonName: 'server' });
const own = loadCredential({ privateKey: certificate.privateKey, certificate: certificate.der, rawPublicKey: true });
const publicKey = Buffer.from(own.rawPublicKey ?? []);
const otherCurve = generateKeyPairSync('ec', { namedCurve: 'secp521r1' }).publicKey.export({
  type: 'spki',
  format: 'der',
});

test('credentials are set, listed without their keys, and removed', async () => {
  const host = await LeshanHost.start();
  expect(await host.json('GET', '/security/clients?timeout=10&format=TLV')).toEqual([]);
  for (const body of [
    psk('ep1'),
    { endpoint: 'ep2', tls: { mode: 'rpk', details: { key: publicKey.toString('hex') } } },
    { endpoint: 'ep3', tls: { mode: 'x509' } },
  ]) {
    const { status, text } = await host.call('PUT', '/security/clients/?timeout=10&format=TLV', body);
    expect([status, text]).toEqual([200, '']);
  }
  const listed = await host.call('GET', '/security/clients');
  expect(JSON.parse(listed.text)).toEqual([
    { endpoint: 'ep1', tls: { mode: 'psk', details: { identity: 'ep1' } } },
    { endpoint: 'ep2', tls: { mode: 'rpk', details: { key: publicKey.toString('hex') } } },
    { endpoint: 'ep3', tls: { mode: 'x509' } },
  ]);
  expect(listed.text).not.toContain(KEY);
  expect(host.credentials.get('ep1')).toEqual({
    mode: 'psk',
    identity: 'ep1',
    key: new Uint8Array(Buffer.from(KEY, 'hex')),
  });
  expect(host.credentials.get('ep3')).toEqual({ mode: 'x509', commonName: 'ep3' });
  const removed = await host.call('DELETE', '/security/clients/ep1');
  expect([removed.status, removed.text]).toEqual([200, '']);
  expect(await host.json('DELETE', '/security/clients/ep1')).toEqual({ message: 'not_found' });
  // PostgreSQL can not be asked for it.
  const none = await host.call('DELETE', '/security/clients/%00');
  expect([none.status, none.text]).toEqual([400, 'Invalid request: an endpoint name has no U+0000']);
});

test('an endpoint that has one gets another', async () => {
  const host = await LeshanHost.start();
  await host.call('PUT', '/security/clients', psk('ep1'));
  await host.call('PUT', '/security/clients', psk('ep1', 'another'));
  expect(await host.json('GET', '/security/clients')).toMatchObject([{ tls: { details: { identity: 'another' } } }]);
});

test('an identity that another endpoint has is refused', async () => {
  const host = await LeshanHost.start();
  await host.call('PUT', '/security/clients', psk('ep1', 'id'));
  expect(await host.call('PUT', '/security/clients', psk('ep2', 'id'))).toMatchObject({
    status: 400,
    text: 'another endpoint has this identity',
  });
});

test.each([
  ['{', 'Invalid request: the body is not JSON'],
  [null, 'Invalid request body: /: '],
  [{}, 'Invalid request body: /endpoint: '],
  [{ endpoint: 'e' }, 'Invalid request body: /tls: '],
  [{ endpoint: '', tls: { mode: 'x509' } }, 'Invalid request body: /endpoint: expected an endpoint name'],
  [{ endpoint: 'e'.repeat(256), tls: { mode: 'x509' } }, 'Invalid request body: /endpoint: expected an endpoint name'],
  [{ endpoint: 'e', tls: { mode: 'nosec' } }, 'Invalid request body: /tls/mode: '],
  [{ endpoint: 'e', tls: { mode: 'psk' } }, 'Invalid request body: /tls/details: '],
  [{ endpoint: 'e', tls: { mode: 'psk', details: { key: KEY } } }, 'Invalid request body: /tls/details/identity: '],
  [
    { endpoint: 'e', tls: { mode: 'psk', details: { identity: 'e', key: 'xyz' } } },
    'Invalid request body: /tls/details/key: expected bytes in hexadecimal',
  ],
  [
    { endpoint: 'e', tls: { mode: 'psk', details: { identity: 'e', key: 'ff'.repeat(129) } } },
    'Invalid request body: /tls/details/key: ',
  ],
  [
    { endpoint: 'e', tls: { mode: 'psk', details: { identity: '\ud800', key: 'ff' } } },
    'Invalid request body: /tls/details/identity: expected up to 255 bytes of text',
  ],
  [
    { endpoint: 'e', tls: { mode: 'rpk', details: { key: '00ff' } } },
    'Invalid request body: /tls/details/key: expected the DER of a SubjectPublicKeyInfo',
  ],
  [
    // No device could ever prove it: the curve is none of those that the server has.
    { endpoint: 'e', tls: { mode: 'rpk', details: { key: otherCurve.toString('hex') } } },
    'Invalid request body: /tls/details/key: expected the DER of a SubjectPublicKeyInfo with an EC key on P-256 or P-384',
  ],
  [
    { endpoint: 'e', oscore: { rid: '02', sid: '01', msec: '0304' } },
    'Invalid request body: /oscore: this server has no OSCORE',
  ],
])('%j is refused with its place', async (body, reason) => {
  const host = await LeshanHost.start();
  const { status, text } = await host.call('PUT', '/security/clients', body);
  expect(status).toBe(400);
  expect(text.slice(0, reason.length)).toBe(reason);
  expect(text).not.toContain(KEY);
  expect(host.credentials.size).toBe(0);
});

test('what the server proves itself with', async () => {
  const withCertificate = await LeshanHost.start({ ownCredential: () => own });
  const { x, y } = point();
  for (const path of ['/security/server', '/server/security']) {
    expect(await withCertificate.json('GET', path)).toEqual({
      certificate: {
        pubkey: {
          x,
          y,
          params: 'secp256r1 [NIST P-256,X9.62 prime256v1] (1.2.840.10045.3.1.7)',
          b64Der: publicKey.toString('base64'),
        },
        b64Der: Buffer.from(certificate.der).toString('base64'),
      },
    });
  }
  const withKey = await LeshanHost.start({
    ownCredential: () => ({ chain: undefined, rawPublicKey: own.rawPublicKey }),
  });
  expect(await withKey.json('GET', '/security/server')).toMatchObject({ pubkey: { x } });
  const without = await LeshanHost.start();
  expect(await without.json('GET', '/security/server')).toEqual({});
});

test('where the server listens', async () => {
  const host = await LeshanHost.start();
  const port = host.coapPort;
  expect(await host.json('GET', '/server/endpoint')).toMatchObject([
    {
      uri: { full: `coap://127.0.0.1:${String(port)}`, scheme: 'coap', host: '127.0.0.1', port },
      description: 'CoAP over UDP',
    },
    { uri: { scheme: 'coaps', port: host.coapsPort }, description: 'CoAP over DTLS' },
  ]);
});

test('each call says first what it needs, and a refusal is answered by the host', async () => {
  const asked: string[] = [];
  const host = await LeshanHost.start({
    admit: async (request, permission) => {
      asked.push(`${request.method} ${request.url} ${permission}`);
      await Promise.resolve();
      throw new Error('not you');
    },
  });
  const calls = [
    ['GET', '/clients', 'read'],
    ['GET', '/clients/dev', 'read'],
    ['GET', '/objectspecs/dev', 'read'],
    ['GET', '/event', 'read'],
    ['GET', '/event?dev', 'read'],
    ['GET', '/event?ep=dev', 'operate'],
    ['GET', '/server/endpoint', 'read'],
    ['GET', '/security/server', 'read'],
    ['GET', '/server/security', 'read'],
    ['GET', '/clients/dev/3', 'operate'],
    ['GET', '/clients/dev/3/discover', 'operate'],
    ['GET', '/clients/dev/composite', 'operate'],
    ['PUT', '/clients/dev/3/0/0', 'operate'],
    ['PUT', '/clients/dev/3/attributes', 'operate'],
    ['PUT', '/clients/dev/composite', 'operate'],
    ['POST', '/clients/dev/3/observe', 'operate'],
    ['POST', '/clients/dev/composite/observe', 'operate'],
    ['POST', '/clients/dev/3/0/4', 'operate'],
    ['DELETE', '/clients/dev/3/0', 'operate'],
    ['DELETE', '/clients/dev/3/observe', 'operate'],
    ['DELETE', '/clients/dev/composite/observe', 'operate'],
    ['GET', '/security/clients', 'administer'],
    ['PUT', '/security/clients', 'administer'],
    ['DELETE', '/security/clients/dev', 'administer'],
    // What an address does not take.
    ['PATCH', '/clients', 'read'],
    ['OPTIONS', '/clients/dev/3', 'read'],
  ] as const;
  for (const [method, path] of calls) {
    // Not even the size of the body is looked at.
    const { status, body } = await host.call(method, path, method === 'PUT' ? 'x'.repeat(300_000) : undefined);
    expect([status, body]).toEqual([403, { of: 'the host', message: 'not you' }]);
  }
  expect(asked).toEqual(calls.map(([method, path, permission]) => `${method} ${path} ${permission}`));
});

test('what is no address of the surface is left to the host', async () => {
  const host = await LeshanHost.start();
  for (const path of ['/v1/endpoints', '/bootstrap', '/security', '/']) {
    expect(await host.call('GET', path)).toMatchObject({ status: 404, body: { of: 'the host' } });
  }
});

function point(): { x: string; y: string } {
  // The point is the end of the key: 04, x, y.
  const bytes = publicKey.subarray(-64);
  return { x: bytes.subarray(0, 32).toString('hex'), y: bytes.subarray(32).toString('hex') };
}
