import type { LogFormat } from '../api/logs.ts';
import { limits } from '../limits.ts';

const strict = new TextDecoder('utf-8', { fatal: true });
const lenient = new TextDecoder('utf-8');
const encoder = new TextEncoder();

/** What text has no use for: control characters but for tab, line ends and escape, and a NUL that is not at the end. */
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001a\u001c-\u001f]/;

/**
 * Takes the content of a log apart, piece by piece: lines as strings, what is no text as bytes. Lines that are empty are left out, and one that is longer than
 * `limits.maxLogLineLength` comes in several.
 *
 * @throws what a decoder of the application throws, while it is iterated
 */
export function decodeLog(content: string | Uint8Array, format: LogFormat): Iterable<string | Uint8Array> {
  if (typeof format === 'function') return format(typeof content === 'string' ? encoder.encode(content) : content);
  if (typeof content === 'string') return linesOf(content);
  if (content.length === 0) return [];
  if (format === 'bytes') return [content];
  if (format === 'text') return linesOf(lenient.decode(content));
  const text = textOf(content);
  return text === undefined ? [content] : linesOf(text);
}

/** The bytes as text; undefined when they are none. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = withoutEnd(strict.decode(bytes));
    return CONTROL.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Without the NUL characters at the end, which devices in C send with their strings. */
function withoutEnd(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end -= 1;
  return text.slice(0, end);
}

function* linesOf(content: string): Generator<string> {
  const text = withoutEnd(content);
  for (let start = 0; start < text.length;) {
    const found = text.indexOf('\n', start);
    const end = found < 0 ? text.length : found;
    const line = text.slice(start, text.charCodeAt(end - 1) === 0x0d && end > start ? end - 1 : end);
    for (let at = 0; at < line.length; at += limits.maxLogLineLength) {
      const piece = line.slice(at, at + limits.maxLogLineLength);
      if (piece.trim() !== '') yield piece;
    }
    start = end + 1;
  }
}
