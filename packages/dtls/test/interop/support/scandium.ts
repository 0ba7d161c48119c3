import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { peersFolder } from '../../../../coap/test/interop/peers-folder.ts';
import { LinePeer } from './line-peer.ts';
import { canRun } from './peer-process.ts';

const folder = join(peersFolder, 'scandium');

/** Why Scandium, the DTLS of Eclipse Californium, can't take part, or undefined when it can. */
export function scandiumMissing(): string | undefined {
  if (!existsSync(join(folder, 'stamp'))) return 'scripts/install-peers.sh has not installed Scandium';
  return canRun('java', '-version') ? undefined : 'there is no java';
}

/** Starts the program of `scandium/`. */
export function startScandium(): Promise<LinePeer> {
  const classPath = [join(folder, 'classes'), join(folder, 'lib', '*')].join(delimiter);
  // A short life is spent better without the compiler's highest level.
  return LinePeer.start({ file: 'java', args: ['-XX:TieredStopAtLevel=1', '-cp', classPath, 'ScandiumPeer'] });
}
