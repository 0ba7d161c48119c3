/** The curves of key exchange and of keys (RFC 8422 §5.1.1), in order of preference. */
export const NAMED_GROUPS = [
  { id: 23, name: 'P-256', nodeName: 'prime256v1', pointSize: 65 },
  { id: 24, name: 'P-384', nodeName: 'secp384r1', pointSize: 97 },
] as const;
export type NamedGroup = (typeof NAMED_GROUPS)[number];

/** The group with a number of the registry; undefined for one that is not built. */
export function namedGroup(id: number): NamedGroup | undefined {
  return NAMED_GROUPS.find((group) => group.id === id);
}

/** Signature schemes (RFC 5246 §7.4.1.4.1: hash, signature). In DTLS 1.2 they do not bind the curve. */
export const SIGNATURE_SCHEMES = [
  { id: 0x0403, hash: 'sha256' },
  { id: 0x0503, hash: 'sha384' },
] as const;
export type SignatureScheme = (typeof SIGNATURE_SCHEMES)[number];
