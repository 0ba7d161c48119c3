import type { PeerIdentity } from '@flownexus/datagram';
import { CIPHER_SUITES } from '../../src/cipher-suites.ts';
import type { ServerSession } from '../../src/handshake/contexts.ts';

export const PSK_IDENTITY: PeerIdentity = { kind: 'psk', identity: 'urn:dev:ä' };

/** A session as a handshake leaves it; parts of it replaced. */
export function session(parts: Partial<ServerSession> = {}): ServerSession {
  return {
    suite: CIPHER_SUITES[8]!,
    masterSecret: Uint8Array.from({ length: 48 }, (_, index) => index),
    extendedMasterSecret: true,
    encryptThenMac: false,
    identity: PSK_IDENTITY,
    serverName: undefined,
    maxFragmentLength: undefined,
    startedAtMs: 0,
    ...parts,
  };
}
