import { ByteRangeError, ByteReader, ByteWriter, type PeerIdentity } from '@flownexus/datagram';
import { cipherSuite } from '../cipher-suites.ts';
import type { ServerSession } from '../handshake/contexts.ts';

// The content of a ticket and of an entry of the session cache:
//   version 1 | suite 2 | flags 1 | max_fragment_length or 0 1 | master secret 48 | started at (ms) 6 | server name 2+n | identity kind 1 | identity
// Texts and byte strings that vary have a length of two bytes before them.

/** Content of another version is refused: tickets don't outlive the process, but a format may change under a store. */
const VERSION = 1;
const MASTER_SECRET_SIZE = 48;
const Flag = { extendedMasterSecret: 1, encryptThenMac: 2, serverName: 4, commonName: 8 } as const;
const ALL_FLAGS = 15;
const Kind = { anonymous: 0, psk: 1, x509: 2, rpk: 3 } as const;

const encoder = new TextEncoder();
// A byte order mark is part of a text: without `ignoreBOM` two texts would become one.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

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
  writer.u8(Kind[identity.kind]);
  switch (identity.kind) {
    case 'anonymous':
      break;
    case 'psk':
      writeText(writer, identity.identity);
      break;
    case 'x509':
      writeBytes(writer, identity.certificate);
      writeText(writer, identity.commonName ?? '');
      break;
    case 'rpk':
      writeBytes(writer, identity.publicKey);
      break;
  }
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
  const identity = readIdentity(reader, (flags & Flag.commonName) !== 0);
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

function readIdentity(reader: ByteReader, hasCommonName: boolean): PeerIdentity | undefined {
  switch (reader.u8()) {
    case Kind.anonymous:
      return { kind: 'anonymous' };
    case Kind.psk:
      return { kind: 'psk', identity: readText(reader) };
    case Kind.x509: {
      const certificate = readBytes(reader);
      const commonName = readText(reader);
      return { kind: 'x509', certificate, commonName: hasCommonName ? commonName : undefined };
    }
    case Kind.rpk:
      return { kind: 'rpk', publicKey: readBytes(reader) };
    default:
      return undefined;
  }
}

function flagsOf({ extendedMasterSecret, encryptThenMac, serverName, identity }: ServerSession): number {
  const hasCommonName = identity.kind === 'x509' && identity.commonName !== undefined;
  return (
    (extendedMasterSecret ? Flag.extendedMasterSecret : 0) |
    (encryptThenMac ? Flag.encryptThenMac : 0) |
    (serverName === undefined ? 0 : Flag.serverName) |
    (hasCommonName ? Flag.commonName : 0)
  );
}

function writeText(writer: ByteWriter, text: string): void {
  writeBytes(writer, encoder.encode(text));
}

function readText(reader: ByteReader): string {
  return decoder.decode(readBytes(reader));
}

function writeBytes(writer: ByteWriter, bytes: Uint8Array): void {
  writer.u16(bytes.length).bytes(bytes);
}

function readBytes(reader: ByteReader): Uint8Array {
  return new Uint8Array(reader.bytes(reader.u16()));
}
