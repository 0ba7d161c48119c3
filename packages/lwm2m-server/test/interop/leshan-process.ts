import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROGRAM = 'java';
const jar = process.env['LESHAN_CLIENT_JAR'] ?? '';
/** Characters of its output that are kept. */
const KEPT_OUTPUT = 8000;

/** Why the demo client of Eclipse Leshan can't take part, or undefined when it can. */
export function leshanMissing(): string | undefined {
  if (jar === '') return 'LESHAN_CLIENT_JAR does not name the jar of the Leshan demo client with its dependencies';
  if (spawnSync(PROGRAM, ['-version'], { stdio: 'ignore' }).error !== undefined) return `${PROGRAM} is not installed`;
  return undefined;
}

export interface LeshanClientOptions {
  readonly serverPort: number;
  readonly endpointName: string;
  /** Further arguments of its command line. */
  readonly args?: readonly string[];
  /** Messages larger than this go in blocks of this size. */
  readonly blockSize?: number;
}

/** A running demo client. */
export interface LeshanClient {
  /** Rejects when it ends before it is asked to; never resolves. */
  readonly died: Promise<never>;
  /** Enters a command in its console. */
  command(line: string): void;
  /** Resolves when it has said this, before or from now on. */
  said(text: string): Promise<void>;
  /** What it said last, for the message of an error. */
  output(): string;
  /** Asks it to end, upon which it de-registers; resolves when it has ended. */
  terminate(): Promise<void>;
  /** Ends it at once; resolves when it has ended and its files are removed. */
  kill(): Promise<void>;
}

/** Starts the demo client without security, on loopback only. */
export async function startLeshanClient(options: LeshanClientOptions): Promise<LeshanClient> {
  // It keeps a settings file in the folder that it runs in.
  const folder = await mkdtemp(join(tmpdir(), 'leshan-client-'));
  if (options.blockSize !== undefined) {
    const size = String(options.blockSize);
    const settings = `COAP.MAX_MESSAGE_SIZE=${size}\nCOAP.PREFERRED_BLOCK_SIZE=${size}\n`;
    await writeFile(join(folder, 'Californium3.client.properties'), settings);
  }
  const server = `127.0.0.1:${String(options.serverPort)}`;
  const args = ['-n', options.endpointName, '-u', server, '-lh', '127.0.0.1', '-l', '300', ...(options.args ?? [])];
  const child = spawn(PROGRAM, ['-jar', jar, ...args], { cwd: folder, stdio: 'pipe' });
  const { output, said } = listen(child);
  let ending = false;
  const died = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      if (!ending) reject(new Error(`the Leshan client ended with ${String(code)}: ${output()}`));
    });
  });
  died.catch(() => undefined); // also when nobody waits for it at that time
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    ending = true;
    const exited = once(child, 'exit');
    // False: it has ended already.
    if (child.exitCode === null && child.signalCode === null && child.kill(signal)) await exited;
  };
  return {
    died,
    command: (line) => child.stdin.write(`${line}\n`),
    said,
    output,
    terminate: () => end('SIGTERM'),
    async kill() {
      await end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function listen(child: ChildProcess): Pick<LeshanClient, 'output' | 'said'> {
  let heard = '';
  const awaited = new Map<string, () => void>();
  const hear = (chunk: Buffer): void => {
    heard = (heard + chunk.toString()).slice(-KEPT_OUTPUT);
    for (const [text, resolve] of awaited) if (heard.includes(text)) resolve();
  };
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  return {
    output: () => heard,
    said: (text) => (heard.includes(text) ? Promise.resolve() : new Promise((resolve) => awaited.set(text, resolve))),
  };
}
