/** SenML unit names (RFC 8428 §12.1) whose usual symbol differs from the name. */
const SYMBOLS: Readonly<Record<string, string>> = {
  Cel: '°C',
  Far: '°F',
  degC: '°C',
  '%RH': '% RH',
  '/': '',
};

/** The symbol for a unit name; an unknown name stands for itself. */
export function unitSymbol(units: string | null | undefined): string {
  if (units === null || units === undefined) return '';
  return Object.hasOwn(SYMBOLS, units) ? (SYMBOLS[units] ?? '') : units;
}

/** "23.40 °C" */
export function formatValue(value: number, units: string | null | undefined): string {
  const symbol = unitSymbol(units);
  const number = formatNumber(value);
  return symbol === '' ? number : `${number} ${symbol}`;
}

function formatNumber(value: number): string {
  // A broken sensor may report anything that a float can hold.
  if (Math.abs(value) >= 1e6) return value.toExponential(2);
  const text = value.toFixed(2);
  return text === '-0.00' ? '0.00' : text;
}
