import { createECDH } from 'node:crypto';
import { handshakeError } from '../errors.ts';
import { namedGroup } from '../named-groups.ts';

/** RFC 8422 §5.4.1: the one point format there is. */
const UNCOMPRESSED = 4;

/** A key pair for one key exchange. */
export interface EphemeralKey {
  /** The number of the curve, one of `NAMED_GROUPS`. */
  readonly group: number;
  /** The public key: an uncompressed point (RFC 8422 §5.4.1). */
  readonly point: Uint8Array;
  /**
   * The shared secret: the x coordinate, with its leading zeros (RFC 8422 §5.10). Throws a `DtlsError` with `illegal_parameter` when
   * the peer's point is not uncompressed or does not lie on the curve.
   */
  agree(peerPoint: Uint8Array): Uint8Array;
}

/** A new key pair on a curve. Throws a `DtlsError` with `illegal_parameter` for a curve that is not built. */
export function ephemeralKey(group: number): EphemeralKey {
  const curve = namedGroup(group);
  if (curve === undefined) throw handshakeError('illegal_parameter', `group ${group} is not built`);
  const pair = createECDH(curve.nodeName);
  const point = new Uint8Array(pair.generateKeys());
  return {
    group,
    point,
    agree: (peerPoint) => {
      if (peerPoint.length !== curve.pointSize || peerPoint[0] !== UNCOMPRESSED) {
        throw handshakeError('illegal_parameter', `not an uncompressed point of ${curve.name}`);
      }
      try {
        return new Uint8Array(pair.computeSecret(peerPoint));
      } catch {
        throw handshakeError('illegal_parameter', `the point does not lie on ${curve.name}`);
      }
    },
  };
}
