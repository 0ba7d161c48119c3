import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { udpTransport } from '@flownexus/datagram';
import { type DtlsClientOptions, dtlsTransport, type DtlsTransport, loadCredential } from '@flownexus/dtls';
import { testCertificate, type TestCertificate } from '@flownexus/dtls/testing';
import type { Lwm2mClient, Lwm2mClientOptions } from '@flownexus/lwm2m-client';
import { describe, expect, test, vi } from 'vitest';
import { StartError } from '../../src/start-error.ts';
import { onEachDatabase, temporaryDirectory, testDatabase } from '../support/test-database.ts';
import { testLwm2m, type TestLwm2mOptions } from '../support/test-lwm2m.ts';
import { UdpRelay } from '../support/udp-relay.ts';

const KEY = '000102030405060708090a0b0c0d0e0f';
const PSK = { mode: 'psk', identity: 'id', key: KEY };
const eventually = { timeout: 5_000, interval: 20 };
const psk = (key = KEY, identity = 'id'): DtlsClientOptions => ({
  psk: { identity, key: new Uint8Array(Buffer.from(key, 'hex')) },
});

interface SecuredDevice {
  readonly client: Lwm2mClient;
  readonly transport: DtlsTransport;
}

/** Both servers, with devices that come over DTLS. */
async function scene(options: TestLwm2mOptions = {}) {
  const lwm2m = await testLwm2m(options);
  const { addresses, call, newClient, side, batches } = lwm2m;
  const securedDevice = (
    endpointName: string,
    client: DtlsClientOptions,
    changes: Partial<Lwm2mClientOptions> = {},
  ): SecuredDevice => {
    const transport = dtlsTransport({
      transport: udpTransport({ host: '127.0.0.1' }),
      client,
      limits: { handshakeMs: 1_000 }, // what is refused is silence or an alert that nobody has to believe
    });
    return { client: newClient(endpointName, { transport, server: addresses.lwm2m.coaps, ...changes }), transport };
  };
  const credential = async (name: string, body: object | undefined): Promise<number> => {
    const answer = await call(body === undefined ? 'DELETE' : 'PUT', `/api/v1/endpoints/${encodeURIComponent(name)}/credentials`, body); // prettier-ignore
    return answer.status;
  };
  /** What was observed of the temperature. */
  const temperatures = () =>
    batches
      .filter(({ source }) => source === 'observe')
      .flatMap(({ records }) => records)
      .filter(({ path }) => path.objectId === 3303)
      .map(({ value }) => value);
  const start = async (client: Lwm2mClient): Promise<void> => {
    client.objects.set('/3303/0/5700', 21.5);
    await client.start();
    await vi.waitFor(() => expect(client.observations).toBe(4), eventually);
  };
  const isRegistered = (name: string): boolean => side.server.registration(name) !== undefined;
  return { ...lwm2m, securedDevice, credential, temperatures, start, isRegistered };
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
  ])('with %s', async (_name, security, body, options) => {
    const { credential, securedDevice, start, temperatures, database } = await scene({
      certificates: coapsFiles(authority, own),
      settings: { noSec: false, admission: 'hold' },
    });
    expect(await credential('dev', body)).toBe(201);
    const { client } = securedDevice('dev', options);
    await start(client);
    client.objects.set('/3303/0/5700', 22.5);
    await vi.waitFor(() => expect(temperatures()).toEqual([21.5, 22.5]), eventually);
    const rows = await database.reads.selectFrom('Endpoint').select(['registered', 'security', 'admission']).execute();
    expect(rows).toEqual([{ registered: 1, security, admission: 'accepted' }]);
  }); // prettier-ignore
});

describe('refused is', () => {
  test('a wrong key', async () => {
    const { credential, securedDevice, isRegistered } = await scene();
    await credential('dev', PSK);
    const troubles: string[] = [];
    const onTrouble = ({ message }: Error): void => void troubles.push(message);
    const { client } = securedDevice('dev', psk('ff'.repeat(16)), { onTrouble });
    const started = client.start();
    await vi.waitFor(() => expect(troubles).toEqual([expect.stringMatching(/handshake timed out/)]), eventually);
    await client.close();
    await expect(started).rejects.toMatchObject({ code: 'ERR_LWM2M_CLIENT_STOPPED' });
    expect(isRegistered('dev')).toBe(false);
  });

  test('the name of another endpoint', async () => {
    const { credential, securedDevice } = await scene();
    await credential('dev', PSK);
    const { client } = securedDevice('other', psk());
    await expect(client.start()).rejects.toThrow('4.00 the identity belongs to another endpoint');
  });

  test('plain CoAP for an endpoint that has a credential', async () => {
    const { credential, newClient } = await scene();
    await credential('dev', PSK);
    await expect(newClient('dev').start()).rejects.toThrow('4.03 the endpoint has a credential: it comes over DTLS');
  });
});

