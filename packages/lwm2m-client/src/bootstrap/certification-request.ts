import { generateKeyPairSync, sign } from 'node:crypto';

/** A key of the device, and what it asks an authority to sign. */
export interface CertificationRequest {
  /** DER of the CertificationRequest (PKCS #10, RFC 2986). */
  readonly request: Uint8Array;
  /** DER (PKCS #8). */
  readonly privateKey: Uint8Array;
}

/** Makes a key on P-256, and a request for a certificate of this common name, which the key signs. */
export function certificationRequest(commonName: string): CertificationRequest {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const attribute = der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, new TextEncoder().encode(commonName)));
  const info = der(
    SEQUENCE,
    der(INTEGER, Uint8Array.of(0)),
    der(SEQUENCE, der(SET, attribute)),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(ATTRIBUTES),
  );
  const signature = der(BIT_STRING, Uint8Array.of(0), sign('sha256', info, privateKey));
  return {
    request: der(SEQUENCE, info, der(SEQUENCE, ECDSA_WITH_SHA256), signature),
    // A copy: what Node exports may be a slice of its pool.
    privateKey: Uint8Array.from(privateKey.export({ type: 'pkcs8', format: 'der' })),
  };
}

const [INTEGER, BIT_STRING, UTF8_STRING, SEQUENCE, SET, ATTRIBUTES] = [0x02, 0x03, 0x0c, 0x30, 0x31, 0xa0] as const;
/** 2.5.4.3 */
const COMMON_NAME = Uint8Array.of(0x06, 3, 0x55, 0x04, 0x03);
/** 1.2.840.10045.4.3.2 (RFC 5758 §3.2) */
const ECDSA_WITH_SHA256 = Uint8Array.of(0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02);

/** One element (X.690 §8.1) of less than 64 KiB. */
function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const header =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  const bytes = new Uint8Array(header.length + length);
  bytes.set(header);
  let offset = header.length;
  for (const content of contents) {
    bytes.set(content, offset);
    offset += content.byteLength;
  }
  return bytes;
}
