import { expect, test, vi } from 'vitest';
import { ReportedRegistrations } from '../../src/lwm2m/reported-registrations.ts';
import type { Batch } from '../../src/values/batch.ts';
import { NEW_YEAR, record, registered, registration, values } from '../support/batches.ts';
import { onEachDatabase, testDatabase } from '../support/test-database.ts';
import { testIngest } from '../support/test-ingest.ts';
import { testLwm2m } from '../support/test-lwm2m.ts';

const HOUR = 3_600_000;

const reported = (endpoint: string, kind: 'registered' | 'updated', receivedAt = NEW_YEAR): Batch => ({
  endpoint,
  receivedAt,
  source: 'ingest',
  change: { kind, registration: registration({ lifetime: 3_600 }) },
  records: [],
});

onEachDatabase('registrations that another server has reported', (kind) => {
  async function open() {
    const opened = await testIngest(kind);
    const { database, ingest } = opened;
    const ended: string[] = [];
    const ends = new ReportedRegistrations({
      database,
      store: async (endpoint, at) => {
        ended.push(endpoint);
        await ingest.submit({ endpoint, receivedAt: at, source: 'register', change: { kind: 'unregistered' }, records: [] }); // prettier-ignore
      },
      onError: (error) => {
        throw error;
      },
    });
    return { ...opened, ends, ended };
  }

  test('end when nothing was heard of the endpoint for its lifetime, and not before', async () => {
    const { ingest, ends, ended, database } = await open();
    await ingest.submit(reported('silent', 'registered'));
    await ingest.submit(reported('updated', 'registered'));
    await ingest.submit(reported('updated', 'updated', NEW_YEAR + 1));
    await ingest.submit(reported('heard', 'registered'));
    await ingest.submit({ ...values('heard', [record('/3303/0/5700', 'float', 1)], NEW_YEAR + 1), source: 'ingest' });
    await ingest.submit(registered('ours', { lifetime: 3_600 }));
    await ends.end(NEW_YEAR + HOUR);
    expect(ended).toEqual([]);
    await ends.end(NEW_YEAR + HOUR + 1);
    expect(ended).toEqual(['silent']);
    await ends.end(NEW_YEAR + HOUR + 2);
    expect(ended.sort()).toEqual(['heard', 'silent', 'updated']);
    const rows = await database.reads.selectFrom('Endpoint').select('endpoint').where('registered', '=', 1).execute();
    expect(rows).toEqual([{ endpoint: 'ours' }]);
  });

  test('are ours from the next Register on', async () => {
    const { ingest, ends, ended } = await open();
    await ingest.submit(reported('a', 'registered'));
    await ingest.submit(registered('a', { lifetime: 3_600 }));
    await ends.end(NEW_YEAR + 2 * HOUR);
    expect(ended).toEqual([]);
  });

  test('hold over a restart', async () => {
    const database = await testDatabase(kind);
    const first = await testLwm2m({ database });
    await first.ingest.submit(reported('a', 'registered'));
    await first.side.stop();
    await testLwm2m({ database });
    const rows = await database.reads.selectFrom('Endpoint').select('registered').execute();
    expect(rows).toEqual([{ registered: 1 }]);
  });

  test('are looked at again and again while the app runs', async () => {
    const { database, ingest } = await open();
    await ingest.submit(reported('a', 'registered'));
    const ended: string[] = [];
    const store = async (endpoint: string): Promise<void> => {
      ended.push(endpoint);
      await ingest.submit({ endpoint, receivedAt: NEW_YEAR, source: 'register', change: { kind: 'unregistered' }, records: [] }); // prettier-ignore
    };
    const ends = new ReportedRegistrations({ database, store, everyMs: 1, onError: () => undefined });
    ends.start();
    await vi.waitFor(() => expect(ended).toEqual(['a']), { timeout: 5_000 });
    await ends.stop();
  });
});
