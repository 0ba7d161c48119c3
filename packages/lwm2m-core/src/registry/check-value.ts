import type { ResourceDefinition } from '../definition.ts';
import type { ResourceValue } from '../value.ts';
import { parseRange, type NumberBound, type ValueRange } from './value-range.ts';

const ranges = new WeakMap<ResourceDefinition, ValueRange | null>();

/**
 * How a value is out of the range of its Resource, in words (`expected 0..100, found a greater number`); undefined when it
 * is not, the range is not understood, or the value is of a type that the range does not speak of. Ranges of the registry
 * are free text and often careless, and devices are what they are: this is to warn, not to refuse.
 *
 * The length of text counts as right when it is so in characters or in bytes of UTF-8.
 */
export function checkValue(definition: ResourceDefinition, value: ResourceValue): string | undefined {
  if (definition.range === undefined) return undefined;
  let range = ranges.get(definition);
  if (range === undefined) ranges.set(definition, (range = parseRange(definition.range, definition.type) ?? null));
  const found = range === null ? undefined : deviation(range, value);
  return found === undefined ? undefined : `expected ${definition.range}, found ${found}`;
}

function deviation(range: ValueRange, value: ResourceValue): string | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return deviationOfNumber(range, value);
  if (value instanceof Uint8Array) return deviationOfLength(range, value.length, value.length);
  if (typeof value === 'string') return deviationOfText(range, value);
  return undefined;
}

function deviationOfNumber(range: ValueRange, value: NumberBound): string | undefined {
  switch (range.kind) {
    case 'interval':
      if (Number.isNaN(value)) return 'no number';
      if (range.min !== undefined && value < range.min) return 'a smaller number';
      return value > range.max ? 'a greater number' : undefined;
    case 'intervals':
      return range.intervals.some(({ min, max }) => value >= min && value <= max) ? undefined : 'another number';
    case 'values':
      // A bigint may equal a number, though not strictly.
      return range.values.some((one) => value >= one && value <= one) ? undefined : 'another number';
    default:
      return undefined;
  }
}

function deviationOfText(range: ValueRange, text: string): string | undefined {
  // Units of UTF-16 are no fewer than characters and no more than bytes: mostly nothing has to be counted.
  if (range.kind === 'length' && range.min <= text.length && text.length <= range.max) return undefined;
  let characters = 0;
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    characters += 1;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return deviationOfLength(range, characters, bytes);
}

/** Out of range is what is so by both of its lengths. */
function deviationOfLength(range: ValueRange, least: number, greatest: number): string | undefined {
  switch (range.kind) {
    case 'length':
      if (greatest < range.min) return 'a shorter value';
      return least > range.max ? 'a longer value' : undefined;
    case 'lengths':
      return range.lengths.some((length) => length === least || length === greatest) ? undefined : 'another length';
    default:
      return undefined;
  }
}
