import { expect, test } from 'vitest';
import { ResourceTypeTable } from '../../src/database/resource-type-table.ts';
import { testDatabase } from '../support/test-database.ts';

test('however many types devices make up, few are kept in memory and each has one row', async () => {
  const { connection, database, definitions } = await testDatabase();
  const types = new ResourceTypeTable(connection, definitions, { cacheSize: 8 });
  database.transaction(() => {
    const ids = Array.from({ length: 50 }, (_, index) => {
      const { id } = types.ensure(33_000, index, 'float');
      expect(types.cached).toBeLessThanOrEqual(8);
      return id;
    });
    expect(new Set(ids).size).toBe(50);
    expect(ids.map((_, index) => types.ensure(33_000, index, 'string'))).toEqual(
      ids.map((id) => ({ id, dataType: 'FLOAT' })),
    );
  });
});
