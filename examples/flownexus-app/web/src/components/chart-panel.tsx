import { useMemo, useState } from 'react';
import { Loader, SegmentedControl, Skeleton } from '@mantine/core';
import app from '../app.module.css';
import { MAX_HISTORY } from '../api/client.ts';
import { alignSeries } from '../chart/align.ts';
import type { Readout } from '../chart/plot-options.ts';
import { isRangeId, RANGES, type Range, type RangeId, windowAt } from '../chart/ranges.ts';
import { MAX_SERIES } from '../chart/series-store.ts';
import { MAX_SELECTED } from '../endpoints/selection.ts';
import type { ChartSeries } from '../hooks/use-chart-series.ts';
import { useNow } from '../hooks/use-clock.ts';
import { useLiveSeries } from '../hooks/use-live-series.ts';
import { messages } from '../messages.ts';
import { clockTime, absoluteTime } from '../text/time.ts';
import { formatValue, unitSymbol } from '../text/value.ts';
import { ChartCanvas } from './chart-canvas.tsx';
import { ChartLegend } from './chart-legend.tsx';
import styles from './chart.module.css';

const { chart } = messages;
const NO_POINTS = { times: [], values: [] };
const RANGE_CHOICES = RANGES.map(({ id }) => ({ value: id, label: chart.ranges[id] }));

interface ChartPanelProps {
  readonly series: ChartSeries;
  /** False until the endpoints are known. */
  readonly ready: boolean;
  readonly range: Range;
  readonly onRange: (id: RangeId) => void;
}

export function ChartPanel({ series, ready, range, onRange }: ChartPanelProps) {
  const { shown, hidden } = series;
  const live = useLiveSeries(shown, range);
  const now = useNow();
  const [readout, setReadout] = useState<Readout>();
  const { store, version } = live;

  const slots = useMemo(() => shown.map(({ slot }) => slot), [shown]);
  const [from, to] = windowAt(now, range);
  const stored = useMemo(() => shown.map((id) => store.get(id)), [shown, store, version]);
  const points = stored.map((one) => one?.samples.points() ?? NO_POINTS);
  // Each is the same object for as long as it has the same points: then there is nothing to draw.
  const data = useMemo(() => alignSeries(points), [slots, ...Array.from({ length: MAX_SERIES }, (_, i) => points[i])]);
  const symbols = new Set(stored.flatMap((one) => (one?.units === undefined ? [] : [unitSymbol(one.units)])));
  const [unit = ''] = symbols.size === 1 ? symbols : [];
  const entries = shown.map((id, i) => {
    const value = readout === undefined ? stored[i]?.samples.latest?.value : readout.values[i];
    return { ...id, text: value === undefined ? undefined : formatValue(value, stored[i]?.units) };
  });
  const empty = !ready ? undefined : shown.length === 0 ? chart.noSelection : live.loading ? undefined : chart.noValues;

  return (
    <section className={app.panel} aria-labelledby="chart-title">
      <div className={app.panelHead}>
        <h2 className={app.panelTitle} id="chart-title">
          {chart.title}
        </h2>
        {live.loading && shown.length > 0 && <Loader size={14} aria-label={chart.loading} />}
        <span className={app.spacer} />
        <SegmentedControl
          size="sm"
          aria-label={chart.range}
          data={RANGE_CHOICES}
          value={range.id}
          onChange={(id) => isRangeId(id) && onRange(id)}
        />
      </div>
      <div className={styles.frame}>
        {ready ? (
          <ChartCanvas
            data={data}
            slots={slots}
            unit={unit}
            from={from}
            to={to}
            label={chart.summary(shown.length, chart.spoken[range.id])}
            onReadout={setReadout}
          />
        ) : (
          <Skeleton height="100%" />
        )}
        {empty !== undefined && data.times.length === 0 && <p className={styles.nothing}>{empty}</p>}
      </div>
      {shown.length > 0 && <ChartLegend entries={entries} when={whenText(readout, range)} />}
      <p className={styles.notes}>
        {chart.hint(MAX_SELECTED, MAX_SERIES)} {hidden > 0 && chart.hidden(hidden)}{' '}
        {live.truncated && chart.truncated(MAX_HISTORY.toLocaleString('en'))}{' '}
        {live.error !== undefined && <span className={styles.failed}>{chart.historyFailed(live.error.message)}</span>}
      </p>
    </section>
  );
}

function whenText(readout: Readout | undefined, range: Range): string {
  if (readout === undefined) return chart.now;
  return chart.at(range.ms > 24 * 3_600_000 ? absoluteTime(readout.time) : clockTime(readout.time));
}
