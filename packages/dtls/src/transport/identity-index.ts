import { identityKey } from '../identity-key.ts';
import type { Association } from './association.ts';

/** Which associations with us, the server, an identity has. Those without identity are nobody's, and those that a client of ours began are our own affair. */
export class IdentityIndex {
  /** The latest of each identity, which knows the one before it. */
  readonly #latest = new Map<string, Association>();

  add(association: Association): void {
    if (!isCounted(association)) return;
    const key = identityKey(association.identity);
    association.before = this.#latest.get(key);
    this.#latest.set(key, association);
  }

  /** It was added before. */
  remove(association: Association): void {
    if (!isCounted(association)) return;
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

  /** The association that began first of those that this one would be counted with, when there are `most` or more. */
  firstOf(one: Counted, most: number): Association | undefined {
    if (!isCounted(one)) return undefined;
    let first = this.#latest.get(identityKey(one.identity));
    let count = first === undefined ? 0 : 1;
    for (; first?.before !== undefined; first = first.before) count += 1;
    return count >= most ? first : undefined;
  }
}

type Counted = Pick<Association, 'role' | 'identity'>;

function isCounted({ role, identity }: Counted): boolean {
  return role === 'server' && identity.kind !== 'anonymous';
}
