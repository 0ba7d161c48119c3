import { SenmlError } from './errors.ts';
import type { CborLimits } from './limits.ts';
import { MAX_INTEGER, MIN_INTEGER, narrowInteger } from './numbers.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;

/** Only with that many digits in a row can an integer be beyond 2^53. */
const MANY_DIGITS = /\d{16}/;
const INTEGER = /^-?\d{16,20}$/;

/**
 * Bounds nesting and items before the text is parsed, as a reviver recurses and is called for each of them.
 *
 * @throws SenmlError `ERR_SENML_LIMIT`
 */
export function checkJsonSize(text: string, { maxNesting, maxItems }: CborLimits): void {
  let depth = 0;
  let items = 1;
  let inString = false;
  for (let offset = 0; offset < text.length; offset += 1) {
    const unit = text.charCodeAt(offset);
    if (inString) {
      if (unit === BACKSLASH) offset += 1;
      else if (unit === QUOTE) inString = false;
    } else if (unit === QUOTE) {
      inString = true;
    } else if (unit === OPEN_BRACKET || unit === OPEN_BRACE) {
      depth += 1;
      if (depth > maxNesting) {
        throw new SenmlError('ERR_SENML_LIMIT', `at most ${String(maxNesting)} levels of nesting`, 'more', { offset });
      }
    } else if (unit === CLOSE_BRACKET || unit === CLOSE_BRACE) {
      depth -= 1;
    } else if (unit === COMMA) {
      items += 1;
      if (items > maxItems) {
        throw new SenmlError('ERR_SENML_LIMIT', `at most ${String(maxItems)} items`, 'more', { offset });
      }
    }
  }
}

/**
 * Parses JSON with integers of up to 64 bits exact: beyond the safe range they come as `bigint`.
 *
 * @throws SenmlError `ERR_SENML_JSON` when it is not JSON, or has a number that a double can not hold
 */
export function parseJson(text: string): unknown {
  try {
    const value: unknown = MANY_DIGITS.test(text) ? JSON.parse(text, reviveInteger) : JSON.parse(text);
    return value;
  } catch {
    // The engine's own error would quote the document.
    throw new SenmlError('ERR_SENML_JSON', 'JSON', 'other text', { offset: 0 });
  }
}

function reviveInteger(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  if (source === undefined || !INTEGER.test(source)) return value;
  const integer = BigInt(source);
  return integer >= MIN_INTEGER && integer <= MAX_INTEGER ? narrowInteger(integer) : value;
}
