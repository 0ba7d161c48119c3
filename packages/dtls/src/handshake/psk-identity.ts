// A byte order mark is part of an identity: without `ignoreBOM` two identities would have one text.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text of a PSK identity, by which keys are looked up and peers are known; undefined for bytes that are not UTF-8, which RFC 4279 §5.1
 * demands. Different bytes never have the same text: what is not UTF-8 is therefore the identity of nobody, instead of being written in some
 * other way that a text could imitate.
 */
export function pskIdentityText(identity: Uint8Array): string | undefined {
  try {
    return decoder.decode(identity);
  } catch {
    return undefined;
  }
}
