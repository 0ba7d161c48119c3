import type { Principal } from '../http/principal.ts';
import { limits } from '../limits.ts';

/** What is found out about a session or token. */
export interface Remembered {
  readonly principal: Principal;
  /** When it ends by itself, in milliseconds since 1970; undefined: never. */
  readonly expiresAt: number | undefined;
}

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
  async get(key: string, look: () => Promise<Remembered | undefined>): Promise<Principal | undefined> {
    const known = this.#known.get(key);
    if (known !== undefined && known.until > this.#now()) return known.principal;
    const generation = this.#generation;
    const found = await look();
    this.#known.delete(key);
    if (found === undefined || generation !== this.#generation) return found?.principal;
    if (this.#known.size >= limits.cachedPrincipals) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    const { principal, expiresAt = Infinity } = found;
    this.#known.set(key, { principal, until: Math.min(this.#now() + limits.principalCacheMs, expiresAt) });
    return principal;
  }

  /** Forgets everything: something of a user, a session or a token has changed. */
  clear(): void {
    this.#generation += 1;
    this.#known.clear();
  }
}
