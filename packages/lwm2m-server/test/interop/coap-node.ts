import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { peersFolder } from '../../../coap/test/interop/peers-folder.ts';
import type { Command } from './device-program.ts';

const folder = join(peersFolder, 'coap-node');

/** Why coap-node can't take part, or undefined when it can. */
export function coapNodeMissing(): string | undefined {
  return existsSync(join(folder, 'stamp')) ? undefined : 'scripts/install-peers.sh has not installed coap-node';
}

/** The program of its devices. */
export const COAP_NODE_COMMAND: Command = {
  file: process.execPath,
  args: [join(import.meta.dirname, 'coap-node-device.ts'), folder],
};
