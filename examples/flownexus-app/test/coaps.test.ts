import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { udpTransport } from '@flownexus/datagram';
import { type DtlsClientOptions, dtlsTransport, type DtlsTransport, loadCredential } from '@flownexus/dtls';
import { testCertificate, type TestCertificate } from '@flownexus/dtls/testing';
import type { Lwm2mClient, Lwm2mClientOptions } from '@flownexus/lwm2m-client';
import { describe, expect, test, vi } from 'vitest';
import { StartError } from '../src/start-error.ts';
import { eventually, startDevice, startTestApp, testDevice } from './support/test-app.ts';
import { temporaryDirectory } from './support/test-database.ts';
import { UdpRelay } from './support/udp-relay.ts';

const KEY = '000102030405060708090a0b0c0d0e0f';
const PSK = { mode: 'psk', identity: 'id', key: KEY };
const psk = (key = KEY, identity = 'id'): DtlsClientOptions => ({
  psk: { identity, key: new Uint8Array(Buffer.from(key, 'hex')) },
});

interface SecuredDevice {
  readonly client: Lwm2mClient;
  readonly transport: DtlsTransport;
}

async function securedDevice(
  endpointName: string,
  client: DtlsClientOptions,
  options: Partial<Lwm2mClientOptions> & Pick<Lwm2mClientOptions, 'server'>,
): Promise<SecuredDevice> {
  const transport = dtlsTransport({
    transport: udpTransport({ host: '127.0.0.1' }),
    client,
    limits: { handshakeMs: 1_000 }, // what is refused is silence or an alert that nobody has to believe
  });
  return { client: await testDevice(endpointName, { transport, ...options }), transport };
}

/** Paths of PEM files of the server and of the authority of its devices. */
function coapsFiles(authority: TestCertificate, own: TestCertificate) {
  const directory = temporaryDirectory();
  const file = (name: string, content: string): string => {
    writeFileSync(join(directory, name), content);
    return join(directory, name);
  };
  return {
    coapsKeyFile: file('key.pem', own.privateKeyPem),
    coapsCertificateFile: file('cert.pem', own.pem),
    coapsAuthoritiesFile: file('ca.pem', authority.pem),
  };
}

describe('a device registers over DTLS and its values are stored', () => {
  const authority = testCertificate({ commonName: 'authority', authority: true });
  const own = testCertificate({ commonName: 'server', issuer: authority, addresses: ['127.0.0.1'] });
  const device = testCertificate({ commonName: 'urn:dev:1', issuer: authority });
  const withCertificate: DtlsClientOptions = {
    credential: loadCredential({ privateKey: device.privateKey, certificate: device.der }),
    x509: { roots: [authority.der] },
  };
  const withRawKey: DtlsClientOptions = {
    credential: loadCredential({ privateKey: device.privateKey }),
    rawPublicKey: (key) => Buffer.compare(key, own.publicKey) === 0,
  };

  test.each([
    ['a pre-shared key', 'psk', PSK, psk()],
    ['a certificate', 'x509', { mode: 'x509', commonName: 'urn:dev:1' }, withCertificate],
    ['a raw public key', 'rpk', { mode: 'rpk', publicKey: Buffer.from(device.publicKey).toString('base64') }, withRawKey],
  ])('with %s', async (_name, security, credential, options) => {
    const { app, endpoint, values, credential: put } = await startTestApp(coapsFiles(authority, own));
    expect(app.coapsUrl).toMatch(/^coaps:\/\/127\.0\.0\.1:\d+$/);
    expect(await put('dev', credential)).toBe(201);
    const { client } = await securedDevice('dev', options, { server: app.coapsAddress });
    await startDevice(client);
    client.objects.set('/3303/0/5700', 22.5);
    await vi.waitFor(
      async () => expect((await values('dev', '/3303/0/5700')).map(({ value }) => value)).toEqual([21.5, 22.5]),
      eventually,
    );
    expect(await endpoint('dev')).toMatchObject({ registered: true, security });
  }); // prettier-ignore
});

