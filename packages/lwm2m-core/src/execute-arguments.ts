import { copyOf } from './copy-of.ts';
import { DecodeError } from './errors.ts';
import { MAX_EXECUTE_ARGUMENTS_LENGTH } from './limits.ts';

/** One argument of an Execute (TS Core §6.3.5). */
export interface ExecuteArgument {
  /** Its name: 0 to 9, each at most once. What they mean the definition of the Resource says. */
  readonly digit: number;
  /** The text between the quotes; undefined for a digit alone. */
  readonly value?: string | undefined;
}

const QUOTE = 0x27;
const COMMA = 0x2c;
const DIGIT_0 = 0x30;
const EQUALS = 0x3d;

// A byte that is none of ASCII becomes a character that is none, at the same offset: nothing before it takes two bytes.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Parses the payload of an Execute: `0='high',1` has argument 0 with a value and argument 1 without. Empty text has
 * none. The ABNF of TS Core §6.3.5 is taken at its word, since devices refuse what is not of it: no spaces, no escapes,
 * values of visible ASCII without quotes and backslashes, no digit twice.
 *
 * @throws DecodeError `ERR_LWM2M_ARGUMENTS` with the offset in characters, or bytes, which are the same here
 */
export function parseExecuteArguments(payload: string | Uint8Array): readonly ExecuteArgument[] {
  if (payload.length > MAX_EXECUTE_ARGUMENTS_LENGTH) {
    const expected = `up to ${MAX_EXECUTE_ARGUMENTS_LENGTH} characters`;
    throw broken(expected, 'more', MAX_EXECUTE_ARGUMENTS_LENGTH);
  }
  const text = typeof payload === 'string' ? payload : decoder.decode(payload);
  const list: ExecuteArgument[] = [];
  if (text === '') return list;
  for (let offset = 0; ; offset += 1) {
    const digit = text.charCodeAt(offset) - DIGIT_0;
    if (!(digit >= 0 && digit <= 9)) throw broken('a digit', found(text, offset), offset);
    if (list.some((argument) => argument.digit === digit)) throw broken('each digit once', 'a repeated one', offset);
    offset += 1;
    if (text.charCodeAt(offset) === EQUALS) {
      const end = scanValue(text, offset + 1);
      list.push({ digit, value: copyOf(text.slice(offset + 2, end)) });
      offset = end + 1;
    } else {
      list.push({ digit, value: undefined });
    }
    if (offset === text.length) return list;
    if (text.charCodeAt(offset) !== COMMA) throw broken('a comma or the end', 'another character', offset);
  }
}

/** Where the value that starts at the offset has its closing quote. */
function scanValue(text: string, start: number): number {
  if (text.charCodeAt(start) !== QUOTE) throw broken('a quote', found(text, start), start);
  let offset = start + 1;
  while (isValueCharacter(text.charCodeAt(offset))) offset += 1;
  if (text.charCodeAt(offset) !== QUOTE) throw broken('a character of a value or a quote', found(text, offset), offset);
  return offset;
}

/** `CHAR = "!" / %x23-26 / %x28-5B / %x5D-7E`. The code beyond the end is NaN, which is none. */
function isValueCharacter(code: number): boolean {
  return (
    code === 0x21 || (code >= 0x23 && code <= 0x26) || (code >= 0x28 && code <= 0x5b) || (code >= 0x5d && code <= 0x7e)
  );
}

function found(text: string, offset: number): string {
  return offset < text.length ? 'another character' : 'the end';
}

function broken(expected: string, what: string, offset: number): DecodeError {
  return new DecodeError('ERR_LWM2M_ARGUMENTS', expected, what, offset);
}

/**
 * The text of arguments, in their order, for the payload of an Execute.
 *
 * @throws RangeError for a digit that is none or is there twice, and for a value with other characters than
 * {@link parseExecuteArguments} takes
 */
export function formatExecuteArguments(list: readonly ExecuteArgument[]): string {
  const digits = new Set<number>();
  const items = list.map(({ digit, value }) => {
    if (!Number.isInteger(digit) || digit < 0 || digit > 9) throw new RangeError('an argument is a digit of 0 to 9');
    if (digits.has(digit)) throw new RangeError('an argument has each digit once');
    digits.add(digit);
    if (value === undefined) return digit.toFixed(0);
    for (let offset = 0; offset < value.length; offset += 1) {
      if (!isValueCharacter(value.charCodeAt(offset))) {
        throw new RangeError('the value of an argument is visible ASCII without quotes and backslashes');
      }
    }
    return `${digit}='${value}'`;
  });
  return items.join(',');
}
