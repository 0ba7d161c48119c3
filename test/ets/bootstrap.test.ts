import { loadCredential } from '@flownexus/dtls';
import { testCertificate } from '@flownexus/dtls/testing';
import {
  MemoryCredentialStore,
  serverAccount,
  type AccountSecurity,
  type BootstrapConfiguration,
} from '@flownexus/lwm2m-server';
import { expect, test } from 'vitest';
import { BOOTSTRAP_ACCOUNT, BOOTSTRAP_SERVER, BootstrapBed, NOWHERE, type ServerSecurity } from './bootstrap-bed.ts';
import { BASIC, ENDPOINT_NAME, inLinkFormat, SERVER, valuesOf, type Contents } from './testbed.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const KEY = text('sixteen byte key');
const BOOTSTRAP_KEY = text('of the bootstrap');

/** A server that devices prove pre-shared keys to. */
function byKey(identity: string, key: Uint8Array): ServerSecurity {
  const credentials = new MemoryCredentialStore();
  credentials.set(ENDPOINT_NAME, { mode: 'psk', identity, key });
  return { credentials, dtls: { psk: (name) => credentials.pskKey(name) } };
}

const PSK: AccountSecurity = { mode: 'psk', identity: 'ets-identity', key: KEY };
const PSK_SERVER = byKey('ets-identity', KEY);

/** The account of the LwM2M server in configuration C.13: the Object Instances /0/0 and /1/0. */
function account(security: AccountSecurity = { mode: 'noSec' }): BootstrapConfiguration['instances'] {
  return serverAccount({
    shortServerId: 1,
    uri: `${security.mode === 'noSec' ? 'coap' : 'coaps'}://${SERVER.host}:${SERVER.port}`,
    security,
    storeNotifications: false,
    disableTimeout: 86_400,
    securityInstanceId: 0,
    serverInstanceId: 0,
  });
}

/** TLV holds all of these; nothing is deleted, as the cases have it. */
const FULL: BootstrapConfiguration = {
  deletes: [],
  instances: account(PSK),
  queries: [{ operation: 'discover', path: '/', when: 'beforeFinish' }],
};

const DISCOVERED =
  `</>;lwm2m=1.1,</0>;ver=1.2,</0/0>;ssid=1;uri=coaps://${SERVER.host}:${SERVER.port},</0/1>,` +
  '</1>;ver=1.2,</1/0>;ssid=1,</3>;ver=1.2,</3/0>';

test('1.1-int-0 Client Initiated Bootstrap', async () => {
  const bed = await BootstrapBed.registered({ configuration: FULL, serverSecurity: PSK_SERVER });
  const said = bed.bootstrapExchanges();
  expect(said[0]).toBe(`POST /bs?ep=${ENDPOINT_NAME}&pct=112 → 2.04`);
  expect(said.slice(1, 3)).toEqual(['PUT /0/0 cf=112 → 2.04', 'PUT /1/0 cf=112 → 2.04']);
  expect(said[3]).toMatch(/^GET \/ accept=40 → 2\.05 cf=40 <\/>;lwm2m=1\.1,/);
  expect(said.slice(4)).toEqual(['POST /bs → 2.04']);
  const links = bed.sessions[0]?.steps.find(({ operation }) => operation === 'discover')?.links ?? [];
  expect(inLinkFormat(links)).toBe(DISCOVERED);
  expect(bed.events.slice(0, 2)).toEqual(['bootstrap started', 'bootstrap finished']);
});

