import {
  ANONYMOUS,
  type DatagramHandler,
  type DatagramTransport,
  type Peer,
  type PeerIdentity,
} from '@flownexus/datagram';
import type { MemoryTransport } from '@flownexus/datagram/testing';
import { expect } from 'vitest';
import { type CoapEndpointOptions, type CoapLimits, type CoapUsage, encodeMessage } from '../../src/index.ts';
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import { type Script, World } from './world.ts';

const FLOOD_HOST = '192.0.2.1';

/** Datagrams from any number of made-up addresses; what is sent to them is lost, as it would be. */
export class Flood {
  readonly #limits: CoapLimits;
  #handler: DatagramHandler | undefined;
  world!: World;

  private constructor(limits: Partial<CoapLimits>) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  static async open(options: Partial<CoapEndpointOptions> & { readonly limits: Partial<CoapLimits> }): Promise<Flood> {
    const flood = new Flood(options.limits);
    flood.world = await World.open(options, (transport) => flood.#wrap(transport));
    return flood;
  }

  /** One datagram from the address with a number. */
  hit(source: number, script: Script, identity: PeerIdentity = ANONYMOUS): void {
    this.#handler?.onDatagram(floodPeer(source, identity), encodeMessage(this.world.message(script)));
  }

  /** The same to the group that the endpoint is in. */
  hitGroup(source: number, script: Script, identity: PeerIdentity = ANONYMOUS): void {
    this.#handler?.onMulticast?.(floodPeer(source, identity), encodeMessage(this.world.message(script)));
  }

  /** Nothing is above its bound. */
  checkUsage(): void {
    const { usage } = this.world.endpoint;
    for (const [name, used] of Object.entries(usage)) {
      expect([name, used <= this.#limits[name as keyof CoapUsage]]).toEqual([name, true]);
    }
  }

  #wrap(transport: MemoryTransport): DatagramTransport {
    return {
      scheme: transport.scheme,
      maxDatagramSize: transport.maxDatagramSize,
      get localAddress() {
        return transport.localAddress;
      },
      open: (handler) => {
        this.#handler = handler;
        return transport.open(handler);
      },
      send: (peer, datagram) => {
        if (peer.host !== FLOOD_HOST) transport.send(peer, datagram);
      },
      connect: (host, port) => transport.connect(host, port),
      close: () => transport.close(),
    };
  }
}

function floodPeer(source: number, identity: PeerIdentity): Peer {
  return {
    key: `coap://[flood]:${source}`,
    host: FLOOD_HOST,
    port: source & 0xffff,
    identity,
    pathValidated: true,
  };
}
