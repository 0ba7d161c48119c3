import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';

/** Where `scripts/install-peers.sh` puts the codecs of Eclipse Leshan. */
const folder = join(process.env['COAP_PEERS_FOLDER'] ?? join(import.meta.dirname, '../../../../.peers'), 'leshan');

/** Why the codecs of Eclipse Leshan can't take part, or undefined when they can. */
export function leshanMissing(): string | undefined {
  if (!existsSync(join(folder, 'stamp'))) return 'scripts/install-peers.sh has not installed leshan';
  if (spawnSync('java', ['-version'], { stdio: 'ignore' }).error !== undefined) return 'java is not installed';
  return undefined;
}

interface Waiting {
  readonly resolve: (line: string) => void;
  readonly reject: (reason: Error) => void;
}

/** A running program of Leshan's codecs: lines in, lines out, in the same order. */
export class LeshanCodec {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: Waiting[] = [];

  constructor() {
    const classpath = [join(folder, 'classes'), join(folder, 'lib', '*')].join(delimiter);
    this.#child = spawn('java', ['-cp', classpath, 'Codec']);
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#waiting.shift()?.resolve(line));
    this.#child.on('exit', () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error('the codecs of Leshan have ended'));
    });
  }

  /** The result of a command. Rejects with Leshan's own words when it refuses. */
  async run(...words: readonly string[]): Promise<string> {
    const line = await new Promise<string>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin.write(`${words.join(' ')}\n`);
    });
    if (!line.startsWith('ok ')) throw new Error(`Leshan: ${line}`);
    return line.slice(3);
  }

  close(): void {
    this.#child.kill();
  }
}
