import { type Expression, type RawBuilder, sql, type SqlBool } from 'kysely';

/** Whether an expression of text has a text in it; letters of ASCII match in either case. */
export function contains(expression: RawBuilder<unknown>, text: string): Expression<SqlBool> {
  // SQLite folds the case of ASCII alone in lower(), PostgreSQL does so in the collation "C".
  const folded = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const pattern = `%${folded.replace(/[\\%_]/g, '\\$&')}%`;
  return sql<SqlBool>`lower(${expression}) LIKE ${pattern} ESCAPE '\\'`;
}
