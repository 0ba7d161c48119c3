import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { peersFolder } from '../../../coap/test/interop/peers-folder.ts';
import type { Command } from './device-program.ts';

const folder = join(peersFolder, 'coap-node');

/** Why coap-node can't take part, or undefined when it can. */
export function coapNodeMissing(): string | undefined {
  return existsSync(join(folder, 'stamp')) ? undefined : 'scripts/install-peers.sh has not installed coap-node';
}

/** What it does in another way than the specification has it, and the tests put up with. */
export const COAP_NODE_DEVIATIONS: readonly string[] = [
  'it registers with the version 1.0.0',
  'the base name of an Object or an instance in OMA JSON lacks its last slash, so that the names do not fit: we read in TLV',
  'a text stands in the place of a Resource that can only be executed when its instance is read',
  'Discover of an instance does not tell the attributes of its Resources',
];

/** The program of its devices. */
export const COAP_NODE_COMMAND: Command = {
  file: process.execPath,
  args: [join(import.meta.dirname, 'coap-node-device.ts'), folder],
};
