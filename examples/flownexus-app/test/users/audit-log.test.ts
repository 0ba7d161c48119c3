import { expect, test } from 'vitest';
import { AuditLog } from '../../src/users/audit-log.ts';
import { onEachDatabase, testDatabase } from '../support/test-database.ts';

onEachDatabase('the audit log', (kind) => {
  test('keeps the newest entries', async () => {
    const database = await testDatabase(kind);
    const log = new AuditLog(database, () => 7, 3);
    for (let i = 1; i <= 5; i += 1) await log.write({ actor: 'a', address: undefined, action: String(i) });
    await log.prune();
    const all = { before: undefined, actor: undefined, action: undefined, from: undefined, to: undefined, limit: 10 };
    expect((await log.list(all)).map(({ action, time }) => [action, time])).toEqual([['5', 7], ['4', 7], ['3', 7]]); // prettier-ignore
  });
});
