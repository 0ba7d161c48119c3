import type { Principal } from '../http/principal.ts';
import { limits } from '../limits.ts';

/** Whose a session or token is, for some seconds: a page makes many requests in a row. */
export class PrincipalCache {
  readonly #now: () => number;
  /** The oldest first. */
  readonly #known = new Map<string, { readonly principal: Principal; readonly until: number }>();
  #generation = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** What is remembered, else what `look` gives, which is then remembered unless {@link clear} was called meanwhile. */
  async get(key: string, look: () => Promise<Principal | undefined>): Promise<Principal | undefined> {
    const known = this.#known.get(key);
    if (known !== undefined && known.until > this.#now()) return known.principal;
    const generation = this.#generation;
    const principal = await look();
    this.#known.delete(key);
    if (principal === undefined || generation !== this.#generation) return principal;
    if (this.#known.size >= limits.cachedPrincipals) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    this.#known.set(key, { principal, until: this.#now() + limits.principalCacheMs });
    return principal;
  }

  /** Forgets everything: something of a user, a session or a token has changed. */
  clear(): void {
    this.#generation += 1;
    this.#known.clear();
  }
}
