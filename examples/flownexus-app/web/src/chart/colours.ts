/**
 * Line colours after Okabe and Ito's colour-blind-safe set, each darkened or lightened to at least 3:1 against the
 * chart's background (WCAG 2.2 SC 1.4.11). The third pair is dashed and the fourth dotted, so that colour is not the only difference.
 */
export const PALETTE = {
  light: ['#0072b2', '#d55e00', '#00835f', '#a8558a', '#9c6b00', '#4d4d4d', '#2b82b8', '#6a3fb5'],
  dark: ['#56b4e9', '#ff8c42', '#2fc99a', '#e39ac6', '#e6b03c', '#d9d9d9', '#8ecdf5', '#b9a3f0'],
} as const;

/** What the chart is drawn on, per colour scheme. */
export const CHART_BACKGROUND = { light: '#ffffff', dark: '#1a1e22' } as const;

/** One for each two colours. */
const DASHES: readonly (readonly number[] | undefined)[] = [undefined, undefined, [8, 4], [2, 3]];

export type Scheme = keyof typeof PALETTE;

export interface LineStyle {
  readonly colour: string;
  readonly dash: readonly number[] | undefined;
}

/** The look of the n-th slot. */
export function lineStyle(slot: number, scheme: Scheme): LineStyle {
  const palette = PALETTE[scheme];
  return {
    colour: palette[slot % palette.length] ?? palette[0],
    dash: DASHES[Math.floor((slot % palette.length) / 2)],
  };
}

/** Gives each key the lowest free slot. A key keeps its slot for as long as it is shown, so colours never jump. */
export function assignSlots(previous: ReadonlyMap<string, number>, keys: readonly string[]): Map<string, number> {
  const slots = new Map<string, number>();
  const taken = new Set<number>();
  for (const key of keys) {
    const slot = previous.get(key);
    if (slot === undefined || taken.has(slot)) continue;
    slots.set(key, slot);
    taken.add(slot);
  }
  let next = 0;
  for (const key of keys) {
    if (slots.has(key)) continue;
    while (taken.has(next)) next += 1;
    slots.set(key, next);
    taken.add(next);
  }
  return slots;
}
