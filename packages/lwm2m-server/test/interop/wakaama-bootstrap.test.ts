import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  coap,
  coaps,
  Lwm2mBootstrapServer,
  Lwm2mServer,
  MemoryBootstrapStore,
  MemoryCredentialStore,
  serverAccount,
  type AccountSecurity,
  type BootstrapSession,
  type Registration,
  type ServerEndpoint,
} from '../../src/index.ts';
import { valuesOf } from './device-values.ts';
import { WAKAAMA_TEST_OBJECT, WakaamaClient, wakaamaMissing, type WakaamaOptions } from './wakaama.ts';

const missing = wakaamaMissing();
const suffix = missing === undefined ? '' : ` (skipped: ${missing})`;
const NAME = 'wakaama';
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const BOOTSTRAP_PSK = { identity: 'of the bootstrap', key: text('another 16 bytes') };
const PSK = { identity: 'given to it', key: text('sixteen byte key') };

const objects = await ObjectRegistry.bundled();
objects.add(WAKAAMA_TEST_OBJECT);

describe.skipIf(missing !== undefined)(`Wakaama 1.0: bootstrap${suffix}`, { timeout: 120_000 }, () => {
  let bootstrapServer: Lwm2mBootstrapServer;
  let server: Lwm2mServer;
  let configurations: MemoryBootstrapStore;
  let clients: WakaamaClient[];
  let sessions: BootstrapSession[];
  let errors: unknown[];

  beforeEach(() => {
    configurations = new MemoryBootstrapStore();
    [clients, sessions, errors] = [[], [], []];
  });

  afterEach(async () => {
    await Promise.all(clients.map((client) => client.kill()));
    await Promise.all([bootstrapServer.stop(), server.stop()]);
    expect(errors).toEqual([]);
  });

  /** Servers, over DTLS where they have a key, the second of which the device is given: what it registers. */
  async function bootstrapped(options: Partial<WakaamaOptions>, security: AccountSecurity): Promise<Registration> {
    const onError = (error: unknown): void => void errors.push(error);
    const endpoint = (psk: WakaamaOptions['psk']): ServerEndpoint => {
      if (psk === undefined) return coap({ host: '127.0.0.1', port: 0 });
      const credentials = new MemoryCredentialStore();
      credentials.set(NAME, { mode: 'psk', ...psk });
      return coaps({ host: '127.0.0.1', port: 0, credentials });
    };
    bootstrapServer = new Lwm2mBootstrapServer({
      endpoints: [endpoint(options.psk)],
      objects,
      configurations,
      onError,
    });
    for (const name of ['bootstrapFinished', 'bootstrapFailed'] as const) {
      bootstrapServer.on(name, (session) => sessions.push(session));
    }
    server = new Lwm2mServer({
      endpoints: [endpoint(security.mode === 'psk' ? security : undefined)],
      objects,
      onError,
    });
    await Promise.all([bootstrapServer.start(), server.start()]);
    const uri = `${security.mode === 'psk' ? 'coaps' : 'coap'}://127.0.0.1:${String(server.addresses[0]?.port)}`;
    // The bootstrap account is /0/0. A Discover is refused: the id is given therefore.
    const account = { shortServerId: 7, uri, security, lifetime: 120, securityInstanceId: 1 };
    configurations.set(NAME, { instances: serverAccount(account) });
    const registration = new Promise<Registration>((resolve) => server.once('registered', resolve));
    const serverPort = bootstrapServer.addresses[0]?.port ?? 0;
    const client = await WakaamaClient.start({ endpointName: NAME, serverPort, bootstrap: true, ...options });
    clients.push(client);
    return client.soon('it to register', registration);
  }

  async function isRead(): Promise<void> {
    const { records } = await server.device(NAME).read('/3/0/0');
    expect(valuesOf(records)).toEqual({ '/3/0/0': 'Open Mobile Alliance' });
    const ofServer = await server.device(NAME).read('/1/7/0');
    expect(valuesOf(ofServer.records)).toEqual({ '/1/7/0': 7 });
  }

  function steps(): readonly string[] {
    return (sessions.at(-1)?.steps ?? []).map(
      ({ operation, path, responseCode }) => `${operation} ${path}: ${responseCode}`,
    );
  }

  test('bootstrap over CoAP, and a registration over CoAP', async () => {
    expect(await bootstrapped({}, { mode: 'noSec' })).toMatchObject({ endpointName: NAME, lifetime: 120 });
    expect(steps()).toEqual([
      'delete /0: 2.02',
      'delete /1: 2.02',
      'write /0/1: 2.04',
      'write /1/7: 2.04',
      'finish /bs: 2.04',
    ]);
    await isRead();
  });

  test('bootstrap over CoAP, and a registration over DTLS with the key that it was given', async () => {
    const { identity } = await bootstrapped({ canUseDtls: true }, { mode: 'psk', ...PSK });
    expect(identity).toEqual({ kind: 'psk', identity: PSK.identity });
    await isRead();
  });

  test('bootstrap over DTLS, and a registration over DTLS with the key that it was given', async () => {
    const { identity } = await bootstrapped({ psk: BOOTSTRAP_PSK }, { mode: 'psk', ...PSK });
    expect(sessions.at(-1)?.identity).toEqual({ kind: 'psk', identity: BOOTSTRAP_PSK.identity });
    expect(identity).toEqual({ kind: 'psk', identity: PSK.identity });
    await isRead();
  });
});
