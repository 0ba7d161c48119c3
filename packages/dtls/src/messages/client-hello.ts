import { ByteWriter } from '@flownexus/datagram';
import { formatError, handshakeError } from '../errors.ts';
import { clientExtensionBlock } from './client-extensions.ts';
import type { ClientHello } from './hello.ts';
import { readRandom, readSessionId, writeRandom, writeSessionId } from './hello-fields.ts';
import { decodeWhole, readNumbers, readVector, writeNumbers, writeVector } from './vectors.ts';

/** RFC 5246 §6.1: no compression. */
const NULL_COMPRESSION = 0;

/**
 * The body of a ClientHello (RFC 5246 §7.4.1.2, RFC 6347 §4.2.1). Byte fields are views of it. Its version is not judged. Throws `DtlsError`:
 * `decode_error` for lengths, `illegal_parameter` for values that can't be.
 */
export function decodeClientHello(body: Uint8Array): ClientHello {
  return decodeWhole('ClientHello', body, (reader) => {
    const version = reader.u16();
    const random = readRandom(reader);
    const sessionId = readSessionId(reader);
    const cookie = readVector(reader, 1);
    const cipherSuites = readNumbers('cipher_suites', reader, 2, 2);
    const compressionMethods = readNumbers('compression_methods', reader, 1, 1);
    if (!compressionMethods.includes(NULL_COMPRESSION)) {
      throw handshakeError('illegal_parameter', 'the client insists on compression');
    }
    const extensions = clientExtensionBlock.decode(reader);
    return { version, random, sessionId, cookie, cipherSuites, compressionMethods, extensions };
  });
}

/** What begins a ClientHello: all that a server looks at before the client has shown where it is. */
export interface HelloFront {
  readonly random: Uint8Array;
  readonly cookie: Uint8Array;
}

/** The front of the body of a ClientHello, as views; what follows the cookie is not judged. Throws `DtlsError` (`decode_error`) when it is not whole. */
export function decodeHelloFront(body: Uint8Array): HelloFront {
  return decodeWhole('ClientHello', body, (reader) => {
    reader.u16();
    const random = readRandom(reader);
    readSessionId(reader);
    const cookie = readVector(reader, 1);
    reader.rest();
    return { random, cookie };
  });
}

/** The body of a ClientHello. `RangeError` for fields that don't fit. */
export function encodeClientHello(hello: ClientHello): Uint8Array {
  const writer = new ByteWriter({ initialSize: 256 }).u16(hello.version);
  writeRandom(writer, hello.random);
  writeSessionId(writer, hello.sessionId);
  writeVector(writer, 1, hello.cookie);
  writeNumbers(writer, 2, 2, hello.cipherSuites);
  writeNumbers(writer, 1, 1, hello.compressionMethods);
  clientExtensionBlock.encode(writer, hello.extensions);
  return writer.finish();
}

/** The body of a ClientHello in two parts, without the cookie and its length: views. What has to be the same in both hellos (RFC 6347 §4.2.1). */
export function withoutCookie(body: Uint8Array): readonly [Uint8Array, Uint8Array] {
  const cookieAt = 2 + 32 + 1 + (body[34] ?? 0);
  const cookieLength = body[cookieAt];
  if (cookieLength === undefined) throw formatError('ClientHello: ends before the cookie');
  return [body.subarray(0, cookieAt), body.subarray(cookieAt + 1 + cookieLength)];
}
