import { ByteWriter, type ByteReader } from '@flownexus/datagram';
import { handshakeError } from '../errors.ts';
import { checkCount, decodeWhole, readVector, writeVector } from './vectors.ts';

/** Extension types that are built. RFC 6066, 7250, 8422, 5246, 7366, 7627, 8449, 5077, 9146, 5746. */
export const ExtensionType = {
  serverName: 0,
  maxFragmentLength: 1,
  groups: 10,
  pointFormats: 11,
  signatureSchemes: 13,
  clientCertificateType: 19,
  serverCertificateType: 20,
  encryptThenMac: 22,
  extendedMasterSecret: 23,
  recordSizeLimit: 28,
  sessionTicket: 35,
  connectionId: 54,
  renegotiationInfo: 0xff01,
} as const;

/** How the data of one extension are read, up to their end, and written. `V` is what an extension that is there says. */
export interface ExtensionCodec<V> {
  readonly decode: (reader: ByteReader) => V;
  readonly encode: (writer: ByteWriter, value: V) => unknown;
}

/** The extensions of one message: its number and codec for each property of `E`. */
export type ExtensionTable<E> = {
  readonly [K in keyof E]: { readonly type: number; readonly codec: ExtensionCodec<Exclude<E[K], undefined | false>> };
};

/** What a block of extensions consists of. */
export interface ExtensionBlockOptions<E> {
  /** In the order in which they are written. */
  readonly table: ExtensionTable<E>;
  /** What a message without extensions says: undefined or false each. */
  readonly absent: E;
  /** Decides about a type that is not in the table: skips it by returning, refuses it by throwing. */
  readonly onOther: (type: number) => void;
}

/** The extensions at the end of a hello. */
export interface ExtensionBlock<E> {
  /** Reads what is left: nothing, or the block. Byte fields are views. Throws `DtlsError` for what breaks the format, and for a type that comes twice. */
  decode(reader: ByteReader): E;
  /** Writes what is present; nothing at all when all is absent. */
  encode(writer: ByteWriter, extensions: E): void;
}

type Mutable<E> = { -readonly [K in keyof E]: E[K] };

/** The codec of the extensions that a message may have (RFC 5246 §7.4.1.4). */
export function extensionBlock<E extends object>(options: ExtensionBlockOptions<E>): ExtensionBlock<E> {
  const { table, absent, onOther } = options;
  const keys = Object.keys(table) as (keyof E)[];
  const keyOf = new Map(keys.map((key) => [table[key].type, key]));

  const decodeOne = (key: keyof E, data: Uint8Array, into: Mutable<E>): void => {
    into[key] = decodeWhole(`extension ${String(key)}`, data, table[key].codec.decode);
  };
  const encodeOne = (key: keyof E, extensions: E, into: ByteWriter): void => {
    const value = extensions[key];
    if (!isPresent(value)) return;
    const data = new ByteWriter();
    table[key].codec.encode(data, value);
    into.u16(table[key].type);
    writeVector(into, 2, data.finish());
  };
  const decodeAll = (reader: ByteReader): E => {
    const extensions: Mutable<E> = { ...absent };
    const seen = new Set<number>();
    while (reader.remaining > 0) {
      const type = reader.u16();
      const data = readVector(reader, 2);
      if (seen.has(type)) throw handshakeError('illegal_parameter', `extension ${type} comes twice`);
      seen.add(type);
      checkCount('extensions', seen.size);
      const key = keyOf.get(type);
      if (key === undefined) onOther(type);
      else decodeOne(key, data, extensions);
    }
    return extensions;
  };

  return {
    // RFC 5246 §7.4.1.2: extensions are there when bytes follow the compression methods.
    decode: (reader) => (reader.remaining === 0 ? absent : decodeWhole('extensions', readVector(reader, 2), decodeAll)),
    encode(writer, extensions) {
      const block = new ByteWriter();
      for (const key of keys) encodeOne(key, extensions, block);
      if (block.length > 0) writeVector(writer, 2, block.finish());
    },
  };
}

function isPresent<V>(value: V): value is Exclude<V, undefined | false> {
  return value !== undefined && value !== false;
}
