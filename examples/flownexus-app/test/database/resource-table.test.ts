import { expect, test, vi } from 'vitest';
import { EndpointTable } from '../../src/database/endpoint-table.ts';
import { ResourceTable } from '../../src/database/resource-table.ts';
import { testDatabase } from '../support/test-database.ts';

test('no list walks through the history or sorts it', async () => {
  const { connection } = await testDatabase();
  const prepare = vi.spyOn(connection, 'prepare');
  new ResourceTable(connection);
  new EndpointTable(connection);
  const statements = prepare.mock.calls.map(([sql]) => sql).filter((sql) => sql.includes('SELECT'));
  prepare.mockRestore();
  expect(statements.length).toBeGreaterThan(8);
  const plans = statements.map((sql) => {
    const rows = connection.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
    return rows.map((row) => String(row['detail'])).join('\n');
  });
  for (const plan of plans) expect(plan).not.toMatch(/SCAN r\b|SCAN Resource\b|SCAN t\b|TEMP B-TREE/);
  const ranges = plans.filter((plan) => plan.includes('time>? AND time<?'));
  expect(ranges.map((plan) => /SEARCH r .*/.exec(plan)?.[0])).toEqual([
    'SEARCH r USING INDEX Resource_time (endpoint=? AND time>? AND time<?)',
    'SEARCH r USING INDEX Resource_series (endpoint=? AND resource_type_id=? AND object_instance_id=? AND time>? AND time<?)',
    'SEARCH r USING INDEX Resource_time (endpoint=? AND time>? AND time<?)',
    'SEARCH r USING INDEX Resource_series (endpoint=? AND resource_type_id=? AND object_instance_id=? AND time>? AND time<?)',
  ]);
});
