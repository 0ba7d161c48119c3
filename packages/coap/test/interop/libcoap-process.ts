import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { freeUdpPort } from './free-udp-port.ts';

export const LIBCOAP_CLIENT = 'coap-client-notls';
const SERVER = 'coap-server-notls';
// Without it the client adds a line end.
const RAW_OUTPUT = ['-o', '-'];

/** Why the libcoap programs can't take part, or undefined when they can. */
export function libcoapMissing(): string | undefined {
  for (const program of [LIBCOAP_CLIENT, SERVER]) {
    if (spawnSync(program, ['-h'], { stdio: 'ignore' }).error !== undefined)
      return `${program} of libcoap3-bin is not installed`;
  }
  return undefined;
}

/** What `coap-client` printed: the payload of the response, and on the error channel a code like `4.04 Not Found`. */
export interface LibcoapClientOutput {
  readonly payload: Buffer;
  readonly diagnostics: string;
}

/** Runs `coap-client` to its end. `input` becomes the request's payload. */
export async function runLibcoapClient(args: readonly string[], input?: Uint8Array): Promise<LibcoapClientOutput> {
  const child = spawn(LIBCOAP_CLIENT, [...RAW_OUTPUT, ...(input === undefined ? [] : ['-f', '-']), ...args], {
    stdio: 'pipe',
  });
  const payload: Buffer[] = [];
  const diagnostics: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => payload.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => diagnostics.push(chunk));
  child.stdin.end(input);
  await once(child, 'close');
  return { payload: Buffer.concat(payload), diagnostics: Buffer.concat(diagnostics).toString() };
}

/** A running `coap-server`. */
export interface LibcoapServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts `coap-server` on a free port and resolves when it listens. */
export async function startLibcoapServer(args: readonly string[]): Promise<LibcoapServer> {
  const port = await freeUdpPort();
  // The level at which it says that it listens.
  const child = spawn(SERVER, ['-A', '127.0.0.1', '-p', String(port), '-v', '7', ...args], { stdio: 'pipe' });
  const exited = once(child, 'exit');
  await listening(child);
  return {
    port,
    async stop() {
      child.kill();
      await exited;
    },
  };
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (chunk: Buffer): void => {
      said = (said + chunk.toString()).slice(-4096);
      if (/created UDP +endpoint/.test(said)) resolve();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${SERVER} ended with ${code}: ${said}`)));
  });
}
