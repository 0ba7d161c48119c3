import type { LatestStore } from '../endpoints/latest-store.ts';
import { instanceOf } from '../endpoints/temperature.ts';
import { useLatest } from '../hooks/use-latest.ts';
import { messages } from '../messages.ts';
import { absoluteTime } from '../text/time.ts';
import { formatValue } from '../text/value.ts';
import { Unknown } from './unknown.tsx';
import styles from './table.module.css';

const MOST = 2;

/** The newest value of each of the first temperature sensors. */
export function LatestTemperature({ store, endpoint }: { store: LatestStore; endpoint: string }) {
  const latest = useLatest(store, endpoint);
  if (latest.length === 0) return <Unknown />;
  return (
    <span className={`${styles.values} tabular`}>
      {latest.slice(0, MOST).map(({ path, value, units, time }) => (
        <span key={path} title={`${path}, ${absoluteTime(time)}`}>
          {latest.length > 1 && <small>{messages.chart.instance(instanceOf(path))} </small>}
          {formatValue(value, units)}
        </span>
      ))}
    </span>
  );
}
