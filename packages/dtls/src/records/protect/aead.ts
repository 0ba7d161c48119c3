import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';

/** An AEAD with a key of 16 bytes and a nonce of 12 (RFC 5116 §5, RFC 6655 §6). */
export interface Aead {
  readonly name: 'aes-128-ccm' | 'aes-128-gcm';
  /** The options that Node takes, made once. */
  readonly options: { readonly authTagLength: 8 | 16 };
}

// What Node asks for with CCM, it takes with GCM as well; only its types tell them apart.
type Ccm = 'aes-128-ccm';

/** Writes the ciphertext and the tag behind it into `target` at `offset`. The caller has made the room, and never repeats a nonce. */
export function sealAead(
  aead: Aead,
  key: KeyObject,
  nonce: Uint8Array,
  additional: Uint8Array,
  plaintext: Uint8Array,
  target: Uint8Array,
  offset: number,
): void {
  const cipher = createCipheriv(aead.name as Ccm, key, nonce, aead.options);
  cipher.setAAD(additional, { plaintextLength: plaintext.length });
  // CCM takes one update, and needs it even without plaintext.
  target.set(cipher.update(plaintext), offset);
  cipher.final();
  target.set(cipher.getAuthTag(), offset + plaintext.length);
}

/**
 * The plaintext of the ciphertext from `begin` to the end of `fragment`, the tag last; in bytes of its own. Undefined when it does not
 * authenticate, or is shorter than a tag.
 */
export function openAead(
  aead: Aead,
  key: KeyObject,
  nonce: Uint8Array,
  additional: Uint8Array,
  fragment: Uint8Array,
  begin: number,
): Uint8Array | undefined {
  const end = fragment.length - aead.options.authTagLength;
  if (end < begin) return undefined;
  const decipher = createDecipheriv(aead.name as Ccm, key, nonce, aead.options);
  decipher.setAuthTag(fragment.subarray(end));
  decipher.setAAD(additional, { plaintextLength: end - begin });
  // Exactly one update, with a view of bytes that are there: without it, or with an empty array that has no memory, CCM of Node 20 takes any
  // tag for an empty ciphertext.
  const plaintext = decipher.update(fragment.subarray(begin, end));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return ownBytes(plaintext);
}

/** What Node has made for us alone is not copied, what lies in a pool is. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength === bytes.length ? new Uint8Array(bytes.buffer) : new Uint8Array(bytes);
}
