import type { Lwm2mServer, Notification } from '../../src/index.ts';
import { soon } from './device-program.ts';

/** The notifications of a server, in their order. */
export class Heard {
  readonly all: Notification[] = [];
  #listeners: (() => void)[] = [];

  constructor(server: Lwm2mServer) {
    server.on('notification', (notification) => {
      this.all.push(notification);
      const listeners = this.#listeners;
      this.#listeners = [];
      for (const listener of listeners) listener();
    });
  }

  /** Resolves when there are so many. */
  count(count: number): Promise<void> {
    const enough = async (): Promise<void> => {
      while (this.all.length < count) await new Promise<void>((resolve) => this.#listeners.push(resolve));
    };
    return soon(`${String(count)} notifications`, enough(), () => `there are ${String(this.all.length)}`);
  }
}
