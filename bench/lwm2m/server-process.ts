import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** A server that is measured: see orders.ts for what it is asked. */
export class ServerProcess {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(command: string, arguments_: readonly string[]) {
    this.#process = spawn(command, arguments_, { stdio: ['pipe', 'pipe', 'inherit'] });
    const { stdout } = this.#process;
    if (stdout === null) throw new Error('the output of a server is a pipe');
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  /** Resolves to a server that listens, and its port. */
  static async start(command: string, arguments_: readonly string[]): Promise<{ server: ServerProcess; port: number }> {
    const server = new ServerProcess(command, arguments_);
    const [port = NaN] = await server.#hear('listening');
    return { server, port };
  }

  /** The resident memory of the process, in bytes; undefined where there is no /proc. */
  get residentBytes(): number | undefined {
    const status = `/proc/${this.#process.pid ?? 0}/status`;
    if (!existsSync(status)) return undefined;
    return 1024 * Number(/^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(status, 'utf8'))?.[1]);
  }

  /** Gives an order and resolves to the numbers of its answer. Rejects when the process ends instead. */
  async ask(order: string): Promise<readonly number[]> {
    this.#process.stdin?.write(`${order}\n`);
    return this.#hear(order.split(' ')[0] ?? '');
  }

  async end(): Promise<void> {
    this.#process.stdin?.end();
    if (this.#process.exitCode === null && this.#process.signalCode === null) await once(this.#process, 'exit');
  }

  async #hear(word: string): Promise<readonly number[]> {
    const line = await this.#lines.next();
    if (line.done === true) throw new Error(`a server ended when it was asked for ${word}`);
    const [first, ...numbers] = line.value.split(' ');
    if (first !== word) throw new Error(`a server says ${line.value} when it was asked for ${word}`);
    return numbers.map(Number);
  }
}
