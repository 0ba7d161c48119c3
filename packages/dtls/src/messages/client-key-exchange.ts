import { ByteWriter } from '@flownexus/datagram';
import type { KeyExchange } from '../cipher-suites.ts';
import type { ClientKeyExchange } from './key-exchange.ts';
import { readPoint, readPskIdentity, writePoint, writePskIdentity } from './key-exchange-fields.ts';
import { decodeWhole } from './vectors.ts';

/** The body of a ClientKeyExchange (RFC 4279 §2, RFC 5489 §2, RFC 8422 §5.7). Byte fields are views of it. */
export function decodeClientKeyExchange(body: Uint8Array, keyExchange: KeyExchange): ClientKeyExchange {
  return decodeWhole('ClientKeyExchange', body, (reader) => ({
    keyExchange,
    pskIdentity: keyExchange === 'ecdhe_ecdsa' ? undefined : readPskIdentity(reader),
    point: keyExchange === 'psk' ? undefined : readPoint(reader),
  }));
}

/** The body of a ClientKeyExchange. `TypeError` when a part of its key exchange is missing. */
export function encodeClientKeyExchange(message: ClientKeyExchange): Uint8Array {
  const { keyExchange, pskIdentity, point } = message;
  const writer = new ByteWriter({ initialSize: 128 });
  if (keyExchange !== 'ecdhe_ecdsa') {
    if (pskIdentity === undefined) throw new TypeError(`a ClientKeyExchange of ${keyExchange} has an identity`);
    writePskIdentity(writer, pskIdentity);
  }
  if (keyExchange !== 'psk') {
    if (point === undefined) throw new TypeError(`a ClientKeyExchange of ${keyExchange} has a point`);
    writePoint(writer, point);
  }
  return writer.finish();
}
