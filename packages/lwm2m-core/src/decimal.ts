const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const MAX_DECIMAL_LENGTH = 400;

/**
 * The number that decimal text names, with or without a sign, fraction or exponent; undefined when it is none, or not
 * finite.
 */
export function parseDecimal(text: string): number | undefined {
  if (text.length > MAX_DECIMAL_LENGTH || !DECIMAL.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** A finite number without an exponent (TS Core, Appendix C): the shortest digits that give the number back, moved. */
export function formatDecimal(value: number): string {
  // The text that the platform has for it is that of 0.
  if (Object.is(value, -0)) return '-0';
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(value.toExponential());
  if (match === null) return String(value);
  const [, sign = '', first = '', rest = '', exponentText = ''] = match;
  const digits = first + rest;
  const point = 1 + Number(exponentText);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits + '0'.repeat(point - digits.length);
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
