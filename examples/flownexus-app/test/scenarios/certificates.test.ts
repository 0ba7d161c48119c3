import { udpTransport } from '@flownexus/datagram';
import { type DtlsClientOptions, dtlsTransport, type DtlsTransport, loadCredential } from '@flownexus/dtls';
import { expect, test, vi } from 'vitest';
import { OpenSsl } from '../support/openssl.ts';
import { UdpRelay } from '../support/udp-relay.ts';
import { sharedBlackBox, soon } from './black-box.ts';

const app = sharedBlackBox({ FLOWNEXUS_PUBLIC_URL: 'http://127.0.0.1:8000/', FLOWNEXUS_EST: 'on' });
const KEY = '000102030405060708090a0b0c0d0e0f';

interface Issued {
  readonly serial: string;
  readonly pem: string;
  readonly authority: string;
}

function secured(client: DtlsClientOptions): DtlsTransport {
  // What is refused is silence, or an alert that nobody has to believe.
  return dtlsTransport({ transport: udpTransport({ host: '127.0.0.1' }), client, limits: { handshakeMs: 2_000 } });
}

const psk = (identity: string, key = KEY): DtlsClientOptions => ({
  psk: { identity, key: new Uint8Array(Buffer.from(key, 'hex')) },
});

const at = () => ({ host: '127.0.0.1', port: app().app.coapsPort });

/** Resolves to why a device does not come to an association. */
async function refusal(name: string, options: DtlsClientOptions): Promise<string> {
  const transport = secured(options);
  const troubles: string[] = [];
  const { client } = app().device(name, {
    transport,
    server: at(),
    onTrouble: ({ message }) => void troubles.push(message),
  });
  const started = client.start().catch(() => undefined);
  await vi.waitFor(() => expect(troubles).not.toEqual([]), soon);
  await client.close();
  await started;
  return troubles[0] ?? '';
}

async function issue(name: string, csr: string): Promise<Issued> {
  const { status, body, text } = await app().call(
    'POST',
    `/api/v1/endpoints/${encodeURIComponent(name)}/certificates`,
    { csr },
  );
  expect(status, text).toBe(201);
  return body as Issued;
}

async function text(path: string): Promise<string> {
  const { status, text: found } = await app().call('GET', path, undefined, {});
  expect(status).toBe(200);
  return found;
}

test('a pre-shared key that was set registers, a wrong one does not, and it can not be read back', async () => {
  const box = app();
  const path = '/api/v1/endpoints/with-psk/credentials';
  const set = await box.call('PUT', path, { mode: 'psk', identity: 'with-psk', key: KEY });
  expect(set.status).toBe(201);
  await box.registered('with-psk', { transport: secured(psk('with-psk')), server: at() });
  expect(await box.endpoint('with-psk')).toMatchObject({ security: 'psk' });
  expect(await refusal('with-psk', psk('with-psk', 'ff'.repeat(16)))).toMatch(/timed out|decrypt|bad_record/);
  const read = await box.call('GET', path);
  expect(read).toMatchObject({ status: 200, body: { mode: 'psk', identity: 'with-psk' } });
  expect(`${set.text}${read.text}`.toLowerCase()).not.toContain(KEY);
});

test('a request made with openssl becomes a certificate, the device connects, and is out when it is revoked', async () => {
  const box = app();
  const openssl = new OpenSsl();
  const name = 'urn:imei:100000000000026';
  const { key, csr } = openssl.request('device', `/CN=${name}`);
  const { serial, pem } = await issue(name, csr);
  openssl.file('device.crt', pem);
  openssl.file('authority.crt', await text('/api/v1/certificates/authority'));
  expect(openssl.run('verify', '-CAfile', 'authority.crt', '-purpose', 'sslclient', '-x509_strict', 'device.crt')).toBe(
    'device.crt: OK\n',
  );

  const options: DtlsClientOptions = {
    credential: loadCredential({ privateKey: key, certificate: pem }),
    x509: { roots: [await text('/api/v1/certificates/authority')] },
  };
  const transport = secured(options);
  await box.registered(name, { transport, server: at() });
  expect(await box.endpoint(name)).toMatchObject({ registered: true, security: 'x509' });

  const crl = async (): Promise<void> => {
    openssl.file('list.pem', await text('/api/v1/certificates/crl?format=pem'));
    expect(openssl.result('crl', '-in', 'list.pem', '-noout', '-CAfile', 'authority.crt', '-verify').text).toContain('verify OK'); // prettier-ignore
  };
  const check = ['verify', '-crl_check', '-CAfile', 'authority.crt', '-CRLfile', 'list.pem', 'device.crt'];
  await crl();
  expect(openssl.run(...check)).toBe('device.crt: OK\n');

  const revoked = await box.call('POST', `/api/v1/certificates/${serial}/revoke`, { reason: 'keyCompromise' });
  expect(revoked).toMatchObject({ status: 200, body: { state: 'revoked', reason: 'keyCompromise' } });
  await vi.waitFor(() => expect(transport.statistics.associations).toBe(0), soon);
  await vi.waitFor(async () => expect(await box.endpoint(name)).toMatchObject({ registered: false }), soon);
  expect(await refusal(name, options)).toContain('certificate_revoked');
  await crl();
  expect(openssl.result(...check)).toMatchObject({ code: 2, text: expect.stringContaining('certificate revoked') as string }); // prettier-ignore
  expect(openssl.run('crl', '-in', 'list.pem', '-noout', '-text').replaceAll('\n', ' ')).toMatch(new RegExp(`Serial Number: ${serial.toUpperCase()}.*Key Compromise`)); // prettier-ignore
});

test('a device with a Connection ID whose port changes is heard without a handshake', async () => {
  const box = app();
  await box.call('PUT', '/api/v1/endpoints/moving/credentials', { mode: 'psk', identity: 'moving', key: KEY });
  const relay = await UdpRelay.start(box.app.coapsPort);
  const transport = secured(psk('moving'));
  const { client } = await box.registered('moving', { transport, server: relay.address });
  for (let move = 1; move <= 2; move += 1) {
    await relay.rebind();
    await client.update();
    await vi.waitFor(async () => expect(await box.endpoint('moving')).toMatchObject({ registered: true, address: `127.0.0.1:${String(relay.port)}` }), soon); // prettier-ignore
  }
  expect(transport.statistics).toMatchObject({ handshakesStarted: 1, associations: 1 });
});