test('1.1-int-1 Client Initiated Bootstrap Full (PSK)', async () => {
  const bed = await BootstrapBed.registered({
    configuration: FULL,
    serverSecurity: PSK_SERVER,
    bootstrapSecurity: byKey('bootstrap-identity', BOOTSTRAP_KEY),
    accounts: {
      '/0/1/0': `coaps://${BOOTSTRAP_SERVER.host}:${BOOTSTRAP_SERVER.port}`,
      '/0/1/1': true,
      '/0/1/2': 0,
      '/0/1/3': text('bootstrap-identity'),
      '/0/1/5': BOOTSTRAP_KEY,
    },
  });
  expect(bed.events).toEqual(['bootstrap started', 'bootstrap finished', 'registered']);
  expect(bed.sessions[0]?.identity).toEqual({ kind: 'psk', identity: 'bootstrap-identity' });
  expect(bed.server.registration(ENDPOINT_NAME)).toMatchObject({
    identity: { kind: 'psk', identity: 'ets-identity' },
    lifetime: 86_400,
    bindingMode: 'U',
  });
  // RFC 6347 §4.1: nothing but records.
  expect(bed.network.log.every(({ bytes }) => (bytes[0] ?? 0) >= 20 && (bytes[0] ?? 0) <= 25)).toBe(true);
});

test('1.1-int-2 Client Initiated Bootstrap Full (Cert)', async () => {
  const authority = testCertificate({ commonName: 'authority', authority: true });
  const ofServer = testCertificate({ commonName: 'server', issuer: authority, names: ['server.example.com'] });
  const ofDevice = testCertificate({ commonName: ENDPOINT_NAME, issuer: authority });
  const credentials = new MemoryCredentialStore();
  credentials.set(ENDPOINT_NAME, { mode: 'x509', commonName: ENDPOINT_NAME });
  const credential = loadCredential({ privateKey: ofServer.privateKey, certificate: ofServer.der });
  const bed = await BootstrapBed.registered({
    configuration: {
      ...FULL,
      instances: account({
        mode: 'x509',
        certificate: ofDevice.der,
        secretKey: ofDevice.privateKey.export({ format: 'der', type: 'pkcs8' }),
        serverCertificate: ofServer.der,
      }),
    },
    serverSecurity: { credentials, dtls: { credential, x509: { roots: [authority.der] } } },
  });
  expect(bed.tree.content('/0/0/2')).toBe(2);
  expect(bed.events).toEqual(['bootstrap started', 'bootstrap finished', 'registered']);
  expect(bed.server.registration(ENDPOINT_NAME)?.identity).toMatchObject({ kind: 'x509', commonName: ENDPOINT_NAME });
});

/** Configuration C.1 with this lifetime. */
function card(lifetime: number): [string, Contents[string]][] {
  const contents = Object.entries({ ...BASIC, '/1/0/1': lifetime });
  return contents.filter(([path]) => path.startsWith('/0/') || path.startsWith('/1/'));
}

test('1.1-int-3 Simple Bootstrap from Smartcard', async () => {
  const bed = await BootstrapBed.registered({ configuration: FULL, device: { smartcard: () => card(86_400) } });
  const lifetime = async (): Promise<unknown> =>
    valuesOf(await bed.clock.runUntil(bed.server.device(ENDPOINT_NAME).read('/1/0/1')));
  expect(await lifetime()).toEqual({ '/1/0/1': 86_400 });
  await bed.clock.runUntil(bed.device.stop());
  const again = bed.createDevice({ smartcard: () => card(43_200) });
  await bed.clock.runUntil(again.start());
  expect(await lifetime()).toEqual({ '/1/0/1': 43_200 });
  expect(bed.server.registration(ENDPOINT_NAME)?.lifetime).toBe(43_200);
  expect(bed.events.filter((event) => event.startsWith('bootstrap'))).toEqual([]);
});

