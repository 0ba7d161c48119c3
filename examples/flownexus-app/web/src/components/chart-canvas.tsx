import { useEffect, useRef } from 'react';
import { useComputedColorScheme } from '@mantine/core';
import uPlot from 'uplot';
import type { Aligned } from '../chart/align.ts';
import { plotOptions, type Readout } from '../chart/plot-options.ts';
import styles from './chart.module.css';

interface ChartCanvasProps {
  readonly data: Aligned;
  /** The line style of each row of `data`. */
  readonly slots: readonly number[];
  readonly unit: string;
  readonly from: number;
  readonly to: number;
  readonly label: string;
  readonly onReadout: (readout: Readout | undefined) => void;
}

/** Draws with uPlot. The plot is made anew when its lines or the colour scheme change, and else only gets new data. */
export function ChartCanvas({ data, slots, unit, from, to, label, onReadout }: ChartCanvasProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const shown = useRef<readonly [number, number]>([from, to]);
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const lines = slots.join();

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const style = getComputedStyle(element);
    const look = {
      slots: lines === '' ? [] : lines.split(',').map(Number),
      scheme,
      unit,
      font: `12px ${style.fontFamily}`,
      axisColour: style.color,
      gridColour: style.getPropertyValue('--grid'),
    };
    const made = new uPlot(
      plotOptions(sizeOf(element), look, { window: () => shown.current, onReadout }),
      undefined,
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize(sizeOf(element)));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
      onReadout(undefined);
    };
  }, [lines, scheme, unit, onReadout]);

  useEffect(() => {
    shown.current = [from, to];
    plot.current?.setData([data.times, ...data.rows]);
  }, [data, from, to, lines, scheme, unit]);

  return <div ref={box} className={styles.canvas} role="img" aria-label={label} />;
}

function sizeOf(element: HTMLElement): { width: number; height: number } {
  return { width: element.clientWidth, height: element.clientHeight };
}
