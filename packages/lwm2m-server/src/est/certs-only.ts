/*
 * The certificates-only message of CMS (RFC 5272 §4.1), in which EST gives certificates (RFC 7030 §4.1.3): a SignedData without signers.
 */

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const OID = 0x06;
/** [0], constructed: explicit around the content, implicit in the place of the SET of certificates. */
const CONTEXT_0 = 0xa0;

/** 1.2.840.113549.1.7.2 and 1.2.840.113549.1.7.1 (RFC 5652 §5.1, §4). */
const ID_SIGNED_DATA: Uint8Array = Uint8Array.of(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02);
const ID_DATA: Uint8Array = Uint8Array.of(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01);

/** DER of a certificates-only message that has these certificates, each DER. */
export function encodeCertsOnly(certificates: readonly Uint8Array[]): Uint8Array {
  const signedData = element(
    SEQUENCE,
    element(INTEGER, Uint8Array.of(1)),
    element(SET), // digestAlgorithms
    element(SEQUENCE, element(OID, ID_DATA)),
    // The encoding of a SET OF is in the order of its elements' encodings (X.690 §11.6).
    element(CONTEXT_0, ...certificates.toSorted((a, b) => Buffer.compare(a, b))),
    element(SET), // signerInfos
  );
  return element(SEQUENCE, element(OID, ID_SIGNED_DATA), element(CONTEXT_0, signedData));
}

/** One element of DER (X.690 §8.1). */
function element(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(contents);
  return new Uint8Array(Buffer.concat([Uint8Array.of(tag, ...lengthOf(content.length)), content]));
}

function lengthOf(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
}
