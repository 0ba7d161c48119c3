import type { Peer } from '@flownexus/datagram';
import type { Role } from '../crypto/traffic-keys.ts';
import type { Handshake } from './handshake.ts';

/** Handshakes under way, one for each address; for each role in the order in which they began. */
export class HandshakeTable {
  readonly #byRole: Readonly<Record<Role, Map<string, Handshake>>> = { client: new Map(), server: new Map() };

  get size(): number {
    return this.count('client') + this.count('server');
  }

  count(role: Role): number {
    return this.#byRole[role].size;
  }

  /** The one with a peer of the transport below. */
  at(lower: Peer): Handshake | undefined {
    return this.#byRole.server.get(lower.key) ?? this.#byRole.client.get(lower.key);
  }

  /** The one that began first. */
  oldest(role: Role): Handshake | undefined {
    for (const handshake of this.#byRole[role].values()) return handshake;
    return undefined;
  }

  all(): Handshake[] {
    return [...this.#byRole.client.values(), ...this.#byRole.server.values()];
  }

  /** There must be none at its address. */
  add(handshake: Handshake): void {
    this.#byRole[handshake.role].set(handshake.lower.key, handshake);
  }

  /** False when it is not in the table. */
  remove(handshake: Handshake): boolean {
    const handshakes = this.#byRole[handshake.role];
    return handshakes.get(handshake.lower.key) === handshake && handshakes.delete(handshake.lower.key);
  }
}
