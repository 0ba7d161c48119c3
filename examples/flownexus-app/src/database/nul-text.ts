// PostgreSQL has no U+0000 in text. U+0001 begins what stands for it, and for itself; other text is as it is.

/** Text that both databases can store, different for each text. */
export function escapeNul(text: string): string {
  return text.replaceAll(/[\0\u0001]/g, (character) => (character === '\0' ? '\u00010' : '\u00011'));
}

/** The text that {@link escapeNul} was given. */
export function unescapeNul(text: string): string {
  return text.replaceAll(/\u0001([01])/g, (_, digit) => (digit === '0' ? '\0' : '\u0001'));
}
