import { certificateError } from './certificate-error.ts';

/** Tags of the universal class that certificates have (X.690 §8). */
export const DerTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One element. Both arrays are views of what was read. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag, length and content. */
  readonly raw: Uint8Array;
}

/** The longest object identifier in bytes of content that is written out. */
const MAX_OID = 64;

/**
 * Reads DER elements of one level, one after the other (X.690 §8.1, §10.1). It goes into nothing by itself, so nesting costs no stack; a length is
 * checked against what is there before it is used. What is no DER throws `DtlsError` with `bad_certificate`.
 */
export class DerReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  /** The next element, which must have the tag. */
  next(tag: number): DerElement {
    const element = this.any();
    if (element.tag !== tag) throw malformed();
    return element;
  }

  /** The next element if it has the tag; nothing is read if not. */
  optional(tag: number): DerElement | undefined {
    return this.#bytes[this.#offset] === tag ? this.any() : undefined;
  }

  /** The elements within the next one, which must have the tag. */
  within(tag: number): DerReader {
    return new DerReader(this.next(tag).content);
  }

  any(): DerElement {
    const start = this.#offset;
    const tag = this.#byte();
    // Tag numbers from 31 on take more bytes; nothing that is read here has them.
    if ((tag & 0x1f) === 0x1f) throw malformed();
    const length = this.#length();
    if (length > this.#bytes.length - this.#offset) throw malformed();
    const contentStart = this.#offset;
    this.#offset += length;
    return {
      tag,
      content: this.#bytes.subarray(contentStart, this.#offset),
      raw: this.#bytes.subarray(start, this.#offset),
    };
  }

  /** Nothing may follow. */
  end(): void {
    if (!this.isAtEnd) throw malformed();
  }

  #length(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    // 0x80 is the indefinite length, which DER has not; three bytes are more than a handshake message can have.
    if (count === 0 || count > 3) throw malformed();
    let length = 0;
    for (let index = 0; index < count; index += 1) length = length * 256 + this.#byte();
    if (length < (count === 1 ? 0x80 : 256 ** (count - 1))) throw malformed(); // X.690 §10.1: the shortest form
    return length;
  }

  #byte(): number {
    const byte = this.#bytes[this.#offset];
    if (byte === undefined) throw malformed();
    this.#offset += 1;
    return byte;
  }
}

/** Dotted text of the content of an object identifier (X.690 §8.19). */
export function decodeOid(content: Uint8Array): string {
  if (content.length === 0 || content.length > MAX_OID) throw malformed();
  const arcs: number[] = [];
  let arc = 0;
  let isOpen = false;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (arc > 0xffff_ffff) throw malformed();
    isOpen = byte >= 0x80;
    if (isOpen) continue;
    if (arcs.length === 0) arcs.push(Math.min(Math.floor(arc / 40), 2), arc - 40 * Math.min(Math.floor(arc / 40), 2));
    else arcs.push(arc);
    arc = 0;
  }
  if (isOpen) throw malformed();
  return arcs.join('.');
}

/** A BOOLEAN: its content is 0xff or 0 (X.690 §11.1). */
export function decodeBoolean(content: Uint8Array): boolean {
  const [value] = content;
  if (content.length !== 1 || (value !== 0xff && value !== 0)) throw malformed();
  return value === 0xff;
}

/** Milliseconds since 1970 of a UTCTime or GeneralizedTime in the forms of RFC 5280 §4.1.2.5. */
export function decodeTime({ tag, content }: DerElement): number {
  const text = String.fromCharCode(...content.subarray(0, 16));
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(tag === DerTag.utcTime ? century(text) + text : text);
  if (match === null || (tag !== DerTag.utcTime && tag !== DerTag.generalizedTime)) throw malformed();
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day); // unlike Date.UTC it takes the years 0 to 99 as they are
  const isDay = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!isDay || hour > 23 || minute > 59 || second > 59) throw malformed();
  return date.setUTCHours(hour, minute, second, 0);
}

/** RFC 5280 §4.1.2.5.1: two digits from 50 on are of the last century. */
function century(utcTime: string): string {
  return utcTime >= '50' ? '19' : '20';
}

function malformed(): ReturnType<typeof certificateError> {
  return certificateError('bad_certificate', 'the certificate or key is not well-formed DER');
}
