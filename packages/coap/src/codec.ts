import { Code, codeClass } from './code.ts';
import { CoapFormatError } from './format-error.ts';
import { MAX_OPTION_LENGTH, MAX_OPTION_NUMBER, MAX_OPTIONS_PER_MESSAGE, MAX_TOKEN_LENGTH } from './limits.ts';
import { MessageType, type CoapMessage, type CoapOption } from './message.ts';

//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |Ver| T |  TKL  |      Code     |          Message ID           |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |   Token (if any, TKL bytes) ...
// |   Options (if any) ...
// |1 1 1 1 1 1 1 1|    Payload (if any) ...                       RFC 7252 §3

const HEADER_LENGTH = 4;
const PAYLOAD_MARKER = 0xff;

// RFC 7252 §3.1: nibble 13 counts from 13 with one more byte, 14 from 269 with two, 15 is reserved.
const EXTENDED_1 = 13;
const EXTENDED_2 = 269;

const NO_BYTES = new Uint8Array(0);
const NO_OPTIONS: readonly CoapOption[] = [];

/** RFC 7252 §4.2: a Code class that can't be processed. Classes 0 and 2 to 5 can (§12.1). */
function isReservedClass(code: number): boolean {
  const digit = codeClass(code);
  return digit === 1 || digit >= 6;
}

/**
 * Decodes one datagram (RFC 7252 §3). Token, option values and payload are views of `bytes`, not copies: they live
 * and change with it, and are of its class (a `Buffer` gives Buffers).
 *
 * A well-formed message decodes even if its type and code may not go together: an Empty Non-confirmable message, an
 * Acknowledgement with a request, a Reset with a code. The message layer ignores those (§4.2, §4.3). Option values
 * aren't looked into: see `checkOptions`.
 *
 * Throws `CoapFormatError`, and nothing else, for a message with a format error.
 */
export function decodeMessage(bytes: Uint8Array): CoapMessage {
  checkReceivedHeader(bytes);
  const first = byteAt(bytes, 0);
  const type = ((first >>> 4) & 3) as MessageType;
  const code = byteAt(bytes, 1);
  const messageId = uint16At(bytes, 2);
  if (code === Code.EMPTY) return { type, code, messageId, token: NO_BYTES, options: NO_OPTIONS, payload: NO_BYTES };

  const tokenEnd = HEADER_LENGTH + (first & 0x0f);
  const token = viewOf(bytes, HEADER_LENGTH, tokenEnd);
  const options: CoapOption[] = [];
  const payload = viewOf(bytes, decodeOptions(bytes, tokenEnd, options), bytes.length);
  return { type, code, messageId, token, options, payload };
}

function checkReceivedHeader(bytes: Uint8Array): void {
  const { length } = bytes;
  const first = byteAt(bytes, 0);
  if (length > 0 && first >>> 6 !== 1) throw formatError(bytes, 0, `expected version 1, found ${first >>> 6}`);
  if (length < HEADER_LENGTH) throw formatError(bytes, length, `expected a header of 4 bytes, found ${length}`);

  const tokenLength = first & 0x0f;
  if (tokenLength > MAX_TOKEN_LENGTH) {
    throw formatError(bytes, 0, `expected a token length of 0 to ${MAX_TOKEN_LENGTH}, found ${tokenLength}`);
  }
  const code = byteAt(bytes, 1);
  if (isReservedClass(code)) throw formatError(bytes, 1, `code class ${codeClass(code)} is reserved`);
  const rest = length - HEADER_LENGTH;
  // RFC 7252 §4.1: an Empty message is its header.
  if (code === Code.EMPTY && tokenLength > 0) {
    throw formatError(bytes, 0, `expected no token in an Empty message, found a token length of ${tokenLength}`);
  }
  if (code === Code.EMPTY && rest > 0) {
    throw formatError(
      bytes,
      HEADER_LENGTH,
      `expected nothing after the header of an Empty message, found ${rest} bytes`,
    );
  }
  if (tokenLength > rest) {
    throw formatError(bytes, HEADER_LENGTH, `expected a token of ${tokenLength} bytes, found ${rest}`);
  }
}

