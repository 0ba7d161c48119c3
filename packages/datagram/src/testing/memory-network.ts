import type { Address } from '../address.ts';
import { checkPort, formatAddress } from '../address.ts';
import type { Clock } from '../clock.ts';
import { bindError } from '../errors.ts';
import { DatagramLimits } from '../limits.ts';
import type { RandomSource } from '../random.ts';
import { LockStepPeer } from './lock-step-peer.ts';
import { MemoryTransport } from './memory-transport.ts';
import type { MemoryTransportOptions } from './memory-transport.ts';
import type { NetworkLink, NetworkReceiver } from './network-link.ts';

/** A datagram on its way. */
export interface NetworkDatagram {
  readonly from: Address;
  /** For a datagram to a group the group's. */
  readonly to: Address;
  /** The member that gets this copy of a datagram to a group. */
  readonly member?: Address;
  readonly bytes: Uint8Array;
  /** 0 for the first datagram of the network, and so on. Each member's copy counts as a datagram. */
  readonly index: number;
}

/** What happens to a datagram. `delayMs` comes on top of the latency of the network; `copies` is 1 unless given. */
export type NetworkVerdict = 'deliver' | 'drop' | { readonly delayMs?: number; readonly copies?: number };

/**
 * Decides about each datagram when it is sent. A delay lets later ones overtake. About a datagram to a group it decides for each
 * member's copy alone, in the order in which they joined: what one member misses another may hear.
 */
export type NetworkRule = (datagram: NetworkDatagram) => NetworkVerdict;

/** A line of the log of a network. */
export interface NetworkLogEntry extends NetworkDatagram {
  /** The clock's `now()` when it was sent. */
  readonly sentAtMs: number;
  readonly verdict: NetworkVerdict;
}

/** How a network behaves. */
export interface MemoryNetworkOptions {
  /** How long a datagram travels, in milliseconds. Default 0: it arrives in the next turn of the clock. */
  readonly latencyMs?: number;
  readonly rule?: NetworkRule;
}

/** A member of a group. */
interface Member {
  readonly address: Address;
  readonly receiver: NetworkReceiver;
}

/** A network in memory: its transports and lock-step peers exchange datagrams over a clock, mostly a `VirtualClock`. */
export class MemoryNetwork implements NetworkLink {
  /** How long a datagram travels, in milliseconds. */
  latencyMs: number;
  /** What happens to each datagram; `undefined` delivers all. */
  rule: NetworkRule | undefined;
  readonly #clock: Clock;
  readonly #receivers = new Map<string, NetworkReceiver>();
  /** By group address, then by member address. */
  readonly #groups = new Map<string, Map<string, Member>>();
  #log: NetworkLogEntry[] = [];
  #nextIndex = 0;
  #nextEphemeralPort = 49_152;

  constructor(clock: Clock, options: MemoryNetworkOptions = {}) {
    this.#clock = clock;
    this.latencyMs = options.latencyMs ?? 0;
    this.rule = options.rule;
  }

  /** The latest datagrams in the order in which they were sent, dropped ones too. */
  get log(): readonly NetworkLogEntry[] {
    return this.#log.slice(-DatagramLimits.maxNetworkLog);
  }

  /** A transport at an address of this network. It takes the address when it is opened. */
  transport(options: MemoryTransportOptions): MemoryTransport {
    return new MemoryTransport(this, options);
  }

  /** A scripted party at an address, which it takes at once, as it joins the groups at the same port. */
  peer(host: string, port: number, groups?: readonly string[]): LockStepPeer {
    return new LockStepPeer(this, host, port, groups);
  }

  bind(host: string, port: number, receiver: NetworkReceiver): Address {
    checkPort(port, 0);
    const address = { host, port: port === 0 ? this.#freePort(host) : port };
    const key = formatAddress(address.host, address.port);
    if (this.#receivers.has(key)) {
      throw bindError('memory', host, port, Object.assign(new Error(`${key} is taken`), { code: 'EADDRINUSE' }));
    }
    this.#receivers.set(key, receiver);
    return address;
  }

  unbind(address: Address): void {
    this.#receivers.delete(formatAddress(address.host, address.port));
  }

  join(group: Address, member: Address, receiver: NetworkReceiver): void {
    const key = formatAddress(group.host, group.port);
    const members = this.#groups.get(key) ?? new Map<string, Member>();
    this.#groups.set(key, members.set(formatAddress(member.host, member.port), { address: member, receiver }));
  }

  leave(group: Address, member: Address): void {
    this.#groups.get(formatAddress(group.host, group.port))?.delete(formatAddress(member.host, member.port));
  }

  send(from: Address, to: Address, bytes: Uint8Array): void {
    const key = formatAddress(to.host, to.port);
    const datagram = {
      from: { host: from.host, port: from.port },
      to: { host: to.host, port: to.port },
      bytes: Uint8Array.from(bytes),
    };
    const members = this.#groups.get(key);
    if (members === undefined || members.size === 0) {
      this.#sendOne({ ...datagram, index: this.#nextIndex++ }, () => this.#receivers.get(key));
      return;
    }
    for (const [memberKey, { address }] of members) {
      this.#sendOne({ ...datagram, member: address, index: this.#nextIndex++ }, () => members.get(memberKey)?.receiver);
    }
  }

  #sendOne(datagram: NetworkDatagram, receiver: () => NetworkReceiver | undefined): void {
    const verdict = this.rule?.(datagram) ?? 'deliver';
    this.#remember({ ...datagram, sentAtMs: this.#clock.now(), verdict });
    if (verdict === 'drop') return;
    const { delayMs = 0, copies = 1 } = verdict === 'deliver' ? {} : verdict;
    if (copies > DatagramLimits.maxNetworkCopies) {
      throw new RangeError(`a rule asks for ${copies} copies, more than ${DatagramLimits.maxNetworkCopies}`);
    }
    for (let copy = 0; copy < copies; copy += 1) {
      this.#clock.schedule(this.latencyMs + delayMs, () => {
        receiver()?.(datagram.from, datagram.bytes.slice());
      });
    }
  }

  #remember(entry: NetworkLogEntry): void {
    this.#log.push(entry);
    if (this.#log.length >= 2 * DatagramLimits.maxNetworkLog)
      this.#log = this.#log.slice(-DatagramLimits.maxNetworkLog);
  }

  #freePort(host: string): number {
    for (let tried = 0; tried < 16_384; tried += 1) {
      const port = this.#nextEphemeralPort;
      this.#nextEphemeralPort = port === 65_535 ? 49_152 : port + 1;
      if (!this.#receivers.has(formatAddress(host, port))) return port;
    }
    throw bindError('memory', host, 0, new Error('no port is free'));
  }
}

/** What a bad line does to datagrams. */
export interface LossyRuleOptions {
  /** The share of datagrams that get lost, 0 to 1. */
  readonly loss?: number;
  /** The share of datagrams that arrive twice, 0 to 1. */
  readonly duplication?: number;
  /** Each datagram is delayed by 0 to this many milliseconds, so that some overtake others. */
  readonly jitterMs?: number;
}

/** A rule that loses, duplicates and reorders at random; with a `seededRandom` the same way in each run. */
export function lossyRule(random: RandomSource, options: LossyRuleOptions): NetworkRule {
  const { loss = 0, duplication = 0, jitterMs = 0 } = options;
  return () => {
    if (random.unit() < loss) return 'drop';
    return { copies: random.unit() < duplication ? 2 : 1, delayMs: random.unit() * jitterMs };
  };
}
