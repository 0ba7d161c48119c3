import { expect, test } from 'vitest';
import { CommitRefusedError } from '../../src/database/commit-refused-error.ts';
import { GroupCommit } from '../../src/database/group-commit.ts';
import { onEachDatabase, testDatabase } from '../support/test-database.ts';

onEachDatabase('a group commit', (kind) => {
  const settings = async (maxWeight = 100) => {
    const { db } = await testDatabase(kind);
    const commits = new GroupCommit(db, { maxItems: 10 });
    const groups: number[] = [];
    const submit = commits.lane<{ name: string; value: string }>({
      maxWeight,
      async write(trx, items) {
        groups.push(items.length);
        for (const item of items)
          await trx
            .insertInto('Setting')
            .values({ ...item, updated_at: 0 })
            .execute();
      },
    });
    const stored = async () => (await db.selectFrom('Setting').select('name').orderBy('name').execute()).map(({ name }) => name); // prettier-ignore
    return { commits, submit, groups, stored };
  };

  test('stores what came together in one transaction, in its order', async () => {
    const { commits, submit, groups, stored } = await settings();
    const waiting = ['a', 'b', 'c'].map((name) => submit({ name, value: '' }));
    commits.open();
    await Promise.all(waiting);
    expect(groups).toEqual([3]);
    expect(await stored()).toEqual(['a', 'b', 'c']);
    await commits.stop();
  });

  test('one that can not be stored does not harm the others', async () => {
    const { commits, submit, stored } = await settings();
    commits.open();
    const results = await Promise.allSettled(['a', 'b', 'a'].map((name) => submit({ name, value: '' })));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(await stored()).toEqual(['a', 'b']);
    await commits.stop();
  });

  test('takes no more than may wait, and nothing after its stop, which stores what waits', async () => {
    const { commits, submit, stored } = await settings(2);
    const first = [submit({ name: 'a', value: '' }), submit({ name: 'b', value: '' })];
    await expect(submit({ name: 'c', value: '' })).rejects.toThrow(CommitRefusedError);
    commits.open();
    await commits.stop();
    await Promise.all(first);
    await expect(submit({ name: 'd', value: '' })).rejects.toThrow(CommitRefusedError);
    expect(await stored()).toEqual(['a', 'b']);
  });

  test('a lane is told of each transaction, whether it is on the disk or was rolled back', async () => {
    const { db } = await testDatabase(kind);
    const commits = new GroupCommit(db, { maxItems: 10 });
    const told: string[] = [];
    const idle = commits.lane<string>({ maxWeight: 10, write: () => Promise.resolve(), committed: () => told.push('idle') }); // prettier-ignore
    const submit = commits.lane<string>({
      maxWeight: 10,
      write: async (trx, names) => {
        told.push(names.join(''));
        await trx.insertInto('Setting').values(names.map((name) => ({ name, value: '', updated_at: 0 }))).execute(); // prettier-ignore
      },
      forget: () => told.push('forget'),
      committed: () => told.push('committed'),
    });
    commits.open();
    await Promise.all(['a', 'b'].map(submit));
    await Promise.allSettled(['c', 'a'].map(submit));
    await commits.stop();
    expect(told).toEqual(['ab', 'committed', 'ca', 'forget', 'c', 'committed', 'a', 'forget']);
    expect(idle).toBeDefined();
  });

  test('under load it waits for more, and not for the first after a pause', async () => {
    const { db } = await testDatabase(kind);
    const commits = new GroupCommit(db, { maxItems: 10, gatherMs: 1 });
    const groups: string[] = [];
    let more: Promise<void>[] = [];
    const submit = commits.lane<string>({
      maxWeight: 100,
      write: (_, names) => {
        groups.push(names.join(''));
        // One comes while a transaction is under way, and the next when it has ended.
        if (names.includes('a')) more = [submit('b')];
        return Promise.resolve();
      },
      committed: () => groups.length === 1 && more.push(submit('c')),
    });
    commits.open();
    await submit('a');
    await Promise.all(more);
    expect(groups).toEqual(['a', 'bc']);
    await commits.stop();
  });

  test('what was held and never opened is refused', async () => {
    const { commits, submit, stored } = await settings();
    const waiting = submit({ name: 'a', value: '' });
    const refused = expect(waiting).rejects.toThrow(CommitRefusedError);
    await commits.stop();
    await refused;
    expect(await stored()).toEqual([]);
  });
});
