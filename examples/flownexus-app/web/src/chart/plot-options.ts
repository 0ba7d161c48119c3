import type uPlot from 'uplot';
import type { Cell } from './align.ts';
import { lineStyle, type Scheme } from './colours.ts';
import { nearestIndex, valueRange } from './readout.ts';
import { axisTime } from '../text/time.ts';

/** What the reader points at: a time, and per series the value there. */
export interface Readout {
  readonly time: number;
  readonly values: readonly (number | undefined)[];
}

export interface PlotLook {
  readonly slots: readonly number[];
  readonly scheme: Scheme;
  readonly unit: string;
  readonly font: string;
  readonly axisColour: string;
  readonly gridColour: string;
}

export interface PlotSource {
  /** First and last moment of the x axis, asked for at each drawing. */
  readonly window: () => readonly [number, number];
  readonly onReadout: (readout: Readout | undefined) => void;
}

/** Of the shown range, how far from the pointer a sample may be to be read out. */
const READOUT_FRACTION = 0.03;

export function plotOptions(
  size: { width: number; height: number },
  look: PlotLook,
  source: PlotSource,
): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: look.axisColour,
    font: look.font,
    grid: { stroke: look.gridColour, width: 1 },
    ticks: { show: false },
  };
  return {
    ...size,
    ms: 1,
    padding: [12, 32, 0, 0],
    legend: { show: false },
    scales: {
      x: { time: true, range: () => [...source.window()] },
      y: { range: (_plot, min, max) => valueRange(min, max) },
    },
    axes: [
      {
        ...axis,
        size: 34,
        gap: 8,
        space: (_plot, _axis, _min, _max, width) => (width < 400 ? 50 : 80),
        values: (_plot, splits, _axis, _space, step) => splits.map((time) => axisTime(time, step)),
      },
      {
        ...axis,
        size: 64,
        gap: 8,
        space: 40,
        values: (_plot, splits, _axis, _space, step) => splits.map((value) => tick(value, step, look.unit)),
      },
    ],
    series: [
      {},
      ...look.slots.map((slot): uPlot.Series => {
        const { colour, dash } = lineStyle(slot, look.scheme);
        return { stroke: colour, width: 2, ...(dash && { dash: [...dash] }), points: { fill: colour, size: 5 } };
      }),
    ],
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { size: 9, width: 2 },
      dataIdx: (plot, series, hovered) => {
        const [from, to] = source.window();
        const row: ArrayLike<Cell> | undefined = plot.data[series];
        if (series === 0 || row === undefined) return hovered;
        return nearestIndex(times(plot), row, hovered, (to - from) * READOUT_FRACTION) ?? null;
      },
    },
    hooks: { setCursor: [(plot) => source.onReadout(readout(plot))] },
  };
}

function readout(plot: uPlot): Readout | undefined {
  const { idx, idxs } = plot.cursor;
  const time = idx === null || idx === undefined ? undefined : times(plot)[idx];
  if (time === undefined) return undefined;
  const values = plot.data.slice(1).map((row: ArrayLike<Cell>, i) => {
    const at = idxs?.[i + 1];
    return at === null || at === undefined ? undefined : (row[at] ?? undefined);
  });
  return { time, values };
}

function times(plot: uPlot): readonly number[] {
  return plot.data[0] as number[];
}

/** As many digits as tell the marks apart: a step of 2.5 needs one. */
function tick(value: number, step: number, unit: string): string {
  const digits = [0, 1, 2].find((count) => Number.isInteger(Number((step * 10 ** count).toFixed(6)))) ?? 3;
  const number = value.toFixed(digits);
  return unit === '' ? number : `${number} ${unit}`;
}
