import type { RecordCipher } from '../../src/cipher-suites.ts';
import { KEY_BLOCK_SIZE, type TrafficKeys } from '../../src/crypto/traffic-keys.ts';
import { ProtectedEpoch } from '../../src/records/protected-epoch.ts';
import { decodeRecords } from '../../src/records/record-codec.ts';
import type { DtlsRecord } from '../../src/records/record.ts';

/** A way to protect records. */
export interface Protection {
  readonly cipher: RecordCipher;
  readonly encryptThenMac: boolean;
}

export const AEADS: readonly Protection[] = [
  { cipher: 'aes-128-ccm-8', encryptThenMac: false },
  { cipher: 'aes-128-ccm', encryptThenMac: false },
  { cipher: 'aes-128-gcm', encryptThenMac: false },
];
export const CBCS: readonly Protection[] = [
  { cipher: 'aes-128-cbc-sha256', encryptThenMac: true },
  { cipher: 'aes-128-cbc-sha256', encryptThenMac: false },
];
export const PROTECTIONS: readonly Protection[] = [...AEADS, ...CBCS];

export const CLIENT_CID: Uint8Array = Uint8Array.of(0xc1, 0xc2);
export const SERVER_CID: Uint8Array = Uint8Array.of(0x51, 0x52, 0x53, 0x54, 0x55, 0x56);

/** What the ends want on the records they receive. */
interface ConnectionIds {
  readonly client?: Uint8Array;
  readonly server?: Uint8Array;
}

export const CID_USES: readonly { readonly name: string; readonly cids: ConnectionIds }[] = [
  { name: 'without Connection IDs', cids: {} },
  { name: 'with an empty one of the client', cids: { client: Uint8Array.of(), server: SERVER_CID } },
  { name: 'with both', cids: { client: CLIENT_CID, server: SERVER_CID } },
];

/** Keys that tell their bytes apart: 1, 2, 3 and so on. */
export function keysOf({ cipher, encryptThenMac }: Protection): TrafficKeys {
  return {
    cipher,
    encryptThenMac,
    block: Uint8Array.from({ length: KEY_BLOCK_SIZE[cipher] }, (_, index) => index + 1),
  };
}

/** Both ends of an association. */
export function epochPair(
  protection: Protection,
  cids: ConnectionIds = {},
  maxPlaintext = 16_384,
): { client: ProtectedEpoch; server: ProtectedEpoch } {
  const keys = keysOf(protection);
  const { client, server } = cids;
  return {
    client: new ProtectedEpoch({ role: 'client', keys, localCid: client, peerCid: server, maxPlaintext }),
    server: new ProtectedEpoch({ role: 'server', keys, localCid: server, peerCid: client, maxPlaintext }),
  };
}

/** The one record that a datagram is. */
export function soleRecord(datagram: Uint8Array, cidLength = 0): DtlsRecord {
  const [record, ...others] = decodeRecords(datagram, cidLength);
  if (record === undefined || others.length > 0) throw new Error('not one record');
  return record;
}