test('1.1-int-4 Bootstrap Delete', async () => {
  const ask = (when: 'first' | 'afterDeletes'): BootstrapConfiguration['queries'] => [
    { operation: 'discover', path: '/', when },
    { operation: 'read', path: '/1', when },
  ];
  const bed = await BootstrapBed.registered({
    configuration: { instances: account(), queries: [...(ask('first') ?? []), ...(ask('afterDeletes') ?? [])] },
    accounts: { ...BASIC, ...BOOTSTRAP_ACCOUNT },
  });
  bed.device.bootstrap();
  await bed.clock.advanceAsync(1_000);
  expect(bed.steps()).toEqual([
    'discover /: 2.05',
    'read /1: 2.05',
    'delete /0: 2.02',
    'delete /1: 2.02',
    'discover /: 2.05',
    'read /1: 2.05',
    'write /0/0: 2.04',
    'write /1/0: 2.04',
    'finish /bs: 2.04',
  ]);
  const lists = (bed.sessions[0]?.steps ?? []).flatMap(({ links }) =>
    links === undefined ? [] : [inLinkFormat(links)],
  );
  expect(lists[0]).toContain('</0/0>;ssid=1;');
  // The account of the bootstrap server survives, and the Device Object.
  expect(lists[1]).toBe('</>;lwm2m=1.1,</0>;ver=1.2,</0/1>,</1>;ver=1.2,</3>;ver=1.2,</3/0>');
  const reads = (bed.sessions[0]?.steps ?? []).flatMap(({ records }) =>
    records === undefined ? [] : [valuesOf({ records })],
  );
  expect(reads).toEqual([expect.objectContaining({ '/1/0/0': 1, '/1/0/1': 86_400, '/1/0/7': 'U' }), {}]);
  expect(bed.events.at(-1)).toBe('registered');
});

test('1.1-int-5 Server Initiated Bootstrap', async () => {
  const bed = await BootstrapBed.registered({
    configuration: { ...FULL, instances: account() },
    accounts: { ...BASIC, ...BOOTSTRAP_ACCOUNT },
  });
  await bed.clock.runUntil(bed.server.device(ENDPOINT_NAME).triggerBootstrap());
  await bed.clock.advanceAsync(1_000);
  expect(bed.steps()).toEqual(['write /0/0: 2.04', 'write /1/0: 2.04', 'discover /: 2.05', 'finish /bs: 2.04']);
  expect(bed.events).toEqual(['registered', 'deregistered', 'bootstrap started', 'bootstrap finished', 'registered']);
});

test('1.1-int-6 Bootstrap Sequence', async () => {
  const configuration = { ...FULL, instances: account() };
  const lifetimeAndEvents = async (
    accounts: Contents,
    smartcard?: ReturnType<typeof card>,
  ): Promise<[number | undefined, BootstrapBed]> => {
    const bed = await BootstrapBed.registered({
      configuration,
      accounts,
      device: smartcard === undefined ? {} : { smartcard: () => smartcard },
    });
    return [bed.server.registration(ENDPOINT_NAME)?.lifetime, bed];
  };
  const factory = { ...BASIC, '/1/0/1': 3_600, ...BOOTSTRAP_ACCOUNT };
  // A smartcard comes before what is from the factory, and that before the bootstrap server.
  expect((await lifetimeAndEvents(factory, card(43_200)))[0]).toBe(43_200);
  const [lifetime, registered] = await lifetimeAndEvents(factory);
  expect([lifetime, registered.events]).toEqual([3_600, ['registered']]);
  // Without an account of an LwM2M server the device asks the bootstrap server.
  const [, initiated] = await lifetimeAndEvents(BOOTSTRAP_ACCOUNT);
  expect(initiated.events).toEqual(['bootstrap started', 'bootstrap finished', 'registered']);
  // A server may have it ask at any time.
  await registered.clock.runUntil(registered.server.device(ENDPOINT_NAME).execute('/1/0/9'));
  await registered.clock.advanceAsync(1_000);
  expect(registered.events.slice(1)).toEqual(['deregistered', ...initiated.events]);
});

