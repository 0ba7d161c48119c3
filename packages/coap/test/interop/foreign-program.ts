import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** How a program is started. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * A client or a server of a foreign stack that talks to the tests in lines. It ends when its standard input ends.
 *
 * A server begins with `port N`. A client begins with `ready` and is told `ID OPERATION name=value ...`, texts and bytes in
 * hexadecimal:
 *
 * - `request` and `observe` with `port`, `method`, `con` (1 or 0), `path` and `query` (each part), `payload`, `format`, `accept`, `etag`,
 *   `ifmatch`, `ifnonematch` (1), `block` (bytes) and `emptytoken` (1);
 * - `cancel` and `forget` with `observation`, the ID of an `observe`;
 * - `ping` with `port`.
 *
 * It answers `ID reply` or `ID notification` with `code`, `payload`, `format`, `etag`, `lpath` and `lquery`, or `ID done`, or
 * `ID error` with a text.
 */
export class ForeignProgram {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #diagnostics = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'close');
    child.stderr!.on('data', (chunk: Buffer) => {
      this.#diagnostics = (this.#diagnostics + chunk.toString()).slice(-4096);
    });
  }

  /** Starts the program and resolves with its first line. */
  static async start(
    { file, args, env = {} }: Command,
    onLine: (line: string) => void,
  ): Promise<{ program: ForeignProgram; first: string }> {
    const child = spawn(file, args, { stdio: 'pipe', env: { ...process.env, ...env } });
    const program = new ForeignProgram(child);
    const first = await new Promise<string>((resolve, reject) => {
      let begun = false;
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (begun) onLine(line);
        else resolve(line);
        begun = true;
      });
      child.once('error', reject);
      child.once('close', (code) => {
        reject(new Error(`${file} ${args.join(' ')} ended with ${code}: ${program.#diagnostics}`));
      });
    });
    return { program, first };
  }

  get diagnostics(): string {
    return this.#diagnostics;
  }

  say(line: string): void {
    this.#child.stdin!.write(`${line}\n`);
  }

  async stop(): Promise<void> {
    this.#child.stdin!.end();
    this.#child.kill();
    await this.#ended;
  }
}
