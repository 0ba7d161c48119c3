import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { systemClock } from '@flownexus/datagram';
import { onTestFinished } from 'vitest';
import type { Command } from '../../../../coap/test/interop/foreign-program.ts';

/** Longer than that no program of a test runs. */
const TIME_LIMIT_MS = 60_000;
const MAX_OUTPUT = 1 << 20;

/** Whether a program can be started at all. */
export function canRun(file: string, ...args: readonly string[]): boolean {
  return spawnSync(file, args, { stdio: 'ignore' }).error === undefined;
}

/** A foreign program of one test. It ends with the test, or when its time is over, whichever comes first. */
export class PeerProcess {
  /** What it has said so far, on both channels. */
  output = '';
  /** Resolves to its exit code, or null when a signal has ended it. */
  readonly ended: Promise<number | null>;
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #listeners = new Set<() => void>();

  private constructor(command: Command, child: ChildProcess) {
    this.#name = [command.file, ...command.args].join(' ');
    this.#child = child;
    const hear = (chunk: Buffer): void => {
      this.output = (this.output + chunk.toString()).slice(-MAX_OUTPUT);
      for (const listener of this.#listeners) listener();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    // It may be gone before all is written.
    child.stdin?.on('error', () => undefined);
    const limit = systemClock.schedule(TIME_LIMIT_MS, () => void child.kill('SIGKILL'));
    this.ended = once(child, 'close').then(([code]) => {
      limit.cancel();
      return code as number | null;
    });
  }

  /** Starts a program for the present test. */
  static start(command: Command): PeerProcess {
    const { file, args, env = {} } = command;
    const child = spawn(file, args, { stdio: 'pipe', env: { ...process.env, ...env } });
    const started = new PeerProcess(command, child);
    onTestFinished(() => started.stop());
    return started;
  }

  /** Runs a program to its end and gives what it has said; rejects unless its exit code is 0. */
  static async run(command: Command): Promise<string> {
    const started = PeerProcess.start(command);
    started.closeInput();
    const code = await started.ended;
    if (code !== 0) throw new Error(`${started.#name} ended with ${code}:\n${started.output}`);
    return started.output;
  }

  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  closeInput(): void {
    this.#child.stdin?.end();
  }

  /** Resolves when the output has something like this; rejects when the program ends without it. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
    const look = (): void => {
      const match = pattern.exec(this.output);
      if (match !== null) resolve(match);
    };
    this.#listeners.add(look);
    look();
    void this.ended.then((code) => {
      reject(new Error(`${this.#name} ended with ${code} and did not say ${String(pattern)}:\n${this.output}`));
    });
    return promise.finally(() => this.#listeners.delete(look));
  }

  /** Ends it, if it has not ended. */
  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}
