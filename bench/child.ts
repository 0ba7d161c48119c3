import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A process of the benchmark: what it says, one message after the other. */
export class Child<Message> {
  readonly #process: ChildProcess;
  readonly #heard: Message[] = [];
  #wake: (() => void) | undefined;
  #exit: string | undefined;

  /** `module` is relative to this folder; `nodeOptions` come on top of `inherited`, those of this process unless it says otherwise. */
  constructor(module: string, nodeOptions: readonly string[] = [], inherited: readonly string[] = process.execArgv) {
    this.#process = fork(fileURLToPath(new URL(module, import.meta.url)), { execArgv: [...inherited, ...nodeOptions] });
    this.#process.on('message', (message) => {
      this.#heard.push(message as Message);
      this.#wake?.();
    });
    this.#process.on('exit', (code, signal) => {
      this.#exit = `${module} ended with ${signal ?? `code ${code ?? 'none'}`}`;
      this.#wake?.();
    });
  }

  say(message: unknown): void {
    this.#process.send(message as object);
  }

  /** The next message. Rejects when the process ends instead. */
  async hear(): Promise<Message> {
    for (;;) {
      const message = this.#heard.shift();
      if (message !== undefined) return message;
      if (this.#exit !== undefined) throw new Error(this.#exit);
      await this.#change();
    }
  }

  /** Lets it end, which it does when nobody listens to it any more. */
  async end(): Promise<void> {
    if (this.#process.connected) this.#process.disconnect();
    while (this.#exit === undefined) await this.#change();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
