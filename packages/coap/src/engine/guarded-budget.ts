import type { PeerState } from './peer-state.ts';
import { Standing } from './tiers.ts';

/**
 * A number of things that peers make us hold. Peers that were heard of once may fill half of it, those that have not proven
 * their address three quarters: made-up addresses leave the rest to others.
 */
export class GuardedBudget {
  readonly #limit: number;
  readonly #held: [number, number, number] = [0, 0, 0];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get used(): number {
    const [fresh, continued, proven] = this.#held;
    return fresh + continued + proven;
  }

  /** Whether there is room for one more of a peer. */
  admits({ standing }: PeerState): boolean {
    const [fresh, continued, proven] = this.#held;
    const limit = this.#limit;
    if (fresh + continued + proven >= limit) return false;
    if (standing === Standing.PROVEN) return true;
    if (fresh + continued >= (limit * 3) / 4) return false;
    return standing === Standing.CONTINUED || fresh < limit / 2;
  }

  /** Counts one, admitted or not. Call what is returned when the thing has gone: calling it again is harmless. */
  hold({ standing }: PeerState): () => void {
    this.#held[standing] += 1;
    let held = true;
    return () => {
      if (held) this.#held[standing] -= 1;
      held = false;
    };
  }
}