describe('refused is', () => {
  test('a wrong key', async () => {
    const { app, endpoint, credential } = await startTestApp();
    await credential('dev', PSK);
    const troubles: string[] = [];
    const { client } = await securedDevice('dev', psk('ff'.repeat(16)), {
      server: app.coapsAddress,
      onTrouble: ({ message }) => troubles.push(message),
    });
    const started = client.start();
    await vi.waitFor(() => expect(troubles).toEqual([expect.stringMatching(/handshake timed out/)]), eventually);
    await client.close();
    await expect(started).rejects.toMatchObject({ code: 'ERR_LWM2M_CLIENT_STOPPED' });
    expect(await endpoint('dev')).toBeUndefined();
  });

  test('the name of another endpoint', async () => {
    const { app, endpoint, credential } = await startTestApp();
    await credential('dev', PSK);
    const { client } = await securedDevice('other', psk(), { server: app.coapsAddress });
    await expect(client.start()).rejects.toThrow('4.00 the identity belongs to another endpoint');
    expect(await endpoint('other')).toBeUndefined();
  });

  test('plain CoAP for an endpoint that has a credential', async () => {
    const { app, endpoint, credential } = await startTestApp();
    await credential('dev', PSK);
    const plain = await testDevice('dev', { server: app.coapAddress });
    await expect(plain.start()).rejects.toThrow('4.03 the endpoint has a credential: it comes over DTLS');
    expect(await endpoint('dev')).toBeUndefined();
  });
});

describe('a credential', () => {
  test.each([
    ['changed', { ...PSK, key: 'ff'.repeat(16) }],
    ['removed', undefined],
  ])('that is %s ends the association and the registration at once', async (_name, change) => {
    const { app, endpoint, values, credential } = await startTestApp();
    await credential('dev', PSK);
    const { client, transport } = await securedDevice('dev', psk(), { server: app.coapsAddress });
    await startDevice(client);
    await credential('dev', change);
    await vi.waitFor(() => expect(transport.statistics.associations).toBe(0), eventually);
    await vi.waitFor(async () => expect(await endpoint('dev')).toMatchObject({ registered: false }), eventually);
    expect(await values('dev', '/10240/0/1')).toHaveLength(1);
  });

  test('that a registered endpoint is given ends what it registered without', async () => {
    const { app, endpoint, credential } = await startTestApp();
    const plain = await startDevice(await testDevice('dev', { server: app.coapAddress }));
    expect(await endpoint('dev')).toMatchObject({ registered: true, security: 'none' });
    await credential('dev', PSK);
    await vi.waitFor(async () => expect(await endpoint('dev')).toMatchObject({ registered: false }), eventually);
    await expect(plain.update()).rejects.toThrow('4.03');
  });
});

test('after a restart of the app a device goes on over the same association', async () => {
  const first = await startTestApp();
  await first.credential('dev', PSK);
  const troubles: string[] = [];
  const { client, transport } = await securedDevice('dev', psk(), {
    server: first.app.coapsAddress,
    onTrouble: ({ message }) => troubles.push(message),
  });
  await startDevice(client);
  await first.app.stop();

  const { dataDirectory } = first.config;
  const second = await startTestApp({ dataDirectory, coapsPort: first.app.coapsAddress.port });
  expect(await second.endpoint('dev')).toMatchObject({ registered: false });
  await client.update();
  expect(troubles).toEqual(['the server refused an Update with 4.04']); // registrations do not survive: it registers anew
  await vi.waitFor(async () => expect(await second.endpoint('dev')).toMatchObject({ registered: true }), eventually);
  client.objects.set('/3303/0/5700', 23.5);
  await vi.waitFor(
    async () => expect((await second.values('dev', '/3303/0/5700')).at(-1)?.value).toBe(23.5),
    eventually,
  );
  expect(transport.statistics).toMatchObject({ handshakesStarted: 1, associations: 1 });
});

test('a device whose port changes loses nothing', async () => {
  const { app, endpoint, values, credential } = await startTestApp();
  await credential('dev', PSK);
  const relay = await UdpRelay.start(app.coapsAddress.port);
  const { client, transport } = await securedDevice('dev', psk(), { server: relay.address });
  await startDevice(client);
  const expected = [21.5];
  for (const value of [22, 23, 24]) {
    await relay.rebind();
    client.objects.set('/3303/0/5700', value);
    expected.push(value);
    await vi.waitFor(
      async () => expect((await values('dev', '/3303/0/5700')).map((item) => item.value)).toEqual(expected),
      eventually,
    );
  }
  await client.update();
  expect(await endpoint('dev')).toMatchObject({ registered: true, address: `127.0.0.1:${String(relay.port)}` });
  expect(transport.statistics).toMatchObject({ handshakesStarted: 1, associations: 1 });
});

test('authorities that can not be used are said at the start', async () => {
  const own = testCertificate({ commonName: 'server' });
  const rsa = testCertificate({ commonName: 'old authority', authority: true, rsa: true });
  const starting = startTestApp(coapsFiles(rsa, own));
  await expect(starting).rejects.toThrow(StartError);
  await expect(starting).rejects.toThrow(/^FLOWNEXUS_COAPS_CA can not be used: .*P-256 or P-384$/);
});