test('1.1-int-7 Fallback to bootstrap', async () => {
  const bed = new BootstrapBed({
    configuration: { ...FULL, instances: account() },
    accounts: { ...BASIC, '/0/0/0': `coap://${NOWHERE}`, ...BOOTSTRAP_ACCOUNT },
  });
  await bed.open();
  await bed.clock.runUntil(bed.device.start());
  await bed.clock.settle();
  expect(bed.troubles).toEqual(Array.from({ length: 5 }, () => 'the peer did not acknowledge the request'));
  expect(bed.events).toEqual(['bootstrap started', 'bootstrap finished', 'registered']);
  expect(bed.tree.content('/0/0/0')).toBe(`coap://${SERVER.host}:${SERVER.port}`);
});

test('1.1-int-8 Bootstrap Read', async () => {
  const bed = await BootstrapBed.registered({
    configuration: {
      deletes: [],
      instances: [
        ...account(),
        {
          path: '/2/0',
          resources: [
            { kind: 'singleResource', id: 0, type: 'integer', value: 3 },
            { kind: 'singleResource', id: 1, type: 'integer', value: 0 },
            {
              kind: 'multipleResource',
              id: 2,
              type: 'integer',
              instances: [{ kind: 'resourceInstance', id: 0, type: 'integer', value: 31 }],
            },
            { kind: 'singleResource', id: 3, type: 'integer', value: 65_535 },
          ],
        },
      ],
      queries: [
        { operation: 'read', path: '/1' },
        { operation: 'read', path: '/2' },
      ],
    },
  });
  expect(bed.steps().slice(-3)).toEqual(['read /1: 2.05', 'read /2: 2.05', 'finish /bs: 2.04']);
  const [ofServers, ofAccess] = (bed.sessions[0]?.steps ?? []).flatMap(({ records }) =>
    records === undefined ? [] : [valuesOf({ records })],
  );
  expect(ofServers).toEqual({
    '/1/0/0': 1,
    '/1/0/1': 86_400,
    '/1/0/5': 86_400,
    '/1/0/6': false,
    '/1/0/7': 'U',
  });
  expect(ofAccess).toEqual({ '/2/0/0': 3, '/2/0/1': 0, '/2/0/2/0': 31, '/2/0/3': 65_535 });
});

test('1.1-int-9 Bootstrap and Configuration Consistency', async () => {
  const inconsistent: BootstrapConfiguration = {
    deletes: [],
    instances: [{ path: '/1/0', resources: [{ kind: 'singleResource', id: 5, type: 'integer', value: 86_400 }] }],
  };
  const bed = await BootstrapBed.registered({
    configuration: inconsistent,
    bootstrap: { onInconsistent: () => ({ instances: account() }) },
  });
  expect(bed.steps()).toEqual([
    'write /1/0: 2.04',
    'finish /bs: 4.06',
    'delete /0: 2.02',
    'delete /1: 2.02',
    'write /0/0: 2.04',
    'write /1/0: 2.04',
    'finish /bs: 2.04',
  ]);
  expect(bed.sessions[0]?.steps[1]?.diagnostic).toBe('/1/0/0 is missing');
  expect(bed.events).toEqual(['bootstrap started', 'bootstrap finished', 'registered']);
});

test('1.2-int-12 Bootstrap via Bootstrap-Pack-Request', async () => {
  const bed = await BootstrapBed.registered({
    configuration: FULL,
    serverSecurity: PSK_SERVER,
    device: { lwm2mVersion: '1.2' },
  });
  // The text of the case has 2.04.
  expect(bed.bootstrapExchanges().at(-1)).toBe(`GET /bspack?ep=${ENDPOINT_NAME}&acc=112 accept=112 → 2.05 cf=112`);
  expect(bed.events).toEqual(['bootstrap pack sent', 'registered']);
  expect(bed.server.registration(ENDPOINT_NAME)).toMatchObject({
    lwm2mVersion: '1.2',
    identity: { kind: 'psk', identity: 'ets-identity' },
  });
  expect(bed.tree.instancePaths()).toEqual(['/0/0', '/0/1', '/1/0', '/3/0']);
});
