// The servers that are compared, as commands.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A program that takes the orders of orders.ts. */
export interface Subject {
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
}

/** Has a server forget messages and silent peers at once. */
export const FORGET_AT_ONCE = '--forget-at-once';

/** Our server. `nodeOptions` come on top of those of this process. */
export function flownexus(nodeOptions: readonly string[] = [], ...options: readonly string[]): Subject {
  const module = fileURLToPath(new URL('server.ts', import.meta.url));
  return {
    name: 'flownexus',
    command: process.execPath,
    arguments: [...process.execArgv, ...nodeOptions, module, ...options],
  };
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const peers = process.env['COAP_PEERS_FOLDER'] ?? `${root}.peers`;

/** Leshan's server, as Java runs it by default; undefined where scripts/install-peers.sh has not made it. */
export function leshan(...options: readonly string[]): Subject | undefined {
  const folder = `${peers}/leshan-bench`;
  if (!existsSync(`${folder}/stamp`)) return undefined;
  return {
    name: 'leshan',
    command: 'java',
    arguments: [
      '-Dslf4j.internal.verbosity=ERROR',
      '-cp',
      `${folder}/classes:${folder}/lib/*`,
      'BenchServer',
      ...options,
    ],
  };
}
