import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeLog } from '../../src/logs/decode-log.ts';
import { parseLogLine } from '../../src/logs/parse-line.ts';

/** What lines are made of, so that the forms are met, and nearly met. */
const part = fc.oneof(
  fc.constantFrom(
    '<34>',
    '1 ',
    '- ',
    '[',
    ']',
    '[00:00:01.234,000] ',
    '<inf> ',
    'app: ',
    'I (12) w: ',
    '\\',
    '"',
    '=',
    ' ',
  ),
  fc.constantFrom(
    '2026-01-02T03:04:05.678Z ',
    '[   1.5] ',
    '[INFO] ',
    'ERROR ',
    'Oct  1 22:14:15 host ',
    '\u001b[1;31m',
  ),
  fc.string({ maxLength: 8, unit: 'binary' }),
);
const line = fc.array(part, { maxLength: 20 }).map((parts) => parts.join(''));

test('of any line the message is its end, and what is found is what it can be', () => {
  fc.assert(
    fc.property(line, (text) => {
      const parsed = parseLogLine(text);
      expect(parsed.text.endsWith(parsed.message)).toBe(true);
      for (const number of [parsed.time, parsed.uptimeMs]) {
        if (number !== undefined) expect(Number.isFinite(number)).toBe(true);
      }
      if (parsed.module !== undefined) expect(parsed.text).toContain(parsed.module);
    }),
  );
});

test('any bytes come apart into lines that are not empty, or come as they are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom('auto', 'text', 'bytes'), (bytes, format) => {
      const pieces = [...decodeLog(bytes, format)];
      const isWhole = pieces.length === 1 && pieces[0] === bytes;
      if (format === 'bytes') expect(isWhole).toBe(bytes.length > 0);
      else if (!isWhole) for (const piece of pieces) expect(piece).toMatch(/\S/);
    }),
  );
});

test('lines of text come as they were', () => {
  const lines = fc.array(fc.string({ minLength: 1 }).filter((text) => text.trim() !== '' && !/[\r\n]/.test(text)));
  fc.assert(
    fc.property(lines, fc.constantFrom('\n', '\r\n'), (expected, end) => {
      const bytes = new TextEncoder().encode(expected.join(end));
      expect([...decodeLog(bytes, 'auto')]).toEqual(expected);
    }),
  );
});
