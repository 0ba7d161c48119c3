import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** How a program of foreign devices is started. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** How long a device has for what it is asked to do or to say. The machine may be busy with other tests. */
const PATIENCE_MS = 45_000;
/** Characters of its diagnostics that are kept. */
const KEPT_DIAGNOSTICS = 8000;

interface Waiting {
  readonly resolve: (text: string) => void;
  readonly reject: (reason: Error) => void;
}

/** A running program with any number of foreign devices. `leshan/shared/Console.java` describes the lines. */
export class DeviceProgram {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #devices = new Map<string, ForeignDevice>();
  #diagnostics = '';
  #count = 0;
  /** Why it has ended. */
  #end: Error | undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'close');
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#diagnostics = (this.#diagnostics + chunk.toString()).slice(-KEPT_DIAGNOSTICS);
    });
  }

  /** Starts it; resolves when it is ready for devices. */
  static async start({ file, args }: Command): Promise<DeviceProgram> {
    const child = spawn(file, args, { stdio: 'pipe' });
    const program = new DeviceProgram(child);
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        const reason = new Error(`${file} ended with ${String(code)}: ${program.diagnostics}`);
        reject(reason);
        program.#end = reason;
        for (const device of program.#devices.values()) device.end(reason);
      });
      createInterface({ input: child.stdout }).on('line', (line) => {
        const [name = '', what = '', text = ''] = line.split(' ');
        if (name === 'program') resolve();
        program.#devices.get(name)?.hear(what, decodeURIComponent(text.replaceAll('+', ' ')));
      });
    });
    return program;
  }

  /** What it said on its standard error, for messages. */
  get diagnostics(): string {
    return this.#diagnostics;
  }

  /** A device of these settings, not yet started. */
  async device(settings: Readonly<Record<string, string>>): Promise<ForeignDevice> {
    if (this.#end !== undefined) throw this.#end;
    this.#count += 1;
    const name = `d${String(this.#count)}`;
    const device = new ForeignDevice(this, (words) => {
      this.#child.stdin?.write(`${[name, ...words.map((word) => encodeURIComponent(word))].join(' ')}\n`);
    });
    this.#devices.set(name, device);
    await device.run('new', ...Object.entries(settings).map(([key, value]) => `${key}=${value}`));
    return device;
  }

  async stop(): Promise<void> {
    this.#child.kill();
    await this.#ended;
  }
}

/** One foreign device. */
export class ForeignDevice {
  readonly #program: DeviceProgram;
  readonly #say: (words: readonly string[]) => void;
  readonly #answers: Waiting[] = [];
  readonly #events: string[] = [];
  #listeners: (() => void)[] = [];

  constructor(program: DeviceProgram, say: (words: readonly string[]) => void) {
    this.#program = program;
    this.#say = say;
  }

  /** Takes a line that was said of it. */
  hear(what: string, text: string): void {
    if (what === 'ok') this.#answers.shift()?.resolve(text);
    if (what === 'error') this.#answers.shift()?.reject(new Error(`the device said ${text}`));
    if (what !== 'event') return;
    this.#events.push(text);
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }

  /** Its program has ended. */
  end(reason: Error): void {
    for (const { reject } of this.#answers.splice(0)) reject(reason);
  }

  /** What it answered to a command. */
  run(...words: readonly string[]): Promise<string> {
    const answer = new Promise<string>((resolve, reject) => {
      this.#answers.push({ resolve, reject });
    });
    this.#say(words);
    return this.soon(`the answer to ${words.join(' ')}`, answer);
  }

  /** The next event that begins with this text, of those that nobody has taken; it is taken, and what came before it is dropped. */
  event(beginning: string): Promise<string> {
    const next = async (): Promise<string> => {
      for (;;) {
        const index = this.#events.findIndex((text) => text.startsWith(beginning));
        const [found] = this.#events.splice(0, index + 1).slice(-1);
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => this.#listeners.push(resolve));
      }
    };
    return this.soon(`the device to say "${beginning}"`, next());
  }

  /** What was awaited; rejects when it takes too long, and tells what the device said. */
  soon<T>(what: string, awaited: Promise<T>): Promise<T> {
    return soon(what, awaited, () => [...this.#events, this.#program.diagnostics].join('\n'));
  }
}

/** What was awaited; rejects when it takes longer than a foreign device may, and tells what there is to know. */
export async function soon<T>(what: string, awaited: Promise<T>, known: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`waited in vain for ${what}; known: ${known()}`));
    }, PATIENCE_MS);
  });
  try {
    return await Promise.race([awaited, late]);
  } finally {
    clearTimeout(timer);
  }
}
