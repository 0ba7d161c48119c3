import { sign } from 'node:crypto';
import type { SigningKey } from './signing-key.ts';
import { X509CrlReason } from './x509.ts';

/*
 * A certificate revocation list (RFC 5280 §5.1). The library looks through all entries for each of them, and takes a quarter of a minute for five thousand.
 */

/** A certificate that a revocation list names. */
export interface RevokedEntry {
  /** Lower-case hexadecimal. */
  readonly serial: string;
  /** Milliseconds since 1970. */
  readonly revokedAt: number;
  /** CRLReason of RFC 5280 §5.3.1. */
  readonly reason: X509CrlReason;
}

export interface RevocationListFields {
  /** DER of the name of the authority. */
  readonly issuer: Uint8Array;
  /** Milliseconds since 1970. */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly entries: readonly RevokedEntry[];
  /** DER of the extensions, each with its OID. */
  readonly extensions: readonly Uint8Array[];
}

const Tag = { integer: 0x02, bitString: 0x03, octetString: 0x04, enumerated: 0x0a, utcTime: 0x17, generalizedTime: 0x18, sequence: 0x30, context0: 0xa0 } as const; // prettier-ignore

/** ecdsa-with-SHA256 and ecdsa-with-SHA384 (RFC 5758 §3.2). */
const ALGORITHMS: Readonly<Record<string, string>> = {
  'SHA-256': '06082a8648ce3d040302',
  'SHA-384': '06082a8648ce3d040303',
};
/** 2.5.29.21 */
const CRL_REASON = Buffer.from('0603551d15', 'hex');
const VERSION_2 = Buffer.of(Tag.integer, 1, 1);

/** DER of a list that is signed with this key. */
export function encodeRevocationList(
  { issuer, thisUpdate, nextUpdate, entries, extensions }: RevocationListFields,
  { privateKey, signingAlgorithm }: SigningKey,
): Uint8Array<ArrayBuffer> {
  const { hash } = signingAlgorithm;
  const algorithm = element(Tag.sequence, Buffer.from(ALGORITHMS[hash] ?? '', 'hex'));
  const content = element(
    Tag.sequence,
    VERSION_2,
    algorithm,
    issuer,
    time(thisUpdate),
    time(nextUpdate),
    // An empty list of them must not be there. Of a long one each as an argument would be more than a call can have.
    ...(entries.length === 0 ? [] : [element(Tag.sequence, Buffer.concat(entries.map(revoked)))]),
    element(Tag.context0, element(Tag.sequence, ...extensions)),
  );
  const signature = sign(hash.replace('-', '').toLowerCase(), content, privateKey);
  return Uint8Array.from(element(Tag.sequence, content, algorithm, element(Tag.bitString, Buffer.of(0), signature)));
}

/** DER of a non-negative INTEGER in hexadecimal (X.690 §8.3). */
export function derInteger(hex: string): Buffer {
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return (bytes[0] ?? 0) >= 0x80 ? element(Tag.integer, Buffer.of(0), bytes) : element(Tag.integer, bytes);
}

function revoked({ serial, revokedAt, reason }: RevokedEntry): Buffer {
  const fields = [derInteger(serial), time(revokedAt)];
  // RFC 5280 §5.3.1: `unspecified` is said by saying nothing.
  return reason === X509CrlReason.unspecified
    ? element(Tag.sequence, ...fields)
    : element(Tag.sequence, ...fields, reasonExtension(reason));
}

/** There are few reasons, and many entries. */
const reasonExtensions = new Map<X509CrlReason, Buffer>();

function reasonExtension(reason: X509CrlReason): Buffer {
  let known = reasonExtensions.get(reason);
  if (known === undefined) {
    const value = element(Tag.octetString, Buffer.of(Tag.enumerated, 1, reason));
    reasonExtensions.set(reason, (known = element(Tag.sequence, element(Tag.sequence, CRL_REASON, value))));
  }
  return known;
}

/** UTCTime until 2049, GeneralizedTime from then on (RFC 5280 §5.1.2.4). */
function time(at: number): Buffer {
  const date = new Date(at);
  const text = `${date.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`;
  return date.getUTCFullYear() < 2050
    ? element(Tag.utcTime, Buffer.from(text.slice(2)))
    : element(Tag.generalizedTime, Buffer.from(text));
}

/** One element (X.690 §8.1). */
function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const length = contents.reduce((sum, { length: bytes }) => sum + bytes, 0);
  const size = length.toString(16);
  const long = Buffer.from(size.length % 2 === 0 ? size : `0${size}`, 'hex');
  const header = length < 0x80 ? Buffer.of(tag, length) : Buffer.of(tag, 0x80 | long.length, ...long);
  return Buffer.concat([header, ...contents]);
}
