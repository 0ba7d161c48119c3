import { Lwm2mServerError } from '../errors.ts';

/** A server starts once and stops once. */
export class Lifecycle {
  #state: 'new' | 'running' | 'stopped' = 'new';

  /** @throws Lwm2mServerError `ERR_LWM2M_SERVER_STATE` when it has started or stopped before; also as a rejection, as is what `work` rejects with */
  async start(work: () => Promise<void>): Promise<void> {
    if (this.#state !== 'new') throw new Lwm2mServerError('ERR_LWM2M_SERVER_STATE', 'a server starts once');
    this.#state = 'running';
    try {
      await work();
    } catch (error) {
      this.#state = 'stopped';
      throw error;
    }
  }

  /** Does nothing when it has stopped before. */
  async stop(work: () => Promise<void>): Promise<void> {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    await work();
  }
}
