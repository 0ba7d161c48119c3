import { ByteWriter, type ByteReader } from '@flownexus/datagram';
import type { KeyExchange } from '../cipher-suites.ts';
import { handshakeError } from '../errors.ts';
import type { EcdhParameters, ServerKeyExchange } from './key-exchange.ts';
import {
  readPoint,
  readPskIdentity,
  readSigned,
  writePoint,
  writePskIdentity,
  writeSigned,
} from './key-exchange-fields.ts';
import { decodeWhole } from './vectors.ts';

/** RFC 8422 §5.4: the one curve type that is left. */
const NAMED_CURVE = 3;

/**
 * The body of a ServerKeyExchange (RFC 4279 §2, RFC 5489 §2, RFC 8422 §5.4). Byte fields are views of it. The hint of a key exchange with PSK is
 * empty when the server has none.
 */
export function decodeServerKeyExchange(body: Uint8Array, keyExchange: KeyExchange): ServerKeyExchange {
  return decodeWhole('ServerKeyExchange', body, (reader) => ({
    keyExchange,
    pskIdentityHint: keyExchange === 'ecdhe_ecdsa' ? undefined : readPskIdentity(reader),
    ecdh: keyExchange === 'psk' ? undefined : readEcdhParameters(reader),
    signed: keyExchange === 'ecdhe_ecdsa' ? readSigned(reader) : undefined,
  }));
}

/** The body of a ServerKeyExchange. `TypeError` when a part of its key exchange is missing, except the hint: that is empty then. */
export function encodeServerKeyExchange(message: ServerKeyExchange): Uint8Array {
  const { keyExchange, pskIdentityHint, ecdh, signed } = message;
  const writer = new ByteWriter({ initialSize: 256 });
  if (keyExchange !== 'ecdhe_ecdsa') writePskIdentity(writer, pskIdentityHint ?? new Uint8Array(0));
  if (keyExchange !== 'psk') {
    if (ecdh === undefined) throw new TypeError(`a ServerKeyExchange of ${keyExchange} has ECDH parameters`);
    writer.bytes(encodeEcdhParameters(ecdh));
  }
  if (keyExchange === 'ecdhe_ecdsa') {
    if (signed === undefined) throw new TypeError('a ServerKeyExchange of ecdhe_ecdsa is signed');
    writeSigned(writer, signed);
  }
  return writer.finish();
}

/** ServerECDHParams (RFC 8422 §5.4): the part of a ServerKeyExchange that is signed, after the randoms. */
export function encodeEcdhParameters(parameters: EcdhParameters): Uint8Array {
  const writer = new ByteWriter({ initialSize: 128 }).u8(NAMED_CURVE).u16(parameters.group);
  writePoint(writer, parameters.point);
  return writer.finish();
}

/** ServerECDHParams (RFC 8422 §5.4). Throws `illegal_parameter` for a curve that is not named. */
function readEcdhParameters(reader: ByteReader): EcdhParameters {
  const curveType = reader.u8();
  if (curveType !== NAMED_CURVE) throw handshakeError('illegal_parameter', `the curve type is ${curveType}`);
  return { group: reader.u16(), point: readPoint(reader) };
}
