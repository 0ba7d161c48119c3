import { useState } from 'react';
import styles from './app.module.css';
import { rangeOf, type RangeId } from './chart/ranges.ts';
import { ChartPanel } from './components/chart-panel.tsx';
import { EmptyState } from './components/empty-state.tsx';
import { EndpointPanel } from './components/endpoint-panel.tsx';
import { ErrorState } from './components/error-state.tsx';
import { Header } from './components/header.tsx';
import { SignedIn } from './components/signed-in.tsx';
import { StreamAnnouncer, StreamState } from './components/stream-state.tsx';
import { useChartSeries } from './hooks/use-chart-series.ts';
import { useEndpoints } from './hooks/use-endpoints.ts';
import { useFeedConnection } from './hooks/use-feed.ts';
import { useLatestStore } from './hooks/use-latest.ts';
import { useSelection } from './hooks/use-selection.ts';
import { messages } from './messages.ts';

const NO_ENDPOINTS: readonly never[] = [];

export function App() {
  useFeedConnection();
  const query = useEndpoints();
  const latest = useLatestStore();
  const endpoints = query.data ?? NO_ENDPOINTS;
  const { selected, toggleSelected } = useSelection(endpoints);
  const series = useChartSeries(endpoints, selected);
  const [rangeId, setRangeId] = useState<RangeId>('5m');
  const failed = query.error !== null;
  const empty = query.data?.length === 0;

  return (
    <>
      <a className={styles.skip} href="#endpoints">
        {messages.app.skip}
      </a>
      <Header>
        <StreamState />
        <SignedIn />
      </Header>
      <StreamAnnouncer />
      <main className={styles.page}>
        {failed && (
          <ErrorState
            error={query.error}
            stale={query.data !== undefined}
            retrying={query.isFetching}
            onRetry={() => void query.refetch()}
          />
        )}
        {empty && <EmptyState />}
        {!empty && (!failed || query.data !== undefined) && (
          <>
            <ChartPanel
              series={series}
              ready={query.data !== undefined}
              range={rangeOf(rangeId)}
              onRange={setRangeId}
            />
            <EndpointPanel
              endpoints={query.data}
              latest={latest}
              selected={selected}
              series={series.shown}
              onToggle={toggleSelected}
            />
          </>
        )}
      </main>
    </>
  );
}
