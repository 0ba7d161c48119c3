import { certificateFingerprint } from '@flownexus/lwm2m-server';
import { expect, test } from 'vitest';
import { forgetOrphans } from '../../src/certificates/forget-orphans.ts';
import { onEachDatabase, temporaryDirectory, testDatabase } from '../support/test-database.ts';

const [AUTHORITY, OTHER] = [Uint8Array.of(1), Uint8Array.of(2)];

onEachDatabase('associations with certificates', (kind) => {
  test('do not come back when somebody is trusted no longer, but for those of our authority', async () => {
    const database = await testDatabase(kind);
    const dataDirectory = temporaryDirectory();
    const row = { server: 'lwm2m', snapshot: Uint8Array.of(0), identity_name: null } as const;
    const keys = { a: 'fingerprint aa', b: 'fingerprint bb', p: 'psk id', n: null };
    const rows = Object.entries(keys).map(([key, identity_key]) => ({ ...row, key, identity_key }));
    await database.db.insertInto('DtlsAssociation').values(rows).execute();
    const certificate = {
      serial: '1',
      fingerprint: 'aa',
      endpoint: 'dev',
      authority: certificateFingerprint(AUTHORITY),
    };
    const others = { public_key: '', der: Uint8Array.of(0), not_before: 0, not_after: 1, issued_at: 0, issued_by: '' };
    await database.db
      .insertInto('Certificate')
      .values({ ...certificate, ...others })
      .execute();
    const left = async (...roots: Uint8Array[]): Promise<string[]> => {
      await forgetOrphans({ database, dataDirectory, roots });
      return (await database.reads.selectFrom('DtlsAssociation').select('key').orderBy('key').execute()).map(
        ({ key }) => key,
      );
    };
    expect(await left(AUTHORITY)).toEqual(['a', 'b', 'n', 'p']);
    expect(await left(AUTHORITY, OTHER)).toEqual(['a', 'b', 'n', 'p']);
    expect(await left(AUTHORITY)).toEqual(['a', 'n', 'p']);
    expect(await left(OTHER)).toEqual(['n', 'p']);
  });
});
