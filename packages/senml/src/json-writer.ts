import { ByteBuffer } from './byte-buffer.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const textEncoder = new TextEncoder();

/** Writes objects with few fields as JSON in UTF-8. */
export class JsonWriter {
  readonly #out = new ByteBuffer();

  /** Ends the object, whose last field has left a comma if there was one. */
  writeObjectEnd(): void {
    const out = this.#out;
    if (out.bytes[out.length - 1] === COMMA) out.length -= 1;
    this.writeAscii('}');
  }

  /** A field whose name and value are JSON already, and ASCII. */
  writeField(name: string, value: string): void {
    this.writeAscii(name);
    this.writeAscii(value);
    this.writeAscii(',');
  }

  /** A field with a text. Surrogates without their other half are escaped. */
  writeTextField(name: string, text: string): void {
    this.writeAscii(name);
    if (!this.#writePlainText(text)) {
      const bytes = textEncoder.encode(JSON.stringify(text));
      this.#out.reserve(bytes.length);
      this.#out.bytes.set(bytes, this.#out.length);
      this.#out.length += bytes.length;
    }
    this.writeAscii(',');
  }

  writeAscii(text: string): void {
    const out = this.#out;
    out.reserve(text.length);
    const { bytes, length } = out;
    for (let index = 0; index < text.length; index += 1) bytes[length + index] = text.charCodeAt(index);
    out.length = length + text.length;
  }

  /** A copy of what was written so far. */
  toBytes(): Uint8Array {
    return this.#out.copy();
  }

  /** Forgets what was written, so that the writer can be used again. */
  reset(): void {
    this.#out.reset();
  }

  /** Text that needs no escapes and is ASCII, as nearly all is; false, with nothing written, for other text. */
  #writePlainText(text: string): boolean {
    const out = this.#out;
    out.reserve(text.length + 2);
    const { bytes, length } = out;
    bytes[length] = QUOTE;
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      if (unit < 0x20 || unit > 0x7e || unit === QUOTE || unit === BACKSLASH) return false;
      bytes[length + 1 + index] = unit;
    }
    bytes[length + 1 + text.length] = QUOTE;
    out.length = length + text.length + 2;
    return true;
  }
}
