import { Counter, Gauge, type Registry } from 'prom-client';

/** One number of a metric, with its labels. */
export interface Sample {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface SampledMetric {
  /** By the conventions of Prometheus: with its unit, and `_total` where it is a counter. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  /** What it is now. Called at each scrape; what it can not tell is left out. */
  readonly read: () => readonly Sample[];
}

/** Registers a counter that is counted elsewhere. */
export function sampledCounter(registry: Registry, { name, help, labels = [], read }: SampledMetric): void {
  const counter = new Counter<string>({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    collect: () => {
      counter.reset();
      for (const { value, labels: own = {} } of read()) counter.inc(own, value);
    },
  });
}

/** Registers a gauge that is looked up elsewhere. */
export function sampledGauge(registry: Registry, { name, help, labels = [], read }: SampledMetric): void {
  const gauge = new Gauge<string>({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    collect: () => {
      gauge.reset();
      const samples = read();
      // One without labels shows 0 otherwise, which is not the same as unknown.
      if (samples.length === 0 && labels.length === 0) gauge.remove();
      for (const { value, labels: own = {} } of samples) gauge.set(own, value);
    },
  });
}

/** Names and help texts of the counters of one object, by their property. */
export type CounterTexts<T> = Readonly<Partial<Record<keyof T, readonly [name: string, help: string]>>>;

/** Registers a counter for each text: `<prefix>_<name>_total`, of the servers that have statistics by the label `server`. */
export function countersOf<T extends object>(
  registry: Registry,
  prefix: string,
  texts: CounterTexts<T>,
  read: () => Readonly<Record<string, T | undefined>>,
): void {
  for (const [property, text] of Object.entries(texts) as [keyof T, readonly [string, string] | undefined][]) {
    if (text === undefined) continue;
    const [name, help] = text;
    sampledCounter(registry, {
      name: `${prefix}_${name}_total`,
      help,
      labels: ['server'],
      read: () => byServer(read(), (statistics) => Number(statistics[property])),
    });
  }
}

/** One sample for each server that has statistics. */
export function byServer<T>(
  statistics: Readonly<Record<string, T | undefined>>,
  valueOf: (each: T) => number,
): Sample[] {
  return Object.entries(statistics).flatMap(([server, each]) =>
    each === undefined ? [] : [{ labels: { server }, value: valueOf(each) }],
  );
}
