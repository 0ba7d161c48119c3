import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { peersFolder } from '../../../../coap/test/interop/peers-folder.ts';
import { LinePeer } from './line-peer.ts';

const program = join(peersFolder, 'pion', 'plugtest');

/** Why pion can't take part, or undefined when it can. */
export function pionMissing(): string | undefined {
  return existsSync(program) ? undefined : 'scripts/install-peers.sh has not installed pion';
}

/** Starts the program of `pion/`. */
export function startPion(): Promise<LinePeer> {
  return LinePeer.start({ file: program, args: [] });
}
