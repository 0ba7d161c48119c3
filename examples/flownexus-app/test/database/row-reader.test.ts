import { expect, test } from 'vitest';
import { bigInteger, blob, integer, nullable, oneOf, real, rowReader, text } from '../../src/database/row-reader.ts';
import { testDatabase } from '../support/test-database.ts';
import { NEW_YEAR, record, registered, values } from '../support/batches.ts';
import { writeBatch } from '../../src/ingest/write-batch.ts';

const read = rowReader('Thing', {
  name: text,
  kind: oneOf('a', 'b'),
  count: integer,
  large: bigInteger,
  size: nullable(real),
  bytes: nullable(blob),
});
const row = { name: 'x', kind: 'a', count: 1, large: 2n, size: null, bytes: new Uint8Array(1) };

test('a row that is as expected is given as it is', () => {
  expect(read(row)).toBe(row);
});

test.each([
  [{ name: null }, 'column name of a row of Thing is null'],
  [{ name: 5 }, 'column name of a row of Thing is a number, which was not expected'],
  [{ kind: 'secret' }, 'column kind of a row of Thing is a string, which was not expected'],
  [{ count: 1.5 }, 'column count of a row of Thing is a number, which was not expected'],
  [{ count: 1n }, 'column count of a row of Thing is a bigint, which was not expected'],
  [{ large: 1 }, 'column large of a row of Thing is a number, which was not expected'],
  [{ size: '1' }, 'column size of a row of Thing is a string, which was not expected'],
  [{ bytes: 'x' }, 'column bytes of a row of Thing is a string, which was not expected'],
])('a row with %o is refused, and its content not told', (change, message) => {
  expect(() => read({ ...row, ...change })).toThrow(message);
});

test('a column that is missing is named', () => {
  expect(() => read({ kind: 'a' })).toThrow('column name of a row of Thing is missing');
});

test('the tables notice what does not fit', async () => {
  const { connection, database } = await testDatabase();
  database.transaction(() => {
    writeBatch(database, registered('a'));
    writeBatch(database, values('a', [record('/3303/0/5700', 'float', 1)]));
  });
  connection.exec("UPDATE Resource SET value_type = 'WORD'");
  expect(() => database.resources.get(1)).toThrow('column type of a row of Resource');
  expect(database.endpoints.get('a')?.firstSeen).toBe(new Date(NEW_YEAR).toISOString());
  connection.exec('ALTER TABLE Endpoint RENAME COLUMN lifetime TO life');
  expect(() => database.endpoints.page(1)).toThrow('column lifetime of a row of Endpoint is missing');
});
