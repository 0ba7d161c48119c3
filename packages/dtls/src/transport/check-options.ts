import type { DtlsTransportOptions } from '../api.ts';
import {
  DEFAULT_LIMITS,
  MAX_AEAD_OVERHEAD,
  MAX_CBC_OVERHEAD,
  MAX_CID_LENGTH,
  MAX_PLAINTEXT,
  MIN_MTU,
  type DtlsLimits,
} from '../limits.ts';
import { chosenSuites } from './cipher-suite-choice.ts';
import { DEFAULT_CID_LENGTH } from './server-role.ts';

const DEFAULT_MTU = 1_200;

/** The bounds with those of the options. Throws a RangeError for one that is no bound. */
export function checkedLimits(limits: Partial<DtlsLimits> | undefined): DtlsLimits {
  const all = { ...DEFAULT_LIMITS, ...limits };
  for (const [name, value] of Object.entries(all)) {
    if (!(value >= 0)) throw new RangeError(`limits.${name} must be a number from 0 on, is ${value}`);
  }
  return all;
}

/** The largest datagram of a handshake. Throws a RangeError for one that is too small. */
export function checkedMtu({ mtu = DEFAULT_MTU, transport }: DtlsTransportOptions): number {
  const least = Math.min(mtu, transport.maxDatagramSize);
  if (Number.isInteger(least) && least >= MIN_MTU) return least;
  throw new RangeError(`mtu must be a whole number from ${MIN_MTU} on, is ${least}`);
}

/** The largest datagram that fits into one record and that into one datagram of the transport below, whatever is agreed on. */
export function largestDatagram({ transport, cipherSuites }: DtlsTransportOptions): number {
  const hasCbc = chosenSuites(cipherSuites).some(({ cipher }) => cipher === 'aes-128-cbc-sha256');
  // RFC 9146 §5: with a Connection ID the type of the content counts.
  return Math.min(MAX_PLAINTEXT - 1, transport.maxDatagramSize - (hasCbc ? MAX_CBC_OVERHEAD : MAX_AEAD_OVERHEAD));
}

/** The length of our Connection IDs: one for both roles, as records are read before it is known whose they are. Throws a RangeError. */
export function checkedCidLength({ server, client }: DtlsTransportOptions): number {
  const ofServer = server === undefined ? 0 : (server.connectionIdLength ?? DEFAULT_CID_LENGTH);
  const ofClient = client?.connectionIdLength === 'not-offered' ? 0 : (client?.connectionIdLength ?? 0);
  for (const length of [ofServer, ofClient]) {
    if (Number.isInteger(length) && length >= 0 && length <= MAX_CID_LENGTH) continue;
    throw new RangeError(`connectionIdLength must be a whole number from 0 to ${MAX_CID_LENGTH}, is ${length}`);
  }
  if (ofServer > 0 && ofClient > 0 && ofServer !== ofClient) {
    throw new RangeError(`connectionIdLength of client and server must be the same, are ${ofClient} and ${ofServer}`);
  }
  return Math.max(ofServer, ofClient);
}

/** Throws a TypeError when something that the options ask for is missing in the transport below. */
export function checkLower({ transport, client, store }: DtlsTransportOptions): void {
  if (transport.connect === undefined && (client !== undefined || store !== undefined)) {
    throw new TypeError('a client and a store need a transport that can connect');
  }
}
