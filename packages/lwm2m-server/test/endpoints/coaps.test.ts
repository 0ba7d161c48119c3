import { afterEach, describe, expect, test } from 'vitest';
import { Code, CoapEndpoint, formatCode, stringOptions, OptionNumber } from '@flownexus/coap';
import { systemClock, systemRandom, udpTransport, type Peer } from '@flownexus/datagram';
import { dtlsTransport, loadCredential, type DtlsClientOptions } from '@flownexus/dtls';
import { testCertificate } from '@flownexus/dtls/testing';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import {
  certificateFingerprint,
  coap,
  coaps,
  Lwm2mServer,
  MemoryCredentialStore,
  type CoapsServerEndpoint,
  type CoapsServerEndpointOptions,
  type HandshakeFailure,
  type OwnCredential,
  type ProvenIdentity,
  type Registration,
  type StoredAssociation,
} from '../../src/index.ts';

/** A refusal is an alert that nobody has to believe, or silence: the client waits until its time is up. */
const LIMITS = { handshakeMs: 1_500 };
const KEY = new TextEncoder().encode('sixteen byte key');
const authority = testCertificate({ commonName: 'authority', authority: true });
const own = testCertificate({ commonName: 'server', issuer: authority, addresses: ['127.0.0.1'] });
const ownCredential = loadCredential({ privateKey: own.privateKey, certificate: own.der, rawPublicKey: true });

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Running {
  readonly server: Lwm2mServer;
  readonly endpoint: CoapsServerEndpoint;
  readonly port: number;
  readonly failures: HandshakeFailure[];
}

async function start(options: CoapsServerEndpointOptions): Promise<Running> {
  const failures: HandshakeFailure[] = [];
  const endpoint = coaps({
    host: '127.0.0.1',
    port: 0,
    ownCredential,
    roots: [authority.pem],
    onHandshakeFailed: (failure) => failures.push(failure),
    ...options,
  });
  const server = new Lwm2mServer({
    endpoints: [endpoint, coap({ host: '127.0.0.1', port: 0 })],
    objects: new ObjectRegistry(),
  });
  await server.start();
  closing.push(() => server.stop());
  return { server, endpoint, port: server.addresses[0]?.port ?? 0, failures };
}

/** The CoAP of a device that proves who it is. */
class SecuredDevice {
  /** Resolves when the server has ended the association. */
  readonly ended: Promise<void>;
  readonly #coap: CoapEndpoint;
  #peer: Peer | undefined;
  location: readonly string[] = [];

