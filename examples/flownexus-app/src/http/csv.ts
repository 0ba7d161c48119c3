import type { CsvTable } from './route.ts';

/**
 * A table in CSV (RFC 4180). Text that a spreadsheet would take for a formula gets an apostrophe in front: devices choose it. Numbers are none, also those
 * that are text because they are too great for JSON.
 */
export function formatCsv({ columns, rows }: CsvTable): string {
  const lines = [columns.map(field).join(',')];
  for (const row of rows) lines.push(row.map(field).join(','));
  return `${lines.join('\r\n')}\r\n`;
}

function field(value: string | number | boolean | null): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const text = /^(?!-(?:\d+|Infinity)$)[=+\-@\t\r\n]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
