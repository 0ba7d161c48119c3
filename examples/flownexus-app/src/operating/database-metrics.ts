import type { Registry } from 'prom-client';
import type { CommitStatistics } from '../database/group-commit.ts';
import type { FleetStatistics } from '../statistics/fleet-statistics.ts';
import type { DatabaseState } from './database-watch.ts';
import { sampledCounter, sampledGauge } from './sampled-metrics.ts';

/** What is known of the database at a scrape. */
export interface DatabaseSample {
  readonly state: DatabaseState;
  readonly commits: CommitStatistics;
  readonly stored: FleetStatistics['totals'];
  /** What takes a query; undefined while the database is away. */
  readonly counted: CountedSample | undefined;
}

export interface CountedSample {
  readonly endpoints: {
    readonly total: number;
    readonly registered: number;
    readonly held: number;
    readonly refused: number;
  };
  /** Operations by state. */
  readonly operations: Readonly<Record<'queued' | 'sending' | 'confirmed' | 'failed', number>>;
  readonly sizeBytes: number;
  /** Deliveries of webhooks that wait. */
  readonly deliveries: number;
}

/** Registers the metrics of what is stored, read from what `sample` gives. */
export function registerDatabaseMetrics(registry: Registry, sample: () => DatabaseSample): void {
  const gauge = (name: string, help: string, valueOf: (sample: DatabaseSample) => number | undefined): void =>
    sampledGauge(registry, {
      name: `flownexus_${name}`,
      help,
      read: () => {
        const value = valueOf(sample());
        return value === undefined ? [] : [{ value }];
      },
    });
  const counter = (name: string, help: string, valueOf: (sample: DatabaseSample) => number): void =>
    sampledCounter(registry, { name: `flownexus_${name}_total`, help, read: () => [{ value: valueOf(sample()) }] });

  gauge('database_up', '1 while the database answers, 0 while it is away', ({ state }) => Number(state.up));
  gauge('database_latency_seconds', 'How long the database took to answer at the scrape', ({ state: { latencyMs } }) =>
    latencyMs === undefined ? undefined : latencyMs / 1000,
  );
  gauge('database_size_bytes', 'Size of the database with its indexes', ({ counted }) => counted?.sizeBytes);
  gauge('webhook_deliveries_waiting', 'Deliveries to webhooks that wait', ({ counted }) => counted?.deliveries);
  sampledGauge(registry, {
    name: 'flownexus_endpoints',
    help: 'Endpoints that are known, by state; all of them under `total`',
    labels: ['state'],
    read: () => byState(sample().counted?.endpoints),
  });
  sampledGauge(registry, {
    name: 'flownexus_operations',
    help: 'Operations on devices that are kept, by state',
    labels: ['state'],
    read: () => byState(sample().counted?.operations),
  });

  counter('stored_batches', 'Messages of devices and reports that were stored', ({ stored }) => stored.messages);
  counter('stored_values', 'Values that were stored', ({ stored }) => stored.values);
  counter('refused_values', 'Values that were not stored, as there are too many series', ({ stored }) => stored.refusedValues); // prettier-ignore
  counter('stored_events', 'Events that were stored', ({ stored }) => stored.events);

  sampledGauge(registry, {
    name: 'flownexus_commit_waiting',
    help: 'What waits to be committed, by what it is',
    labels: ['lane'],
    read: () => Object.entries(sample().commits.waiting).map(([lane, value]) => ({ labels: { lane }, value })),
  });
  counter('commits', 'Transactions of what devices wait for that are on the disk', ({ commits }) => commits.commits);
  counter('commit_items', 'What was stored by them', ({ commits }) => commits.items);
  counter('commit_failures', 'Transactions that were rolled back', ({ commits }) => commits.failures);
  counter('commit_refusals', 'What was not taken, as too much waited', ({ commits }) => commits.refused);
  counter('commit_seconds', 'How long all commits took together', ({ commits }) => commits.totalMs / 1000);
  gauge('commit_last_duration_seconds', 'How long the last commit took', ({ commits }) => commits.lastMs / 1000);
}

function byState(counts: Readonly<Record<string, number>> | undefined) {
  return Object.entries(counts ?? {}).map(([state, value]) => ({ labels: { state }, value }));
}
