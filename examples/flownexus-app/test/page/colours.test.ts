import { describe, expect, test } from 'vitest';
import { assignSlots, CHART_BACKGROUND, lineStyle, PALETTE, type Scheme } from '../../web/src/chart/colours.ts';
import { MAX_SERIES } from '../../web/src/chart/series-store.ts';

describe('assignSlots', () => {
  test('gives the lowest free slots in order', () => {
    expect([...assignSlots(new Map(), ['a', 'b'])]).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
  });

  test('keeps slots and fills holes', () => {
    const before = new Map([
      ['a', 0],
      ['b', 1],
      ['c', 2],
    ]);
    expect(assignSlots(before, ['c', 'd', 'a'])).toEqual(
      new Map([
        ['a', 0],
        ['c', 2],
        ['d', 1],
      ]),
    );
  });
});

describe.each<Scheme>(['light', 'dark'])('the %s palette', (scheme) => {
  test('has a look of its own for each series', () => {
    const looks = Array.from({ length: MAX_SERIES }, (_, slot) => lineStyle(slot, scheme));
    expect(new Set(looks.map(({ colour }) => colour)).size).toBe(MAX_SERIES);
    expect(looks.filter(({ dash }) => dash !== undefined)).toHaveLength(MAX_SERIES / 2);
  });

  test.each([...PALETTE[scheme]])('%s stands out from the background (WCAG 1.4.11)', (colour) => {
    expect(contrast(colour, CHART_BACKGROUND[scheme])).toBeGreaterThanOrEqual(3);
  });
});

/** WCAG 2.2, "contrast ratio". */
function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
