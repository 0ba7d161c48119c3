import { sameIdentity, type Peer, type PeerIdentity } from '@flownexus/datagram';
import { DtlsError } from '../errors.ts';
import { Association, associationKey, type AssociationOptions } from './association.ts';
import { AssociationTable } from './association-table.ts';
import type { Core } from './core.ts';
import { prove } from './path.ts';
import type { Persistence } from './persistence.ts';

export interface AssociationsOptions {
  readonly core: Core;
  readonly cidLength: number;
  readonly persistence: Persistence | undefined;
}

function closed(message: string): DtlsError {
  return Object.freeze(new DtlsError('ERR_DTLS_CLOSED', message));
}

// Made once: to take the stack costs as much as five HMACs, and it tells nothing of what the network did.
const SILENT = closed('the association was silent for too long');
const REPLACED = closed('the peer began a new association');
const CROWDED_OUT = closed('there are too many associations');
const TOO_MANY_OF_ONE = closed('its identity has too many associations');

type Beginning = Pick<AssociationOptions, 'role' | 'lower' | 'identity'>;

/** The life of associations: how they begin, move and end, and who is told. */
export class Associations {
  readonly table: AssociationTable;
  readonly #core: Core;
  readonly #persistence: Persistence | undefined;

  constructor({ core, cidLength, persistence }: AssociationsOptions) {
    this.#core = core;
    this.#persistence = persistence;
    this.table = new AssociationTable({
      ...core,
      cidLength,
      onIdle: (association) => this.#ended(association, SILENT),
    });
  }

  /**
   * A handshake has finished. What was at this address before ends, unless it may still be found: it has a Connection ID, and its peer is
   * somebody else who has moved (RFC 6347 §4.2.8).
   */
  begin(options: Omit<AssociationOptions, 'key'>): Association {
    const { clock, random } = this.#core;
    const ending = this.#whatEndsFor(options);
    if (ending !== undefined) this.table.remove(ending.association);
    const association = new Association({ ...options, key: associationKey(random) });
    this.table.add(association, clock.now());
    this.#persistence?.began(association);
    if (ending !== undefined) this.#ended(ending.association, ending.reason);
    return association;
  }

  /** Takes in what a store kept. False when its key or Connection ID is in use. */
  restore(association: Association, heardAtMs: number): boolean {
    const own = this.#firstOfTooMany(association);
    if (!this.table.add(association, heardAtMs)) return false;
    if (own !== undefined) this.end(own, TOO_MANY_OF_ONE);
    this.#core.counters.restored += 1;
    return true;
  }

  /** Its peer is where `association.lower` says, and was at `previous` before. */
  moved(association: Association, previous: Peer): void {
    this.#core.counters.addressChanges += 1;
    this.table.moved(association, previous);
    this.#persistence?.moved(association);
  }

  /** The peer has proven that it receives at its present address. */
  confirmPath(association: Association): void {
    const previous = association.path?.proven;
    if (previous === undefined || !prove(association)) return;
    // With the policy `proven` this is the move: until now it was found at its old address.
    if (this.table.at(previous) === association) this.moved(association, previous);
    else this.#persistence?.moved(association);
  }

  /** Ends an association; the peer has been told, or is not to be. With a reason unless it ended regularly. */
  end(association: Association, reason?: Error): void {
    if (this.table.remove(association)) this.#ended(association, reason);
  }

  /** The association that gives way to a new one, and why. */
  #whatEndsFor(one: Beginning): { association: Association; reason: DtlsError } | undefined {
    const { lower, identity } = one;
    const before = this.table.at(lower);
    if (before !== undefined && (before.localCid === undefined || isSameProven(before.identity, identity))) {
      return { association: before, reason: REPLACED };
    }
    const { limits, counters } = this.#core;
    const own = this.#firstOfTooMany(one);
    const association = own ?? (this.table.size >= limits.associations ? this.table.oldest : undefined);
    if (association === undefined) return undefined;
    counters.limits += 1;
    return { association, reason: own === undefined ? CROWDED_OUT : TOO_MANY_OF_ONE };
  }

  #firstOfTooMany(one: Pick<Beginning, 'role' | 'identity'>): Association | undefined {
    return this.table.identities.firstOf(one, this.#core.limits.associationsPerIdentity);
  }

  #ended(association: Association, reason: Error | undefined): void {
    association.lingering?.close();
    association.lingering = undefined;
    this.#persistence?.ended(association);
    this.#core.callbacks.peerClosed(association, reason);
  }
}

/** Nobody knows whether two peers without identity are the same. */
function isSameProven(a: PeerIdentity, b: PeerIdentity): boolean {
  return a.kind !== 'anonymous' && sameIdentity(a, b);
}
