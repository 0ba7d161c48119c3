import { useComputedColorScheme } from '@mantine/core';
import { lineStyle } from '../chart/colours.ts';
import { instanceOf } from '../endpoints/temperature.ts';
import type { ShownSeries } from '../hooks/use-chart-series.ts';
import { messages } from '../messages.ts';
import styles from './chart.module.css';
import { EndpointName } from './endpoint-name.tsx';

export interface LegendEntry extends ShownSeries {
  /** The value to show, with its unit; undefined when there is none. */
  readonly text: string | undefined;
}

export function ChartLegend({ entries, when }: { entries: readonly LegendEntry[]; when: string }) {
  return (
    <div className={styles.legendBox}>
      <div className={`${styles.when} tabular`}>{when}</div>
      <ul className={styles.legend} aria-label={messages.chart.legend}>
        {entries.map((entry) => (
          <li key={entry.key} className={styles.entry}>
            <LineSample slot={entry.slot} />
            <span className={styles.entryName} title={`${entry.endpoint} ${entry.path}`}>
              <EndpointName name={entry.endpoint} />
              {entry.oneOfMany && <small> {messages.chart.instance(instanceOf(entry.path))}</small>}
            </span>
            <span className={`${styles.entryValue} tabular`}>
              {entry.text ?? <small>{messages.chart.noValue}</small>}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A short piece of the line as it is drawn in the chart. */
export function LineSample({ slot }: { slot: number }) {
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const { colour, dash } = lineStyle(slot, scheme);
  return (
    <svg className={styles.sample} width="20" height="8" viewBox="0 0 20 8" aria-hidden="true">
      <line
        x1="1.5"
        x2="18.5"
        y1="4"
        y2="4"
        stroke={colour}
        strokeWidth="3"
        {...(dash ? { strokeDasharray: dash.join(' ') } : { strokeLinecap: 'round' as const })}
      />
    </svg>
  );
}
