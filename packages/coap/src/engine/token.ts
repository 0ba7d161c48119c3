/**
 * A token as the key of a map. The length is part of it: tokens of different lengths are different tokens
 * (RFC 7252 §5.3.1).
 */
export function tokenKey(token: Uint8Array): string {
  return String.fromCharCode(token.length, word(token, 0), word(token, 2), word(token, 4), word(token, 6));
}

/** RFC 7252 §5.3.1: without transport security a token needs 32 bits of randomness; 64 make collisions no concern. */
export const TOKEN_LENGTH = 8;

function word(token: Uint8Array, index: number): number {
  return ((token[index] ?? 0) << 8) | (token[index + 1] ?? 0);
}