  constructor(client: DtlsClientOptions | undefined) {
    const udp = udpTransport({ host: '127.0.0.1' });
    const gate = Promise.withResolvers<undefined>();
    this.ended = gate.promise;
    this.#coap = new CoapEndpoint({
      transport: client === undefined ? udp : dtlsTransport({ transport: udp, client, limits: LIMITS }),
      clock: systemClock,
      random: systemRandom,
      onPeerClosed: () => gate.resolve(undefined),
    });
    closing.push(() => this.#coap.close());
  }

  async connect(port: number): Promise<void> {
    await this.#coap.open();
    this.#peer = await this.#coap.connect('127.0.0.1', port);
  }

  async register(query: string = ''): Promise<string> {
    const { code, options } = await this.#request(Code.POST, ['rd'], ['lwm2m=1.1', 'lt=60', ...query.split('&')]);
    this.location = stringOptions(options, OptionNumber.LOCATION_PATH);
    return formatCode(code);
  }

  async update(): Promise<string> {
    return formatCode((await this.#request(Code.POST, this.location)).code);
  }

  #request(code: number, path: readonly string[], query?: string[]): ReturnType<CoapEndpoint['request']> {
    if (this.#peer === undefined) throw new Error('not connected');
    const objects = { contentFormat: 40, payload: new TextEncoder().encode('</3/0>') };
    return this.#coap.request(this.#peer, { method: code, path, ...(query && { query, ...objects }) });
  }
}

async function connected(port: number, client: DtlsClientOptions): Promise<SecuredDevice> {
  const device = new SecuredDevice(client);
  await device.connect(port);
  return device;
}

const refused = async (port: number, client: DtlsClientOptions, says: RegExp = /timed out/): Promise<void> => {
  await expect(connected(port, client)).rejects.toThrow(says);
};
const psk = (identity: string, key: Uint8Array = KEY): DtlsClientOptions => ({ psk: { identity, key } });

function withPsk(): MemoryCredentialStore {
  const credentials = new MemoryCredentialStore();
  credentials.set('dev', { mode: 'psk', identity: 'id', key: KEY });
  return credentials;
}

describe('a device registers', () => {
  test('with a pre-shared key, by the name that its identity has', async () => {
    const { server, port } = await start({ credentials: withPsk() });
    expect(server.addresses[0]).toMatchObject({ scheme: 'coaps', host: '127.0.0.1' });
    const device = await connected(port, psk('id'));
    expect(await device.register()).toBe('2.01');
    expect(server.registration('dev')?.identity).toEqual({ kind: 'psk', identity: 'id' });
    expect(await device.update()).toBe('2.04');
    expect(await device.register('ep=other')).toBe('4.00');
  });

  test('with a certificate, by its common name or its fingerprint', async () => {
    const credentials = new MemoryCredentialStore();
    const { server, port, failures } = await start({ credentials });
    const named = testCertificate({ commonName: 'urn:dev:1', issuer: authority });
    const single = testCertificate({ commonName: 'urn:dev:2', issuer: authority });
    const client = ({ privateKey, der }: typeof named): DtlsClientOptions => ({
      credential: loadCredential({ privateKey, certificate: der }),
      x509: { roots: [authority.der] },
    });
    await refused(port, client(named), /access_denied/);
    expect(failures[0]).toMatchObject({
      claimedIdentity: 'urn:dev:1',
      reason: { message: 'the certificate belongs to no endpoint' },
    });
    credentials.set('dev1', { mode: 'x509', commonName: 'urn:dev:1' });
    credentials.set('dev2', { mode: 'x509', fingerprint: certificateFingerprint(single.der) });
    expect(await (await connected(port, client(named))).register()).toBe('2.01');
    expect(await (await connected(port, client(single))).register('ep=dev2')).toBe('2.01');
    expect(server.registration('dev1')?.identity).toMatchObject({ kind: 'x509', commonName: 'urn:dev:1' });
    const stranger = testCertificate({ commonName: 'urn:dev:1' });
    await refused(port, client(stranger), /unknown_ca/);
  });

  test('with a raw public key', async () => {
    const credentials = new MemoryCredentialStore();
    const { server, port } = await start({ credentials });
    const { privateKey, publicKey } = testCertificate();
    const client: DtlsClientOptions = {
      credential: loadCredential({ privateKey }),
      rawPublicKey: (key) => Buffer.compare(key, own.publicKey) === 0,
    };
    await refused(port, client, /certificate_unknown/);
    credentials.set('dev', { mode: 'rpk', publicKey });
    expect(await (await connected(port, client)).register()).toBe('2.01');
    expect(server.registration('dev')?.identity).toEqual({ kind: 'rpk', publicKey });
  });
});

describe('refused is', () => {
  test('a wrong key, and an identity that is not known, in the same way', async () => {
    const { port, failures } = await start({ credentials: withPsk(), limits: LIMITS });
    const wrong = psk('id', new TextEncoder().encode('some other bytes'));
    await Promise.all([refused(port, wrong), refused(port, psk('nobody'))]);
    await expect.poll(() => failures.map(({ claimedIdentity }) => claimedIdentity).sort()).toEqual(['id', 'nobody']);
  });

  test('the name of a secured endpoint over plain CoAP', async () => {
    const { server } = await start({ credentials: withPsk() });
    const plain = new SecuredDevice(undefined);
    await plain.connect(server.addresses[1]?.port ?? 0);
    expect(await plain.register('ep=dev')).toBe('4.03');
    expect(await plain.register('ep=plain')).toBe('2.01');
  });

  test('a certificate where there are no roots', async () => {
    const { privateKey, der } = testCertificate({ issuer: authority });
    const endpoint = coaps({ host: '127.0.0.1', port: 0, credentials: withPsk(), ownCredential });
    const server = new Lwm2mServer({ endpoints: [endpoint], objects: new ObjectRegistry() });
    await server.start();
    closing.push(() => server.stop());
    const client = { credential: loadCredential({ privateKey, certificate: der }), x509: { roots: [authority.der] } };
    await refused(server.addresses[0]?.port ?? 0, client, /unsupported_certificate/);
  });
});

test('a certificate that was revoked is refused with the alert that says so', async () => {
  const credentials = new MemoryCredentialStore();
  const { privateKey, der } = testCertificate({ commonName: 'urn:dev:1', issuer: authority });
  const isRevoked = ({ kind }: ProvenIdentity): boolean => kind === 'x509';
  const { port, failures } = await start({ credentials: Object.assign(credentials, { isRevoked }) });
  const client = { credential: loadCredential({ privateKey, certificate: der }), x509: { roots: [authority.der] } };
  await refused(port, client, /certificate_revoked/);
  expect(failures[0]?.reason.message).toBe('the certificate was revoked');
  credentials.set('dev', { mode: 'x509', commonName: 'urn:dev:1' });
  expect(await (await connected(port, client)).register()).toBe('2.01');
});

test('our certificate and the roots may change while the server runs', async () => {
  const credentials = withPsk();
  credentials.set('dev1', { mode: 'x509', commonName: 'urn:dev:1' });
  const other = testCertificate({ commonName: 'another authority', authority: true });
  const device = testCertificate({ commonName: 'urn:dev:1', issuer: other });
  const client: DtlsClientOptions = {
    credential: loadCredential({ privateKey: device.privateKey, certificate: device.der }),
    x509: { roots: [other.der] },
  };
  const shown: OwnCredential[] = [];
  let roots = [authority.der];
  const { port } = await start({ credentials, ownCredential: () => shown.at(-1), roots: () => roots });
  expect(await (await connected(port, psk('id'))).register()).toBe('2.01');
  await refused(port, client, /handshake_failure/);
  const renewed = testCertificate({ commonName: 'server', issuer: other, addresses: ['127.0.0.1'] });
  shown.push(loadCredential({ privateKey: renewed.privateKey, certificate: renewed.der }));
  await refused(port, client, /unknown_ca/);
  roots = [authority.der, other.der];
  expect(await (await connected(port, client)).register()).toBe('2.01');
});

test('a device that offers both kinds of suites and has a key is not asked for a certificate', async () => {
  const { port } = await start({ credentials: withPsk() });
  const device = await connected(port, { ...psk('id'), x509: { roots: [authority.der] } });
  expect(await device.register()).toBe('2.01');
});

test.each([
  ['removed', (credentials: MemoryCredentialStore) => void credentials.delete('dev')],
  [
    'changed',
    (credentials: MemoryCredentialStore) =>
      credentials.set('dev', { mode: 'psk', identity: 'id', key: Uint8Array.of(9) }),
  ],
])(
  'a credential that is %s ends the association, the registration and what could be resumed',
  async (_name, change) => {
    const credentials = withPsk();
    const { server, endpoint, port } = await start({ credentials });
    const device = await connected(port, psk('id'));
    await device.register();
    const over = new Promise<[Registration, string]>((resolve) => {
      server.once('deregistered', (...event) => resolve(event));
    });
    change(credentials);
    await device.ended;
    expect((await over)[1]).toBe('revoked');
    expect(endpoint.statistics).toMatchObject({ associations: 0, handshakesCompleted: 1 });
    await refused(port, psk('id'));
  },
);

test('another credential, or the first of an endpoint, ends nothing', async () => {
  const credentials = withPsk();
  const { endpoint, port } = await start({ credentials });
  const device = await connected(port, psk('id'));
  await device.register();
  credentials.set('other', { mode: 'psk', identity: 'other id', key: KEY });
  credentials.delete('other');
  expect(await device.update()).toBe('2.04');
  expect(endpoint.statistics?.associations).toBe(1);
});

test('with a store of associations a device goes on after a restart, without a handshake', async () => {
  const stored = new Map<string, StoredAssociation>();
  const associations = {
    load: () => [...stored.values()],
    save: (association: StoredAssociation) => void stored.set(association.key, association),
    remove: (key: string) => void stored.delete(key),
  };
  const credentials = withPsk();
  const before = await start({ credentials, associations });
  const device = await connected(before.port, psk('id'));
  await device.register();
  await before.server.stop();
  const after = await start({ credentials, associations, port: before.port });
  expect(after.endpoint.statistics).toMatchObject({ restored: 1, handshakesStarted: 0 });
  expect(await device.update()).toBe('4.04'); // registrations are not kept
  expect(await device.register()).toBe('2.01');
  expect(after.endpoint.statistics?.handshakesStarted).toBe(0);
  credentials.delete('dev');
  await device.ended;
  expect(stored.size).toBe(0);
});

test('roots without a credential of our own are misuse', () => {
  expect(() => coaps({ credentials: withPsk(), roots: [authority.pem] })).toThrow(TypeError);
});

test('roots that can not be used fail the start', async () => {
  const endpoint = coaps({ host: '127.0.0.1', port: 0, credentials: withPsk(), ownCredential, roots: ['nothing'] });
  const server = new Lwm2mServer({ endpoints: [endpoint], objects: new ObjectRegistry() });
  await expect(server.start()).rejects.toMatchObject({ code: 'ERR_DTLS_CREDENTIAL' });
  expect(endpoint.statistics).toBeUndefined();
});
