import type { Logger } from 'pino';
import { limits } from '../limits.ts';
import { within } from '../within.ts';

type Undo = () => void | Promise<void>;

/** What has to be done when the app stops: the other way round to how it was started. */
export class StopSteps {
  readonly #log: Logger;
  readonly #stepMs: number;
  readonly #steps: { readonly what: string; readonly undo: Undo }[] = [];
  #running: Promise<void> | undefined;

  /** `stepMs`: how long one step may take before the next is begun; default `limits.stopStepMs`. */
  constructor(log: Logger, stepMs: number = limits.stopStepMs) {
    this.#log = log;
    this.#stepMs = stepMs;
  }

  /** Adds a step, to be done before those that were added before. `what` names it in the log: `the database`. */
  add(what: string, undo: Undo): void {
    this.#steps.push({ what, undo });
  }

  /**
   * Does all steps. One that fails, or takes too long, is logged, and the others are done all the same: values that wait are stored although a socket can not be
   * closed. Rejects in the end when there was such a one. A second call gives what the first gives.
   */
  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    const failed: string[] = [];
    for (const { what, undo } of this.#steps.splice(0).reverse()) {
      try {
        await within(Promise.resolve(undo()), this.#stepMs);
      } catch (error) {
        this.#log.error({ err: error }, `stopping: ${what} could not be stopped`);
        failed.push(what);
      }
    }
    if (failed.length > 0) throw new Error(`could not be stopped: ${failed.join(', ')}`);
  }
}
