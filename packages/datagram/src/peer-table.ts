import { formatAddress, isPort } from './address.ts';
import { DatagramLimits } from './limits.ts';
import { ANONYMOUS } from './peer.ts';
import type { Peer } from './peer.ts';

/** Peers by host. Most hosts have one port: a map of their own would take more than all the rest of the peer. */
type Generation = Map<string, Peer | Map<number, Peer>>;

/** How a table names its peers. */
export interface PeerTableOptions {
  readonly scheme: string;
  /** The host that a peer shows for an address on the wire. Default: the same. */
  readonly hostOf?: (wireHost: string) => string;
  /** Peers remembered at most. */
  readonly limit?: number;
}

/**
 * Gives one `Peer` object per address, without building a string for an address that is known.
 *
 * Bounded by two generations: when the young one holds half of the limit it becomes the old one, and what nobody asked for
 * since then is forgotten. A forgotten address gets a new object with the same `key`.
 */
export class PeerTable {
  readonly #scheme: string;
  readonly #hostOf: (wireHost: string) => string;
  readonly #generationLimit: number;
  #young: Generation = new Map();
  #old: Generation = new Map();
  #youngSize = 0;

  constructor(options: PeerTableOptions) {
    this.#scheme = options.scheme;
    this.#hostOf = options.hostOf ?? ((wireHost) => wireHost);
    this.#generationLimit = Math.max(1, Math.floor((options.limit ?? DatagramLimits.maxRememberedPeers) / 2));
  }

  /** The peer at an address as it is on the wire. */
  get(wireHost: string, port: number): Peer {
    const known = peerIn(this.#young, wireHost, port);
    if (known !== undefined) return known;
    const peer = peerIn(this.#old, wireHost, port) ?? this.#create(wireHost, port);
    this.#remember(wireHost, peer);
    return peer;
  }

  /** The peer at an address, if `key` is what it is called there. */
  recall(key: string, wireHost: string, port: number): Peer | undefined {
    if (!isPort(port, 1) || key !== this.#keyOf(this.#hostOf(wireHost), port)) return undefined;
    return this.get(wireHost, port);
  }

  #keyOf(host: string, port: number): string {
    return `${this.#scheme}://${formatAddress(host, port)}`;
  }

  #create(wireHost: string, port: number): Peer {
    const host = this.#hostOf(wireHost);
    return Object.freeze({
      key: this.#keyOf(host, port),
      host,
      port,
      identity: ANONYMOUS,
      pathValidated: true,
    });
  }

  #remember(wireHost: string, peer: Peer): void {
    if (this.#youngSize >= this.#generationLimit) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngSize = 0;
    }
    this.#youngSize += 1;
    const present = this.#young.get(wireHost);
    if (present === undefined) this.#young.set(wireHost, peer);
    else if (present instanceof Map) present.set(peer.port, peer);
    else {
      const ports = new Map([
        [present.port, present],
        [peer.port, peer],
      ]);
      this.#young.set(wireHost, ports);
    }
  }
}

function peerIn(generation: Generation, wireHost: string, port: number): Peer | undefined {
  const present = generation.get(wireHost);
  if (present instanceof Map) return present.get(port);
  return present?.port === port ? present : undefined;
}
