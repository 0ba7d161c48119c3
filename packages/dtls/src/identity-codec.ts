import type { ByteReader, ByteWriter, PeerIdentity } from '@flownexus/datagram';

// kind 1 | identity, each text or byte string with a length of two bytes before it. A certificate is followed by its common name: 0, or 1 and
// the text.

const Kind = { anonymous: 0, psk: 1, x509: 2, rpk: 3 } as const;

const encoder = new TextEncoder();
// A byte order mark is part of a text: without `ignoreBOM` two texts would become one.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Appends an identity. A RangeError for a text or certificate beyond 65535 bytes. */
export function writeIdentity(writer: ByteWriter, identity: PeerIdentity): void {
  writer.u8(Kind[identity.kind]);
  switch (identity.kind) {
    case 'anonymous':
      break;
    case 'psk':
      writeText(writer, identity.identity);
      break;
    case 'x509':
      writeBytes(writer, identity.certificate);
      writer.u8(identity.commonName === undefined ? 0 : 1);
      if (identity.commonName !== undefined) writeText(writer, identity.commonName);
      break;
    case 'rpk':
      writeBytes(writer, identity.publicKey);
      break;
  }
}

/**
 * The next identity, with arrays of its own; undefined for a kind that is not known. Throws a `ByteRangeError` when it is cut off and a TypeError for
 * a text that is not UTF-8.
 */
export function readIdentity(reader: ByteReader): PeerIdentity | undefined {
  switch (reader.u8()) {
    case Kind.anonymous:
      return { kind: 'anonymous' };
    case Kind.psk:
      return { kind: 'psk', identity: readText(reader) };
    case Kind.x509:
      return {
        kind: 'x509',
        certificate: readBytes(reader),
        commonName: reader.u8() === 0 ? undefined : readText(reader),
      };
    case Kind.rpk:
      return { kind: 'rpk', publicKey: readBytes(reader) };
    default:
      return undefined;
  }
}

/** A text with its length of two bytes before it. */
export function writeText(writer: ByteWriter, text: string): void {
  writeBytes(writer, encoder.encode(text));
}

export function readText(reader: ByteReader): string {
  return decoder.decode(readBytes(reader));
}

function writeBytes(writer: ByteWriter, bytes: Uint8Array): void {
  writer.u16(bytes.length).bytes(bytes);
}

function readBytes(reader: ByteReader): Uint8Array {
  return new Uint8Array(reader.bytes(reader.u16()));
}
