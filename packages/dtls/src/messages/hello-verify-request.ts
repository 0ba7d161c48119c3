import { ByteWriter } from '@flownexus/datagram';
import type { HelloVerifyRequest } from './hello.ts';
import { decodeWhole, readVector, writeVector } from './vectors.ts';

/** The body of a HelloVerifyRequest (RFC 6347 §4.2.1). The cookie is a view of it. */
export function decodeHelloVerifyRequest(body: Uint8Array): HelloVerifyRequest {
  return decodeWhole('HelloVerifyRequest', body, (reader) => ({
    version: reader.u16(),
    cookie: readVector(reader, 1),
  }));
}

/** The body of a HelloVerifyRequest. `RangeError` for a cookie of more than 255 bytes. */
export function encodeHelloVerifyRequest(request: HelloVerifyRequest): Uint8Array {
  const writer = new ByteWriter().u16(request.version);
  writeVector(writer, 1, request.cookie);
  return writer.finish();
}
