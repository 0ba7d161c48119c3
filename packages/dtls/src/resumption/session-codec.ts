import { ByteRangeError, ByteReader, ByteWriter } from '@flownexus/datagram';
import { cipherSuite } from '../cipher-suites.ts';
import type { ServerSession } from '../handshake/contexts.ts';
import { readIdentity, readText, writeIdentity, writeText } from '../identity-codec.ts';

// The content of a ticket and of an entry of the session cache:
//   version 1 | suite 2 | flags 1 | max_fragment_length, or 0 1 | master secret 48 | started at (ms) 6 | server name 2+n | identity

/** Content of another version is refused: tickets don't outlive the process, but a format may change under a store. */
const VERSION = 1;
const MASTER_SECRET_SIZE = 48;
const Flag = { extendedMasterSecret: 1, encryptThenMac: 2, serverName: 4 } as const;
const ALL_FLAGS = 7;

/** A session as bytes of its own. A RangeError for one that no handshake makes: a text beyond 65535 bytes, a time before 0. */
export function encodeSession(session: ServerSession): Uint8Array {
  const { identity, serverName } = session;
  const writer = new ByteWriter({ maxSize: 262_144, initialSize: 128 })
    .u8(VERSION)
    .u16(session.suite.id)
    .u8(flagsOf(session))
    .u8(session.maxFragmentLength ?? 0)
    .bytes(session.masterSecret)
    .u48(session.startedAtMs);
  writeText(writer, serverName ?? '');
  writeIdentity(writer, identity);
  return writer.finish();
}

/** The session of bytes that `encodeSession` made, with arrays of its own; undefined for anything else. */
export function decodeSession(bytes: Uint8Array): ServerSession | undefined {
  try {
    return readSession(new ByteReader(bytes));
  } catch (error) {
    // TypeError: a text that is not UTF-8.
    if (error instanceof ByteRangeError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function readSession(reader: ByteReader): ServerSession | undefined {
  if (reader.u8() !== VERSION) return undefined;
  const suite = cipherSuite(reader.u16());
  const flags = reader.u8();
  if (suite === undefined || flags > ALL_FLAGS) return undefined;
  const maxFragmentLength = reader.u8();
  const masterSecret = new Uint8Array(reader.bytes(MASTER_SECRET_SIZE));
  const startedAtMs = reader.u48();
  const serverName = readText(reader);
  const identity = readIdentity(reader);
  if (identity === undefined || reader.remaining > 0) return undefined;
  return {
    suite,
    masterSecret,
    extendedMasterSecret: (flags & Flag.extendedMasterSecret) !== 0,
    encryptThenMac: (flags & Flag.encryptThenMac) !== 0,
    identity,
    serverName: (flags & Flag.serverName) === 0 ? undefined : serverName,
    maxFragmentLength: maxFragmentLength === 0 ? undefined : maxFragmentLength,
    startedAtMs,
  };
}

function flagsOf({ extendedMasterSecret, encryptThenMac, serverName }: ServerSession): number {
  return (
    (extendedMasterSecret ? Flag.extendedMasterSecret : 0) |
    (encryptThenMac ? Flag.encryptThenMac : 0) |
    (serverName === undefined ? 0 : Flag.serverName)
  );
}