/** Appends the options from `offset` on to `options`, and gives the offset of the payload: the end when there is none. */
function decodeOptions(bytes: Uint8Array, offset: number, options: CoapOption[]): number {
  const { length } = bytes;
  let number = 0;
  while (offset < length) {
    const start = offset;
    const head = byteAt(bytes, offset++);
    if (head === PAYLOAD_MARKER) {
      // RFC 7252 §3: a marker followed by a zero-length payload is a message format error.
      if (offset === length) throw formatError(bytes, start, 'expected a payload after the marker, found none');
      return offset;
    }
    if (options.length === MAX_OPTIONS_PER_MESSAGE) {
      throw formatError(bytes, start, `expected at most ${MAX_OPTIONS_PER_MESSAGE} options, found more`);
    }

    const deltaNibble = head >>> 4;
    const lengthNibble = head & 0x0f;
    if (deltaNibble === 15) throw formatError(bytes, start, 'option delta 15 is reserved');
    if (lengthNibble === 15) throw formatError(bytes, start, 'option length 15 is reserved');
    const valueLengthAt = offset + extensionLength(deltaNibble);
    const valueAt = valueLengthAt + extensionLength(lengthNibble);
    if (valueAt > length) {
      const text = `expected ${valueAt - offset} bytes of extended delta and length, found ${length - offset}`;
      throw formatError(bytes, start, text);
    }
    number += extended(bytes, offset, deltaNibble);
    if (number > MAX_OPTION_NUMBER) {
      throw formatError(bytes, start, `expected an option number of at most ${MAX_OPTION_NUMBER}, found ${number}`);
    }
    const valueLength = extended(bytes, valueLengthAt, lengthNibble);
    offset = valueAt + valueLength;
    if (offset > length) {
      const text = `expected ${valueLength} bytes for option ${number}, found ${length - valueAt}`;
      throw formatError(bytes, start, text);
    }
    options.push({ number, value: viewOf(bytes, valueAt, offset) });
  }
  return offset;
}

/**
 * Encodes one message into an array of its own (RFC 7252 §3). Options that aren't in ascending order of their numbers
 * are sorted, those of one number staying in their order.
 *
 * Throws `RangeError` for a message that `decodeMessage` would refuse.
 */
export function encodeMessage(message: CoapMessage): Uint8Array {
  checkGivenMessage(message);
  const { token, payload } = message;
  const options = isAscending(message.options)
    ? message.options
    : message.options.toSorted((a, b) => a.number - b.number);

  let size = HEADER_LENGTH + token.length + optionsSize(options);
  if (payload.length > 0) size += 1 + payload.length;
  const bytes = new Uint8Array(size);
  bytes[0] = (1 << 6) | (message.type << 4) | token.length;
  bytes[1] = message.code;
  bytes[2] = message.messageId >>> 8;
  bytes[3] = message.messageId & 0xff;
  let offset = copy(token, bytes, HEADER_LENGTH);

  let previous = 0;
  for (const { number, value } of options) {
    const delta = number - previous;
    previous = number;
    bytes[offset] = (nibbleOf(delta) << 4) | nibbleOf(value.length);
    offset = writeExtension(delta, bytes, offset + 1);
    offset = writeExtension(value.length, bytes, offset);
    offset = copy(value, bytes, offset);
  }
  if (payload.length > 0) {
    bytes[offset] = PAYLOAD_MARKER;
    bytes.set(payload, offset + 1);
  }
  return bytes;
}

/**
 * RFC 7252 §3: what isn't version 1 is silently ignored. §4.2: a Confirmable message that can't be processed is
 * rejected with a Reset. §4.2, §4.3: others are ignored, which is one way to reject them.
 */
