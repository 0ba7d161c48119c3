import { X509Certificate } from 'node:crypto';

const BLOCK = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]*-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;

/** DER begins with the tag of a SEQUENCE, `0`; PEM is text with a line of dashes somewhere. */
const DER_START = 0x30;

/** The text that a file holds; undefined for DER. Files are read as bytes and may be either. */
export function pemText(source: string | Uint8Array): string | undefined {
  if (typeof source === 'string') return source;
  return source[0] === DER_START ? undefined : new TextDecoder().decode(source);
}

/** DER of the certificates in a PEM text, in their order, or of the one that is DER already. Throws an `Error` when one doesn't parse or none is there. */
export function certificatesIn(source: string | Uint8Array): Uint8Array[] {
  const text = pemText(source);
  if (text === undefined) return [new Uint8Array(source as Uint8Array)];
  const blocks = text.match(BLOCK) ?? [];
  if (blocks.length === 0) throw new Error('there is no -----BEGIN CERTIFICATE----- in it');
  return blocks.map((block) => new Uint8Array(new X509Certificate(block).raw));
}
