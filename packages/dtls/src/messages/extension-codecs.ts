import type { ByteReader } from '@flownexus/datagram';
import { handshakeError } from '../errors.ts';
import { MAX_SERVER_NAME } from '../limits.ts';
import type { ExtensionCodec } from './extension-block.ts';
import { decodeWhole, readNumbers, readVector, writeNumbers, writeVector } from './vectors.ts';

/** The point format that is left (RFC 8422 §5.1.2). */
const UNCOMPRESSED = 0;
/** RFC 6066 §3: the one name type. */
const HOST_NAME = 0;
/** RFC 8449 §4: the smallest limit. */
const LEAST_RECORD_SIZE = 64;

/** An extension that says all by being there. */
export const present: ExtensionCodec<true> = {
  decode: () => true,
  encode: () => undefined,
};

/** RFC 6066 §3, in a ClientHello: a list of names, each with its type. The host name is ASCII without blanks and controls. */
export const serverName: ExtensionCodec<string> = {
  decode: (reader) => decodeWhole('server_name', readVector(reader, 2, 1), decodeServerNames),
  encode(writer, name) {
    const bytes = asciiBytes(name);
    writer.u16(bytes.length + 3).u8(HOST_NAME);
    writeVector(writer, 2, bytes);
  },
};

/** RFC 6066 §4. */
export const maxFragmentLength: ExtensionCodec<number> = {
  decode(reader) {
    const code = reader.u8();
    if (code < 1 || code > 4) throw illegal(`max_fragment_length is ${code}`);
    return code;
  },
  encode: (writer, code) => writer.u8(code),
};

/** RFC 8449 §4. */
export const recordSizeLimit: ExtensionCodec<number> = {
  decode(reader) {
    const limit = reader.u16();
    if (limit < LEAST_RECORD_SIZE) throw illegal(`record_size_limit is ${limit}`);
    return limit;
  },
  encode: (writer, limit) => writer.u16(limit),
};

/** RFC 8422 §5.1.2: without the uncompressed format nothing is left to agree on. */
export const pointFormats: ExtensionCodec<readonly number[]> = {
  decode(reader) {
    const formats = readNumbers('ec_point_formats', reader, 1, 1);
    if (!formats.includes(UNCOMPRESSED)) throw illegal('ec_point_formats lack the uncompressed format');
    return formats;
  },
  encode: (writer, formats) => writeNumbers(writer, 1, 1, formats),
};

/** RFC 8422 §5.1.1: supported_groups. */
export const groups: ExtensionCodec<readonly number[]> = {
  decode: (reader) => readNumbers('supported_groups', reader, 2, 2),
  encode: (writer, list) => writeNumbers(writer, 2, 2, list),
};

/** RFC 5246 §7.4.1.4.1: signature_algorithms. */
export const signatureSchemes: ExtensionCodec<readonly number[]> = {
  decode: (reader) => readNumbers('signature_algorithms', reader, 2, 2),
  encode: (writer, list) => writeNumbers(writer, 2, 2, list),
};

/** RFC 7250 §3, in a ClientHello: the types in order of preference. */
export const certificateTypes: ExtensionCodec<readonly number[]> = {
  decode: (reader) => readNumbers('certificate_type', reader, 1, 1),
  encode: (writer, types) => writeNumbers(writer, 1, 1, types),
};

/** RFC 7250 §3, in a ServerHello: the type that was chosen. */
export const certificateType: ExtensionCodec<number> = {
  decode: (reader) => reader.u8(),
  encode: (writer, type) => writer.u8(type),
};

/** RFC 5077 §3.2: the ticket is the data, without a length of its own. */
export const sessionTicket: ExtensionCodec<Uint8Array> = {
  decode: (reader) => reader.rest(),
  encode: (writer, ticket) => writer.bytes(ticket),
};

/** Bytes with a length of one byte: a Connection ID (RFC 9146 §3), renegotiated_connection (RFC 5746 §3.2). */
export const shortBytes: ExtensionCodec<Uint8Array> = {
  decode: (reader) => readVector(reader, 1),
  encode: (writer, bytes) => writeVector(writer, 1, bytes),
};

function decodeServerNames(reader: ByteReader): string {
  let name: string | undefined;
  while (reader.remaining > 0) {
    const type = reader.u8();
    // RFC 6066 §3: the data of types to come begins with a length of 16 bits as well.
    const bytes = readVector(reader, 2, 1);
    if (type !== HOST_NAME) continue;
    if (name !== undefined) throw illegal('server_name has two host names');
    name = hostName(bytes);
  }
  if (name === undefined) throw illegal('server_name has no host name');
  return name;
}

function hostName(bytes: Uint8Array): string {
  if (bytes.length > MAX_SERVER_NAME) throw illegal(`the host name has ${bytes.length} bytes`);
  if (bytes.some((byte) => byte <= 0x20 || byte >= 0x7f)) throw illegal('the host name is not ASCII');
  return String.fromCharCode(...bytes);
}

function asciiBytes(name: string): Uint8Array {
  const bytes = Uint8Array.from(name, (character) => character.charCodeAt(0));
  if (!/^[\x21-\x7e]+$/.test(name) || name.length > MAX_SERVER_NAME) {
    throw new RangeError(`a server name has 1 to ${MAX_SERVER_NAME} ASCII characters without blanks`);
  }
  return bytes;
}

function illegal(message: string): Error {
  return handshakeError('illegal_parameter', message);
}
