import { useDeferredValue, useMemo, useState, useSyncExternalStore } from 'react';
import { CloseButton, TextInput } from '@mantine/core';
import type { EndpointItem } from '../../../src/http/api-types.ts';
import app from '../app.module.css';
import type { LatestStore } from '../endpoints/latest-store.ts';
import { PAGE_SIZE, searchByName, sortEndpoints, type Sorting } from '../endpoints/list.ts';
import type { ShownSeries } from '../hooks/use-chart-series.ts';
import { useLatestLoaded } from '../hooks/use-latest.ts';
import { messages } from '../messages.ts';
import { EndpointTable } from './endpoint-table.tsx';
import { SearchIcon } from './icons.tsx';
import { PhoneSorting } from './phone-sorting.tsx';
import { TablePages } from './table-pages.tsx';
import { TableSkeleton } from './table-skeleton.tsx';
import styles from './table.module.css';

const NO_ENDPOINTS: readonly never[] = [];
const { table } = messages;

interface EndpointPanelProps {
  /** Undefined while they load. */
  readonly endpoints: readonly EndpointItem[] | undefined;
  readonly latest: LatestStore;
  readonly selected: readonly string[];
  readonly series: readonly ShownSeries[];
  readonly onToggle: (name: string) => void;
}

export function EndpointPanel({ endpoints, latest, selected, series, onToggle }: EndpointPanelProps) {
  const [search, setSearch] = useState('');
  const [sorting, setSorting] = useState<Sorting>({ key: 'name', descending: false });
  const [wantedPage, setWantedPage] = useState(1);
  const deferredSearch = useDeferredValue(search);
  const byTemperature = sorting.key === 'temperature';
  const latestVersion = useSyncExternalStore(latest.subscribe, () => (byTemperature ? latest.version : 0));

  const all = endpoints ?? NO_ENDPOINTS;
  const found = useMemo(() => searchByName(all, deferredSearch), [all, deferredSearch]);
  const sorted = useMemo(
    () => sortEndpoints(found, sorting, (name) => latest.get(name)[0]?.value),
    [found, sorting, latest, latestVersion],
  );
  const pages = Math.max(1, Math.ceil(sorted.length / PAGE_SIZE));
  const page = Math.min(wantedPage, pages);
  const rows = sorted.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE);
  // In order of temperature the order itself depends on the values of the other pages.
  useLatestLoaded(latest, byTemperature ? sorted : rows);

  const searchFor = (text: string): void => {
    setSearch(text);
    setWantedPage(1);
  };

  return (
    <section className={app.panel} id="endpoints" aria-labelledby="table-title">
      <div className={app.panelHead}>
        <h2 className={app.panelTitle} id="table-title">
          {table.title}
        </h2>
        {endpoints !== undefined && (
          <span className={app.dimmed}>
            {table.count(all.length, all.filter(({ registered }) => registered).length)}
            {deferredSearch.trim() !== '' && ` · ${table.found(found.length, all.length)}`}
          </span>
        )}
        <span className={app.spacer} />
        <PhoneSorting sorting={sorting} onSort={setSorting} />
        <TextInput
          className={styles.search}
          type="search"
          aria-label={table.search}
          placeholder={table.search}
          leftSection={<SearchIcon />}
          rightSection={search !== '' && <CloseButton aria-label={table.clearSearch} onClick={() => searchFor('')} />}
          value={search}
          onChange={(event) => searchFor(event.currentTarget.value)}
        />
      </div>
      {endpoints === undefined ? (
        <TableSkeleton />
      ) : (
        <EndpointTable
          rows={rows}
          latest={latest}
          selected={selected}
          series={series}
          sorting={sorting}
          onSort={setSorting}
          onToggle={onToggle}
        />
      )}
      {endpoints !== undefined && rows.length === 0 && (
        <p className={styles.noMatch}>{table.noMatch(deferredSearch)}</p>
      )}
      {pages > 1 && <TablePages page={page} pages={pages} onPage={setWantedPage} />}
    </section>
  );
}
