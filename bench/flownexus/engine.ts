// npm run bench:flownexus -- engine: what storing costs alone, without a network: notifications at a given pace, and as many as there can be.
import { ObjectRegistry, parsePath } from '@flownexus/lwm2m-core';
import type { DatabaseKind } from '../../examples/flownexus-app/src/database/dialect.ts';
import { openDatabase } from '../../examples/flownexus-app/src/database/open-database.ts';
import { Ingest } from '../../examples/flownexus-app/src/values/ingest.ts';
import { Latencies } from './latencies.ts';
import { place } from './place.ts';

export interface EngineSize {
  readonly endpoints: number;
  /** Notifications of one value each in a second; `Infinity`: as many as there can be, with `window` of them outstanding. */
  readonly perSecond: number;
  readonly window: number;
  readonly seconds: number;
}

export interface EngineResult {
  readonly kind: DatabaseKind;
  readonly perSecond: number;
  /** Processor time of this process with all its threads, in microseconds for each notification. */
  readonly cpuMicros: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Undefined where the database is not installed. */
export async function measureEngine(kind: DatabaseKind, size: EngineSize): Promise<EngineResult | undefined> {
  const at = place(kind);
  if (at === undefined) return undefined;
  const fail = (error: Error): never => {
    throw error;
  };
  const database = await openDatabase({ ...at, onFatal: fail, onLost: fail });
  try {
    const ingest = await Ingest.open({
      database,
      definitions: await ObjectRegistry.bundled(),
      hooks: { eventsOf: () => [], onEvents: () => Promise.resolve() },
      onStored: () => undefined,
    });
    database.commits.open();
    const path = parsePath('/3303/0/5700');
    const latencies = new Latencies();
    let sent = 0;
    const send = async (): Promise<void> => {
      const value = 20 + (sent % 1000) / 100;
      const endpoint = `urn:imei:${String(100_000_000_000_000 + (sent++ % size.endpoints))}`;
      const start = performance.now();
      await ingest.submit({ endpoint, receivedAt: Date.now(), source: 'observe', records: [{ path, type: 'float', value, time: undefined }] }); // prettier-ignore
      latencies.add(performance.now() - start);
    };
    await Promise.all(Array.from({ length: size.endpoints }, send));
    latencies.clear();
    sent = 0;
    const cpu = process.cpuUsage();
    const start = performance.now();
    const end = start + size.seconds * 1000;
    if (size.perSecond === Infinity) {
      await Promise.all(
        Array.from({ length: size.window }, async () => {
          while (performance.now() < end) await send();
        }),
      );
    } else {
      const waiting = new Set<Promise<void>>();
      for (let now = start; now < end; now = performance.now()) {
        for (const due = ((now - start) / 1000) * size.perSecond; sent < due;) {
          const one = send();
          waiting.add(one);
          void one.then(() => waiting.delete(one));
        }
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await Promise.all(waiting);
    }
    const elapsed = performance.now() - start;
    const used = process.cpuUsage(cpu);
    return {
      kind,
      perSecond: (sent / elapsed) * 1000,
      cpuMicros: (used.user + used.system) / sent,
      p50Ms: latencies.percentile(50),
      p99Ms: latencies.percentile(99),
    };
  } finally {
    await database.close();
    at.remove();
  }
}
