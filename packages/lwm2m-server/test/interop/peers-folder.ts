import { join } from 'node:path';

/** Where `scripts/install-peers.sh` puts what the foreign stacks consist of. */
export const peersFolder: string = process.env['COAP_PEERS_FOLDER'] ?? join(import.meta.dirname, '../../../../.peers');
