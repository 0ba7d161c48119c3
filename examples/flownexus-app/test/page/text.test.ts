import { describe, expect, test } from 'vitest';
import { absoluteTime, axisTime, clockTime, duration, relativeTime } from '../../web/src/text/time.ts';
import { formatValue, unitSymbol } from '../../web/src/text/value.ts';

const T = Date.UTC(2026, 2, 4, 14, 3, 22);

describe('times', () => {
  test.each([
    [0, 'just now'],
    [-5000, 'just now'],
    [2000, '2 s ago'],
    [59_999, '59 s ago'],
    [60_000, '1 min ago'],
    [3_600_000, '1 h ago'],
    [86_399_999, '23 h ago'],
    [86_400_000, '1 d ago'],
  ])('%i ms ago is "%s"', (age, text) => {
    expect(relativeTime(T - age, T)).toBe(text);
  });

  test('in full', () => {
    expect(absoluteTime(T, 'UTC')).toBe('4 Mar 2026, 14:03:22 UTC');
    expect(clockTime(T, 'UTC')).toBe('14:03:22');
  });

  test('on an axis show as much as the step needs', () => {
    const noon = new Date(2026, 2, 4, 12, 5, 30).getTime();
    expect(axisTime(noon, 30_000)).toBe('12:05:30');
    expect(axisTime(noon, 60_000)).toBe('12:05');
    expect(axisTime(noon, 86_400_000)).toBe('4 Mar');
    expect(axisTime(new Date(2026, 2, 4).getTime(), 3_600_000)).toBe('4 Mar');
  });

  test.each([
    [0, '0 s'],
    [30, '30 s'],
    [60, '1 min'],
    [90, '1 min 30 s'],
    [86_400, '1 d'],
    [90_061, '1 d 1 h'],
    [86_460, '1 d'],
  ])('a lifetime of %i s is "%s"', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});

describe('values', () => {
  test('have the usual symbol for their units', () => {
    expect(formatValue(23.456, 'Cel')).toBe('23.46 °C');
    expect(formatValue(55, '%RH')).toBe('55.00 % RH');
    expect(formatValue(1, 'lx')).toBe('1.00 lx');
    expect(formatValue(1, null)).toBe('1.00');
    expect(unitSymbol('constructor')).toBe('constructor');
  });

  test('stay short whatever a device reports', () => {
    expect(formatValue(1e300, 'Cel')).toBe('1.00e+300 °C');
    expect(formatValue(-0.001, 'Cel')).toBe('0.00 °C');
  });
});
