import { createHash } from 'node:crypto';
import { ByteRangeError, ByteReader, ByteWriter, type PeerIdentity } from '@flownexus/datagram';
import type { RecordCipher } from '../cipher-suites.ts';
import { DtlsError } from '../errors.ts';
import { readIdentity, writeIdentity } from '../identity-codec.ts';
import type { EpochSnapshot } from '../records/protected-epoch.ts';

// All numbers are big-endian:
//   version 1 | flags 1 | cipher 1 | key block 1+n | our CID 1+n | the peer's CID 1+n | max plaintext 2 | next write sequence 8
//   | read ceiling + 1: 8 | host 1+n | port 2 | heard at, ms since 1970: 6 | identity | checksum 8
// Both sequence numbers may be 2^48, one more than a record can have: a peer may use the highest one at any time.
// The checksum finds what a disk or a hand has changed: a write sequence that went back would use a nonce twice.

const VERSION = 1;
const Flag = { server: 1, pathValidated: 2 } as const;
const CHECKSUM_SIZE = 8;
const MAX_SNAPSHOT = 65_535;
/** The place in the table is the number in a snapshot: new ones go to the end. */
const CIPHERS: readonly RecordCipher[] = ['aes-128-ccm-8', 'aes-128-ccm', 'aes-128-gcm'];

/** All of an association that outlives a restart, without its key. */
export interface AssociationSnapshot {
  readonly epoch: EpochSnapshot;
  readonly identity: PeerIdentity;
  readonly host: string;
  readonly port: number;
  readonly pathValidated: boolean;
  /** When the latest record came, in milliseconds since 1970. */
  readonly heardAtWallMs: number;
}

export function encodeSnapshot(snapshot: AssociationSnapshot): Uint8Array {
  const { epoch, identity, host, port } = snapshot;
  const writer = new ByteWriter({ maxSize: MAX_SNAPSHOT, initialSize: 192 })
    .u8(VERSION)
    .u8(flagsOf(snapshot))
    .u8(CIPHERS.indexOf(epoch.keys.cipher));
  for (const bytes of [epoch.keys.block, epoch.localCid, epoch.peerCid]) {
    writer.u8(bytes?.length ?? 0).bytes(bytes ?? new Uint8Array(0));
  }
  writer
    .u16(epoch.maxPlaintext)
    .u64(BigInt(epoch.writeSequence))
    .u64(BigInt(epoch.readCeiling + 1));
  const hostBytes = new TextEncoder().encode(host);
  writer
    .u8(hostBytes.length)
    .bytes(hostBytes)
    .u16(port)
    .u48(Math.max(0, Math.floor(snapshot.heardAtWallMs)));
  writeIdentity(writer, identity);
  const content = writer.finish();
  const whole = new Uint8Array(content.length + CHECKSUM_SIZE);
  whole.set(content);
  whole.set(checksumOf(content), content.length);
  return whole;
}

/** A `DtlsError` ERR_DTLS_FORMAT for what `encodeSnapshot` did not make, or another version of it. */
export function decodeSnapshot(bytes: Uint8Array): AssociationSnapshot {
  if (bytes[0] !== VERSION) throw corrupt('its version is not known');
  const content = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM_SIZE));
  const checksum = bytes.subarray(content.length);
  if (!checksumOf(content).every((byte, index) => byte === checksum[index])) throw corrupt('it has changed');
  try {
    return readSnapshot(new ByteReader(content.subarray(1)));
  } catch (error) {
    // TypeError: a text that is not UTF-8.
    if (error instanceof ByteRangeError || error instanceof TypeError) throw corrupt('its content is not whole');
    throw error;
  }
}

function readSnapshot(reader: ByteReader): AssociationSnapshot {
  const flags = reader.u8();
  const cipher = CIPHERS[reader.u8()];
  if (cipher === undefined) throw corrupt('its cipher is not known');
  const block = readBytes(reader);
  const localCid = readBytes(reader);
  const peerCid = readBytes(reader);
  const maxPlaintext = reader.u16();
  const writeSequence = Number(reader.u64());
  const readCeiling = Number(reader.u64()) - 1;
  const host = new TextDecoder('utf-8', { fatal: true }).decode(readBytes(reader));
  const port = reader.u16();
  const heardAtWallMs = reader.u48();
  const identity = readIdentity(reader);
  if (identity === undefined || reader.remaining > 0) throw corrupt('its content is not whole');
  const keys = { cipher, block, encryptThenMac: false };
  const role = (flags & Flag.server) === 0 ? 'client' : 'server';
  return {
    epoch: { role, keys, localCid, peerCid, maxPlaintext, writeSequence, readCeiling },
    identity,
    host,
    port,
    pathValidated: (flags & Flag.pathValidated) !== 0,
    heardAtWallMs,
  };
}

function flagsOf({ epoch, pathValidated }: AssociationSnapshot): number {
  return (epoch.role === 'server' ? Flag.server : 0) | (pathValidated ? Flag.pathValidated : 0);
}

function readBytes(reader: ByteReader): Uint8Array {
  return new Uint8Array(reader.bytes(reader.u8()));
}

function checksumOf(content: Uint8Array): Uint8Array {
  return createHash('sha256').update(content).digest().subarray(0, CHECKSUM_SIZE);
}

function corrupt(why: string): DtlsError {
  return new DtlsError('ERR_DTLS_FORMAT', `the snapshot of an association can not be used: ${why}`);
}
