/** Something that occupies a place in a lane from `start` until the lane is told that it has left. */
export interface LaneOccupant {
  start(): void;
}

/** At most `width` occupants at a time (NSTART, RFC 7252 §4.7), the others wait in order, at most `limit` of them. */
export class Lane {
  readonly #width: number;
  readonly #limit: number;
  #waiting: LaneOccupant[] | undefined;
  #running: LaneOccupant | Set<LaneOccupant> | undefined;

  constructor(width: number, limit: number) {
    this.#width = width;
    this.#limit = limit;
  }

  get waiting(): number {
    return this.#waiting?.length ?? 0;
  }

  /** Starts `occupant` now or when its turn comes. False when too many wait already. */
  enter(occupant: LaneOccupant): boolean {
    if (this.waiting === 0 && this.#occupied() < this.#width) {
      this.#occupy(occupant);
      occupant.start();
      return true;
    }
    if (this.waiting >= this.#limit) return false;
    (this.#waiting ??= []).push(occupant);
    return true;
  }

  /** Starts all that wait, whatever the width: nothing can be done any more, and each is to notice. */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) for (const occupant of waiting) occupant.start();
  }

  /**
   * `occupant` is done, or does not want to wait any longer. Harmless when it is not in the lane. The next one starts at once,
   * or when `startNext` calls what it is given.
   */
  leave(occupant: LaneOccupant, startNext: (start: () => void) => void = (start) => start()): void {
    if (!this.#vacate(occupant)) {
      const index = this.#waiting?.indexOf(occupant) ?? -1;
      if (index >= 0) this.#waiting?.splice(index, 1);
      return;
    }
    startNext(() => this.#startWaiting());
  }

  #startWaiting(): void {
    while (this.#occupied() < this.#width) {
      const next = this.#waiting?.shift();
      if (next === undefined) return;
      this.#occupy(next);
      next.start();
    }
  }

  #occupied(): number {
    if (this.#running === undefined) return 0;
    return this.#running instanceof Set ? this.#running.size : 1;
  }

  #occupy(occupant: LaneOccupant): void {
    // NSTART is 1 nearly always: no set for that.
    if (this.#width === 1) this.#running = occupant;
    else {
      const running = this.#running instanceof Set ? this.#running : new Set<LaneOccupant>();
      this.#running = running.add(occupant);
    }
  }

  #vacate(occupant: LaneOccupant): boolean {
    if (this.#running instanceof Set) return this.#running.delete(occupant);
    if (this.#running !== occupant) return false;
    this.#running = undefined;
    return true;
  }
}
