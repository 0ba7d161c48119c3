import { MemoryNetwork, VirtualClock } from '@flownexus/datagram/testing';
import type { PeerIdentity } from '@flownexus/datagram';
import { MemoryCredentialStore, overTransport, type Lwm2mServerOptions, type Refusal } from '../src/index.ts';
import { IdentifiedTransport } from './identified-transport.ts';
import { SERVER, Stage, type ScriptedDevice } from './scripted-device.ts';

export const KEY: Uint8Array = Uint8Array.of(1, 2, 3);
export const psk = (identity: string): PeerIdentity => ({ kind: 'psk', identity });

/** A server that knows the device `dev` by the identity `id`, and peers that have identities. */
export class SecuredStage extends Stage {
  readonly credentials: MemoryCredentialStore;
  readonly transport: IdentifiedTransport;
  readonly refusals: Refusal[] = [];

  private constructor(options: Partial<Lwm2mServerOptions>) {
    const world = { clock: new VirtualClock() };
    const network = new MemoryNetwork(world.clock);
    const transport = new IdentifiedTransport(network.transport(SERVER));
    const credentials = new MemoryCredentialStore();
    super({ endpoints: [overTransport(transport)], credentials, ...options }, { clock: world.clock, network });
    this.transport = transport;
    this.credentials = credentials;
    credentials.set('dev', { mode: 'psk', identity: 'id', key: KEY });
    this.server.on('refused', (refusal) => this.refusals.push(refusal));
  }

  static override async start(options: Partial<Lwm2mServerOptions> = {}): Promise<SecuredStage> {
    const stage = new SecuredStage(options);
    await stage.server.start();
    return stage;
  }

  /** A device that has proven to be `identity`. */
  proven(port: number, identity: PeerIdentity, association?: string): ScriptedDevice {
    this.transport.identify(port, identity, association);
    return this.device(port);
  }
}
