import { concatBytes } from '../bytes.ts';

/** One DER element: tag, length, and the contents one after the other (X.690 §8.1, §10.1). Contents have less than 64 KiB. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, content) => sum + content.length, 0);
  const header =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return concatBytes(Uint8Array.from(header), ...contents);
}

/** An object identifier from its dotted text. */
export function derOid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...arcs] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...arcs].flatMap((arc) => {
    const groups = [arc % 128];
    for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) groups.unshift(128 + (rest % 128));
    return groups;
  });
  return der(0x06, Uint8Array.from(bytes));
}

/** A string of characters from 0 to 127, or a UTF8String. */
export function derText(tag: number, text: string): Uint8Array {
  return der(tag, new TextEncoder().encode(text));
}

/** A non-negative INTEGER below 2^31. */
export function derInteger(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; bytes.length === 0 || rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  if ((bytes[0] ?? 0) >= 0x80) bytes.unshift(0);
  return der(0x02, Uint8Array.from(bytes));
}

/** A UTCTime until 2049, a GeneralizedTime from then on (RFC 5280 §4.1.2.5). */
export function derTime(time: Date): Uint8Array {
  const text = `${time.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`;
  return time.getUTCFullYear() < 2050 ? derText(0x17, text.slice(2)) : derText(0x18, text);
}
