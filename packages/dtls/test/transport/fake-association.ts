import { ANONYMOUS, type Peer } from '@flownexus/datagram';
import type { ProtectedEpoch } from '../../src/records/protected-epoch.ts';
import { Association } from '../../src/transport/association.ts';

/** A peer of a transport below. */
export function lowerPeer(host: string, port = 5684): Peer {
  return { key: `coap://${host}:${port}`, host, port, identity: ANONYMOUS, pathValidated: true };
}

/** An association without keys, for what never protects a record. */
export function keylessAssociation(key: string, lower: Peer, localCid?: Uint8Array): Association {
  const epoch = undefined as unknown as ProtectedEpoch;
  return new Association({ key, role: 'server', identity: ANONYMOUS, epoch, lower, localCid });
}
