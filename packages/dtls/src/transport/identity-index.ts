import type { PeerIdentity } from '@flownexus/datagram';
import { identityKey } from '../identity-key.ts';
import type { Association } from './association.ts';

/** Which associations an identity has. Those without identity are nobody's and not in it. */
export class IdentityIndex {
  /** The latest of each identity, which knows the one before it. */
  readonly #latest = new Map<string, Association>();

  add(association: Association): void {
    if (association.identity.kind === 'anonymous') return;
    const key = identityKey(association.identity);
    association.before = this.#latest.get(key);
    this.#latest.set(key, association);
  }

  /** It must be in it, or without identity. */
  remove(association: Association): void {
    if (association.identity.kind === 'anonymous') return;
    const key = identityKey(association.identity);
    const { before } = association;
    association.before = undefined;
    let next = this.#latest.get(key);
    if (next === association) {
      if (before === undefined) this.#latest.delete(key);
      else this.#latest.set(key, before);
      return;
    }
    while (next !== undefined && next.before !== association) next = next.before;
    if (next !== undefined) next.before = before;
  }

  /** The association of an identity that began first when it has `most` or more. */
  firstOf(identity: PeerIdentity, most: number): Association | undefined {
    if (identity.kind === 'anonymous') return undefined;
    let first = this.#latest.get(identityKey(identity));
    let count = first === undefined ? 0 : 1;
    for (; first?.before !== undefined; first = first.before) count += 1;
    return count >= most ? first : undefined;
  }
}
