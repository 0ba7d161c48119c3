import { once } from 'node:events';
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

/** What `server.ts` says. */
export type Said = Readonly<Record<string, unknown>> & { readonly event: string };

/** `server.ts` as a child process. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #said: Said[] = [];
  #onSaid: (() => void) | undefined;
  port = 0;
  /** The registration IDs that it knew when it started. */
  registrations: unknown;

  private constructor(file: string, port: number, key: Uint8Array) {
    const script = join(import.meta.dirname, 'server.ts');
    const keyText = Buffer.from(key).toString('hex');
    const child = spawn(process.execPath, ['--conditions=source', script, file, String(port), keyText], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#said.push(JSON.parse(line) as Said);
      this.#onSaid?.();
    });
    this.#child = child;
  }

  static async start(file: string, port: number, key: Uint8Array): Promise<ServerProcess> {
    const server = new ServerProcess(file, port, key);
    const started = await server.heard((said) => said.event === 'started');
    server.port = Number(started['port']);
    server.registrations = started['registrations'];
    return server;
  }

  /** All that it has said. */
  get said(): readonly Said[] {
    return this.#said;
  }

  /** The first thing that it has said, or will say, that is asked for. */
  async heard(isIt: (said: Said) => boolean): Promise<Said> {
    for (;;) {
      const found = this.#said.find(isIt);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#onSaid = resolve;
      });
    }
  }

  command(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Ends it from one moment to the next. */
  async kill(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  /** Has it end by itself; gives what it says last. */
  async stop(): Promise<Said> {
    const ended = once(this.#child, 'exit');
    this.command('stop');
    await ended;
    return this.heard((said) => said.event === 'stopped');
  }
}
