import { Code, formatCode } from '@flownexus/coap';
import type { PeerIdentity } from '@flownexus/datagram';
import { MemoryNetwork, seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { describe, expect, test } from 'vitest';
import {
  Lwm2mBootstrapServer,
  MemoryBootstrapStore,
  MemoryCredentialStore,
  overTransport,
  serverAccount,
  type BootstrapConfiguration,
  type BootstrapStore,
  type Lwm2mBootstrapServerOptions,
} from '../../src/index.ts';
import { IdentifiedTransport } from '../identified-transport.ts';
import { inWords, ScriptedDevice, SERVER } from '../scripted-device.ts';
import { expectRefused, request, serve } from './bootstrapping.ts';

const ACCOUNT: BootstrapConfiguration = {
  instances: serverAccount({ shortServerId: 1, uri: 'coap://192.0.2.1', securityInstanceId: 0 }),
};
const objects = await ObjectRegistry.bundled();

/** A Bootstrap-Server of its own, to which peers come that have proven who they are. */
class Scene {
  readonly clock: VirtualClock = new VirtualClock();
  readonly network: MemoryNetwork = new MemoryNetwork(this.clock);
  readonly transport: IdentifiedTransport = new IdentifiedTransport(this.network.transport(SERVER));
  readonly credentials: MemoryCredentialStore = new MemoryCredentialStore();
  readonly configurations: MemoryBootstrapStore = new MemoryBootstrapStore();
  readonly log: string[] = [];
  readonly server: Lwm2mBootstrapServer;

  private constructor(options: Partial<Lwm2mBootstrapServerOptions>) {
    const { clock, credentials, configurations, log, transport } = this;
    const random = seededRandom(1);
    const onError = (error: unknown, context: string): void => void log.push(`error: ${context}: ${String(error)}`);
    const endpoints = [overTransport(transport)];
    this.server = new Lwm2mBootstrapServer({
      endpoints,
      credentials,
      configurations,
      objects,
      clock,
      random,
      onError,
      ...options,
    });
    this.server.on('bootstrapFinished', ({ endpointName, identity }) =>
      log.push(`finished ${endpointName}, ${identity.kind}`),
    );
    this.server.on('refused', ({ operation, endpointName, code, reason }) =>
      log.push(`refused ${operation} of ${endpointName ?? '?'}: ${code} ${reason}`),
    );
  }

  static async start(options: Partial<Lwm2mBootstrapServerOptions> = {}): Promise<Scene> {
    const scene = new Scene(options);
    scene.credentials.set('dev', { mode: 'psk', identity: 'id', key: Uint8Array.of(1) });
    scene.configurations.set('dev', ACCOUNT);
    scene.configurations.set('open', ACCOUNT);
    await scene.server.start();
    return scene;
  }

  device(identity?: PeerIdentity, port: number = 50_000): ScriptedDevice {
    if (identity !== undefined) this.transport.identify(port, identity);
    return new ScriptedDevice(this, port);
  }

  settle(): Promise<void> {
    return this.clock.settle();
  }

  /** Sends a Bootstrap-Request that is refused. */
  async refused(query: string, expected: string, identity?: PeerIdentity): Promise<void> {
    const device = this.device(identity);
    device.request(Code.POST, { path: ['bs'], query: query === '' ? [] : query.split('&') });
    expectRefused(await device.one(), expected);
    expect(this.log.splice(0).at(-1)).toContain(expected);
    expect(this.server.statistics).toMatchObject({ sessions: 0, refusals: 1, bootstraps: 0 });
  }
}

const ID: PeerIdentity = { kind: 'psk', identity: 'id' };

describe('who has proven an identity', () => {
  test('is bootstrapped as the endpoint that it belongs to', async () => {
    const scene = await Scene.start();
    const device = scene.device(ID);
    await serve(device, (await request(device)).first);
    expect(scene.log).toEqual(['finished dev, psk']);
    expect(scene.server.statistics).toMatchObject({ sessions: 0, bootstraps: 1, bootstrapFailures: 0, refusals: 0 });
  });

  test('needs no endpoint name', async () => {
    const scene = await Scene.start();
    const device = scene.device(ID);
    device.request(Code.POST, { path: ['bs'] });
    const [answer, first] = await device.received();
    expect(answer && formatCode(answer.code)).toBe('2.04');
    await serve(device, first);
    expect(scene.log).toEqual(['finished dev, psk']);
  });

  test('is no other endpoint', async () => {
    const scene = await Scene.start();
    await scene.refused('ep=open', '4.00 the identity belongs to another endpoint', ID);
  });

  test('is nobody when the identity belongs to none', async () => {
    const scene = await Scene.start();
    await scene.refused('ep=open', '4.00 the identity belongs to no endpoint', { kind: 'psk', identity: 'x' });
  });
});

describe('who has proven nothing', () => {
  test('is bootstrapped as an endpoint without a credential', async () => {
    const scene = await Scene.start();
    const device = scene.device();
    await serve(device, (await request(device, 'ep=open')).first);
    expect(scene.log).toEqual(['finished open, anonymous']);
  });

  test('is not an endpoint that has a credential', async () => {
    const scene = await Scene.start();
    await scene.refused('ep=dev', '4.00 the endpoint has a credential: it comes over DTLS');
  });

  test('says who it is', async () => {
    const scene = await Scene.start();
    await scene.refused('', '4.00 ep is missing');
  });

  test('is refused where there are to be none', async () => {
    const scene = await Scene.start({ noSec: false });
    await scene.refused('ep=open', '4.00 devices without an identity are not admitted');
  });
});

describe('a Bootstrap-Request', () => {
  test.each([
    ['ep=nobody', '4.00 there is no bootstrap configuration for this endpoint'],
    ['ep=open&pct=60', '4.15 pct is one of 110, 112, 11542, 11544'],
    ['ep=open&pct=TLV', '4.00 pct is not the number of a Content-Format'],
    ['ep=open&pct=110&pct=112', '4.00 the parameter pct occurs twice'],
    ['ep=open&ep=open', '4.00 the parameter ep occurs twice'],
  ])('with %s is refused', async (query, expected) => {
    const scene = await Scene.start();
    await scene.refused(query, expected);
  });

  test('is refused by the application', async () => {
    const scene = await Scene.start({
      authorize: ({ operation, endpointName }) => ({
        code: '4.29',
        reason: `no ${operation} of ${endpointName} today`,
      }),
    });
    await scene.refused('ep=open', '4.29 no bootstrap of open today');
  });

  test('is answered 5.03 when the store fails', async () => {
    const configurations: BootstrapStore = { get: () => Promise.reject(new Error('no disk')) };
    const scene = await Scene.start({ configurations });
    const device = scene.device();
    device.request(Code.POST, { path: ['bs'], query: ['ep=open'] });
    expectRefused(await device.one(), '5.03 the server can not take this now');
    expect(scene.log[0]).toBe('error: the bootstrap configuration of open could not be had: Error: no disk');
  });

  test('is answered 5.03 when the store has what can not be written', async () => {
    const configurations: BootstrapStore = {
      get: () => ({ instances: [{ path: '/3', resources: [] }], deletes: ['3/0/0'] }),
    };
    const scene = await Scene.start({ configurations });
    await scene.refused('ep=open', '5.03 the server can not take this now');
  });

  test.each([
    [Code.GET, ['bs'], '4.05'],
    [Code.POST, ['bs', '1'], '4.04'],
    [Code.POST, ['bspack'], '4.05'],
    [Code.POST, ['rd'], '4.04'],
  ])('is nothing else: %s %s', async (method, path, expected) => {
    const scene = await Scene.start();
    const device = scene.device();
    device.request(method, { path, query: ['ep=open'] });
    expect(formatCode((await device.one()).code)).toBe(expected);
  });
});

test('its messages are shown to whom they concern', async () => {
  const scene = await Scene.start();
  const lines: string[] = [];
  const stop = scene.server.trace('open', ({ direction, message }) =>
    lines.push(`${direction} ${message === undefined ? 'garbage' : inWords(message)}`),
  );
  const [device, other] = [scene.device(), scene.device(ID, 50_001)];
  await request(other);
  const { first } = await request(device, 'ep=open');
  await serve(device, first);
  expect(lines.slice(0, 4)).toEqual(['in CON POST bs', 'out ACK 2.04', 'out CON DELETE 0', 'in ACK 2.02']);
  expect(lines).toHaveLength(12);
  stop();
});

test('a server starts once', async () => {
  const scene = await Scene.start();
  expect(scene.server.addresses).toEqual([{ scheme: 'coaps', ...SERVER }]);
  await expect(scene.server.start()).rejects.toThrow('a server starts once');
  await scene.server.stop();
  await scene.server.stop();
  expect(scene.server.addresses).toEqual([]);
});
