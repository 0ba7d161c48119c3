import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface AppProcess {
  readonly child: ChildProcess;
  readonly httpUrl: string;
  readonly coapPort: number;
  readonly coapsPort: number;
  /** Of the bootstrap server over DTLS. */
  readonly bootstrapsPort: number;
  /** Of the interface of Leshan, and of its bootstrap server; undefined when they are not open. */
  readonly leshanUrls: readonly (string | undefined)[];
  /** Resolves when the process has ended. */
  readonly ended: Promise<Ended>;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** No simulated devices, and no fixed ports. */
const quiet = {
  // What one process has compiled the next one need not: half of the time of a start.
  NODE_COMPILE_CACHE: join(tmpdir(), 'flownexus-test-compile-cache'),
  FLOWNEXUS_DEMO: '0',
  FLOWNEXUS_COAPS_PORT: '0',
  FLOWNEXUS_BOOTSTRAP_PORT: '0',
  FLOWNEXUS_BOOTSTRAPS_PORT: '0',
};

/** Starts the app as a process of its own, without the variables that the tests themselves were started with. */
export function spawnApp(
  environment: Record<string, string>,
  atEnd: (kill: () => void) => void = onTestFinished,
): {
  child: ChildProcess;
  ended: Promise<Ended>;
  output: () => string;
} {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(FLOWNEXUS_|NODE_|VITEST)/.test(name));
  const child = spawn(process.execPath, ['--conditions=source', MAIN], {
    env: { ...Object.fromEntries(inherited), ...quiet, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  atEnd(() => void child.kill('SIGKILL'));
  return { child, ended, output: () => stdout };
}

/** Starts the app and waits until it says that it runs. */
export async function startApp(
  environment: Record<string, string>,
  atEnd?: (kill: () => void) => void,
): Promise<AppProcess> {
  const { child, ended, output } = spawnApp(environment, atEnd);
  const running = new Promise<void>((resolve) => {
    child.stdout?.on('data', () => {
      if (/Bootstrap listens on .*\n/.test(output())) resolve();
    });
  });
  const end = await Promise.race([running, ended]);
  if (end !== undefined) throw new Error(`the app ended at once with code ${String(end.code)}: ${end.stderr}`);
  const httpUrl = /FlowNexus is running: (https?:\S+)\n/.exec(output())?.[1] ?? '';
  const coapPort = Number(/LwM2M listens on coap:\/\/\S+:(\d+)\n/.exec(output())?.[1]);
  const coapsPort = Number(/LwM2M over DTLS listens on coaps:\/\/\S+:(\d+)\n/.exec(output())?.[1]);
  const bootstrapsPort = Number(/Bootstrap listens on .*coaps:\/\/\S+:(\d+)\n/.exec(output())?.[1]);
  const leshan = /The interface of Leshan .*: (http:\S+) and (http:\S+)\n/.exec(output());
  return { child, httpUrl, coapPort, coapsPort, bootstrapsPort, leshanUrls: [leshan?.[1], leshan?.[2]], ended };
}
