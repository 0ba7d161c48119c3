import { ByteWriter } from '@flownexus/datagram';
import { handshakeError } from '../errors.ts';
import type { ServerHello } from './hello.ts';
import { readRandom, readSessionId, writeRandom, writeSessionId } from './hello-fields.ts';
import { serverExtensionBlock } from './server-extensions.ts';
import { decodeWhole } from './vectors.ts';

/**
 * The body of a ServerHello (RFC 5246 §7.4.1.3). Byte fields are views of it. Whether it answers what was offered is not judged, but an
 * extension that this package never offers throws `unsupported_extension`.
 */
export function decodeServerHello(body: Uint8Array): ServerHello {
  return decodeWhole('ServerHello', body, (reader) => {
    const version = reader.u16();
    const random = readRandom(reader);
    const sessionId = readSessionId(reader);
    const cipherSuite = reader.u16();
    const compressionMethod = reader.u8();
    const extensions = serverExtensionBlock.decode(reader);
    // RFC 8449 §5: a server answers one of the two.
    if (extensions.maxFragmentLength !== undefined && extensions.recordSizeLimit !== undefined) {
      throw handshakeError('illegal_parameter', 'both max_fragment_length and record_size_limit are answered');
    }
    return { version, random, sessionId, cipherSuite, compressionMethod, extensions };
  });
}

/** The body of a ServerHello. `RangeError` for fields that don't fit. */
export function encodeServerHello(hello: ServerHello): Uint8Array {
  const writer = new ByteWriter({ initialSize: 128 }).u16(hello.version);
  writeRandom(writer, hello.random);
  writeSessionId(writer, hello.sessionId);
  writer.u16(hello.cipherSuite).u8(hello.compressionMethod);
  serverExtensionBlock.encode(writer, hello.extensions);
  return writer.finish();
}
