import type { EndpointItem } from '../../../src/http/api-types.ts';
import type { LatestStore } from '../endpoints/latest-store.ts';
import { SORT_KEYS, type SortKey, type Sorting } from '../endpoints/list.ts';
import { MAX_SELECTED } from '../endpoints/selection.ts';
import type { ShownSeries } from '../hooks/use-chart-series.ts';
import { messages } from '../messages.ts';
import { EndpointRow } from './endpoint-row.tsx';
import { SortIcon } from './icons.tsx';
import styles from './table.module.css';

interface EndpointTableProps {
  readonly rows: readonly EndpointItem[];
  readonly latest: LatestStore;
  readonly selected: readonly string[];
  readonly series: readonly ShownSeries[];
  readonly sorting: Sorting;
  readonly onSort: (sorting: Sorting) => void;
  readonly onToggle: (name: string) => void;
}

// The roles are spelled out because the narrow layout changes `display`, which takes a table's own roles away in some
// browsers.
export function EndpointTable({ rows, latest, selected, series, sorting, onSort, onToggle }: EndpointTableProps) {
  const full = selected.length >= MAX_SELECTED;
  return (
    <div className={styles.scroll}>
      <table className={styles.table} role="table" aria-label={messages.table.caption}>
        <thead role="rowgroup">
          <tr role="row">
            {SORT_KEYS.map((key) => (
              <SortHeader key={key} column={key} sorting={sorting} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((endpoint) => {
            const checked = selected.includes(endpoint.name);
            return (
              <EndpointRow
                key={endpoint.name}
                endpoint={endpoint}
                latest={latest}
                checked={checked}
                full={full && !checked}
                slot={series.find((one) => one.endpoint === endpoint.name)?.slot}
                onToggle={onToggle}
              />
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

interface SortHeaderProps {
  readonly column: SortKey;
  readonly sorting: Sorting;
  readonly onSort: (sorting: Sorting) => void;
}

function SortHeader({ column, sorting, onSort }: SortHeaderProps) {
  const active = sorting.key === column;
  const direction = !active ? 'none' : sorting.descending ? 'down' : 'up';
  return (
    <th
      role="columnheader"
      scope="col"
      className={styles[column]}
      aria-sort={!active ? undefined : sorting.descending ? 'descending' : 'ascending'}
    >
      <button
        type="button"
        className={styles.sort}
        onClick={() => onSort({ key: column, descending: active && !sorting.descending })}
      >
        {messages.table.columns[column]}
        <SortIcon direction={direction} />
      </button>
    </th>
  );
}