describe('a credential', () => {
  test.each([
    ['changed', { ...PSK, key: 'ff'.repeat(16) }],
    ['removed', undefined],
  ])('that is %s ends the association and the registration at once', async (_name, change) => {
    const { credential, securedDevice, start, isRegistered, batches } = await scene();
    await credential('dev', PSK);
    const { client, transport } = securedDevice('dev', psk());
    await start(client);
    await credential('dev', change);
    await vi.waitFor(() => expect(transport.statistics.associations).toBe(0), eventually);
    await vi.waitFor(() => expect(isRegistered('dev')).toBe(false), eventually);
    await vi.waitFor(() => expect(batches.at(-1)?.change?.kind).toBe('unregistered'), eventually);
  });

  test('that a registered endpoint is given ends what it registered without', async () => {
    const { credential, newClient, start, isRegistered } = await scene();
    const plain = newClient('dev');
    await start(plain);
    await credential('dev', PSK);
    await vi.waitFor(() => expect(isRegistered('dev')).toBe(false), eventually);
    await expect(plain.update()).rejects.toThrow('4.03');
  });
});

onEachDatabase('after a restart', (kind) => {
  test('a device goes on over the same association, with the same registration', async () => {
    const database = await testDatabase(kind);
    const first = await scene({ database });
    await first.credential('dev', PSK);
    const troubles: string[] = [];
    const onTrouble = ({ message }: Error): void => void troubles.push(message);
    const { client, transport } = first.securedDevice('dev', psk(), { onTrouble });
    await first.start(client);
    await first.side.stop();

    const { coap, coaps } = first.addresses.lwm2m;
    const second = await scene({ database, port: coap.port, coapsPort: coaps.port });
    expect(second.isRegistered('dev')).toBe(true);
    await client.update();
    client.objects.set('/3303/0/5700', 23.5);
    await vi.waitFor(() => expect(second.temperatures()).toEqual([23.5]), eventually);
    expect(troubles).toEqual([]);
    expect(transport.statistics).toMatchObject({ handshakesStarted: 1, associations: 1 });
  });
});

test('a device whose port changes loses nothing', async () => {
  const { credential, securedDevice, start, temperatures, addresses, side } = await scene();
  await credential('dev', PSK);
  const relay = await UdpRelay.start(addresses.lwm2m.coaps.port);
  const { client, transport } = securedDevice('dev', psk(), { server: relay.address });
  await start(client);
  const expected = [21.5];
  for (const value of [22, 23, 24]) {
    await relay.rebind();
    client.objects.set('/3303/0/5700', value);
    expected.push(value);
    await vi.waitFor(() => expect(temperatures()).toEqual(expected), eventually);
  }
  await client.update();
  expect(side.server.registration('dev')?.address).toEqual({ host: '127.0.0.1', port: relay.port });
  expect(transport.statistics).toMatchObject({ handshakesStarted: 1, associations: 1 });
});

test('authorities that can not be used are said at the start', async () => {
  const own = testCertificate({ commonName: 'server' });
  const rsa = testCertificate({ commonName: 'old authority', authority: true, rsa: true });
  const starting = testLwm2m({ certificates: coapsFiles(rsa, own) });
  await expect(starting).rejects.toThrow(StartError);
  await expect(starting).rejects.toThrow(/^FLOWNEXUS_COAPS_CA can not be used: .*P-256 or P-384$/);
});

test('a port that is taken is said with the variable that sets another', async () => {
  const { addresses } = await testLwm2m();
  const { coap, coaps } = addresses.lwm2m;
  await expect(testLwm2m({ port: coap.port })).rejects.toThrow(/FLOWNEXUS_COAP_PORT/);
  await expect(testLwm2m({ coapsPort: coaps.port })).rejects.toThrow(/FLOWNEXUS_COAPS_PORT/);
});