function formatError(bytes: Uint8Array, offset: number, text: string): CoapFormatError {
  const first = byteAt(bytes, 0);
  if (bytes.length < HEADER_LENGTH || first >>> 6 !== 1) return new CoapFormatError(text, offset, 'ignore', undefined);
  const confirmable = ((first >>> 4) & 3) === MessageType.CON;
  return new CoapFormatError(text, offset, confirmable ? 'reset' : 'ignore', uint16At(bytes, 2));
}

function byteAt(bytes: Uint8Array, offset: number): number {
  return bytes[offset] ?? 0;
}

function uint16At(bytes: Uint8Array, offset: number): number {
  return (byteAt(bytes, offset) << 8) | byteAt(bytes, offset + 1);
}

function viewOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return start === end ? NO_BYTES : bytes.subarray(start, end);
}

function extensionLength(nibble: number): number {
  return nibble < 13 ? 0 : nibble - 12;
}

/** The caller has checked that the extension is there. */
function extended(bytes: Uint8Array, offset: number, nibble: number): number {
  if (nibble < 13) return nibble;
  return nibble === 13 ? EXTENDED_1 + byteAt(bytes, offset) : EXTENDED_2 + uint16At(bytes, offset);
}

function nibbleOf(value: number): number {
  if (value < EXTENDED_1) return value;
  return value < EXTENDED_2 ? 13 : 14;
}

function writeExtension(value: number, bytes: Uint8Array, offset: number): number {
  if (value < EXTENDED_1) return offset;
  if (value < EXTENDED_2) {
    bytes[offset] = value - EXTENDED_1;
    return offset + 1;
  }
  bytes[offset] = (value - EXTENDED_2) >>> 8;
  bytes[offset + 1] = (value - EXTENDED_2) & 0xff;
  return offset + 2;
}

/** `set` costs more than a loop for the few bytes of most tokens and option values. */
function copy(source: Uint8Array, target: Uint8Array, offset: number): number {
  const length = source.length;
  if (length > 16) target.set(source, offset);
  else for (let index = 0; index < length; index++) target[offset + index] = byteAt(source, index);
  return offset + length;
}

function isAscending(options: readonly CoapOption[]): boolean {
  let previous = 0;
  for (const { number } of options) {
    if (number < previous) return false;
    previous = number;
  }
  return true;
}

/** Checks each option too, so that nothing is allocated for a message that can't be encoded. */
function optionsSize(options: readonly CoapOption[]): number {
  if (options.length > MAX_OPTIONS_PER_MESSAGE)
    throw new RangeError(`a message has at most ${MAX_OPTIONS_PER_MESSAGE} options, not ${options.length}`);
  let size = 0;
  let previous = 0;
  for (const { number, value } of options) {
    checkInteger('an option number', number, MAX_OPTION_NUMBER);
    if (value.length > MAX_OPTION_LENGTH)
      throw new RangeError(`option ${number} has at most ${MAX_OPTION_LENGTH} bytes, not ${value.length}`);
    size += 1 + extensionLength(nibbleOf(number - previous)) + extensionLength(nibbleOf(value.length)) + value.length;
    previous = number;
  }
  return size;
}

function checkGivenMessage(message: CoapMessage): void {
  checkInteger('a message type', message.type, 3);
  checkInteger('a code', message.code, 255);
  checkInteger('a Message ID', message.messageId, 0xffff);
  if (message.token.length > MAX_TOKEN_LENGTH)
    throw new RangeError(`a token has at most ${MAX_TOKEN_LENGTH} bytes, not ${message.token.length}`);
  if (isReservedClass(message.code)) throw new RangeError(`code class ${codeClass(message.code)} is reserved`);
  if (message.code === Code.EMPTY && message.token.length + message.options.length + message.payload.length > 0) {
    throw new RangeError('an Empty message has no token, options or payload');
  }
}

function checkInteger(what: string, value: number, maximum: number): void {
  if (!Number.isInteger(value) || value < 0 || value > maximum)
    throw new RangeError(`${what} is an integer of 0 to ${maximum}, not ${value}`);
}
