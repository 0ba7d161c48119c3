import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

/** A script of TypeScript in a process of its own. */
export class Child {
  /** The lines that it has written. */
  readonly lines: string[] = [];
  /** How it ended: an exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  readonly #child: ChildProcess;
  #onLine: (() => void) | undefined;

  constructor(script: string, args: readonly string[]) {
    const child = spawn(process.execPath, ['--conditions=source', script, ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#child = child;
    onTestFinished(() => void child.kill('SIGKILL'));
    this.ended = once(child, 'exit').then(([code, signal]: unknown[]) =>
      typeof code === 'number' ? code : String(signal),
    );
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.lines.push(line);
      this.#onLine?.();
    });
  }

  /** Resolves when it has written so many lines. */
  async wrote(count: number): Promise<void> {
    while (this.lines.length < count) {
      await new Promise<void>((resolve) => {
        this.#onLine = resolve;
      });
    }
  }

  /** Ends it from one moment to the next. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
