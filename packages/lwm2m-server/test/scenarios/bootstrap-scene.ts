import { Code } from '@flownexus/coap';
import type { PeerIdentity } from '@flownexus/datagram';
import { MemoryNetwork, seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { expect } from 'vitest';
import {
  Lwm2mBootstrapServer,
  MemoryBootstrapStore,
  MemoryCredentialStore,
  overTransport,
  serverAccount,
  type BootstrapConfiguration,
  type Lwm2mBootstrapServerOptions,
} from '../../src/index.ts';
import { IdentifiedTransport } from '../identified-transport.ts';
import { ScriptedDevice, SERVER } from '../scripted-device.ts';
import { expectRefused } from './bootstrapping.ts';

/** A configuration that takes no Discover. */
export const ACCOUNT: BootstrapConfiguration = {
  instances: serverAccount({ shortServerId: 1, uri: 'coap://192.0.2.1', securityInstanceId: 0 }),
};
const objects = await ObjectRegistry.bundled();

/** A Bootstrap-Server of its own, to which peers come that have proven who they are. */
export class BootstrapScene {
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
    this.server.on('enrolled', ({ operation, endpointName, certificate }) =>
      log.push(`${operation} ${endpointName}: ${certificate.length} bytes`),
    );
    this.server.on('refused', ({ operation, endpointName, code, reason }) =>
      log.push(`refused ${operation} of ${endpointName ?? '?'}: ${code} ${reason}`),
    );
  }

  static async start(options: Partial<Lwm2mBootstrapServerOptions> = {}): Promise<BootstrapScene> {
    const scene = new BootstrapScene(options);
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
