import { isIPv6 } from 'node:net';
import { ApiError } from '../http/errors.ts';
import { limits } from '../limits.ts';
import { FailureLimiter } from './failure-limiter.ts';

/** A name, password or code is wrong. It counts, unlike a failure of the database. */
export class WrongCredentials extends Error {
  override readonly name = 'WrongCredentials';
}

/** Too many were wrong, or too many are being checked. */
export class TooManyAttempts extends ApiError {
  readonly retryAfterSeconds: number;
  /** False while every check is busy: then nobody has done anything wrong. */
  readonly blocked: boolean;

  constructor(retryAfterMs: number, blocked: boolean) {
    super(429, 'too-many-requests', 'too many attempts to sign in; try again later');
    this.retryAfterSeconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
    this.blocked = blocked;
  }
}

/** Who tries. */
export interface Attempt {
  /** Of the user, also of one that does not exist. */
  readonly name: string;
  readonly address: string | undefined;
}

/** Bounds how often passwords and codes can be tried: for one name from anywhere, from one address for any name, and all together at once. */
export class PasswordAttempts {
  readonly #names: FailureLimiter;
  readonly #addresses: FailureLimiter;
  #running = 0;

  constructor(now: () => number) {
    const common = { windowMs: limits.failureWindowMs, keys: limits.rememberedFailures, now };
    this.#names = new FailureLimiter({ ...common, failures: limits.failuresPerName });
    this.#addresses = new FailureLimiter({ ...common, failures: limits.failuresPerAddress });
  }

  /**
   * Runs a check, which rejects with {@link WrongCredentials} for what is wrong.
   *
   * Rejects with that, with {@link TooManyAttempts} without running it, or with what else the check rejects with, which counts for nothing.
   */
  async run<T>({ name, address }: Attempt, check: () => Promise<T>): Promise<T> {
    if (this.#running >= limits.passwordChecks) throw new TooManyAttempts(1_000, false);
    const network = networkOf(address);
    let wait = this.#addresses.take(network);
    if (wait > 0) throw new TooManyAttempts(wait, true);
    wait = this.#names.take(name);
    if (wait > 0) {
      // Not this address' fault: the name may be locked by others.
      this.#addresses.giveBack(network);
      throw new TooManyAttempts(wait, true);
    }
    this.#running += 1;
    try {
      const result = await check();
      this.#names.forget(name);
      this.#addresses.giveBack(network);
      return result;
    } catch (error) {
      if (!(error instanceof WrongCredentials)) {
        this.#names.giveBack(name);
        this.#addresses.giveBack(network);
      }
      throw error;
    } finally {
      this.#running -= 1;
    }
  }

  /** Forgets the failures for a name, so that who was locked out can try at once. */
  forgive(name: string): void {
    this.#names.forget(name);
  }
}

/** An IPv4 address, or the network of an IPv6 address: whoever has one address of a /64 has them all. */
function networkOf(address = ''): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  while (tail !== undefined && groups.length + after.length < 8) groups.push('0');
  return [...groups, ...after].slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16)).join(':'); // prettier-ignore
}
