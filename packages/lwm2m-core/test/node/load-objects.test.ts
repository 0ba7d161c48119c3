import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadObjectFile, loadObjectFolder } from '@flownexus/lwm2m-core/node';
import { DecodeError, Lwm2mError } from '../../src/errors.ts';
import { MAX_DEFINITION_FILES, MAX_DEFINITION_FOLDER_DEPTH, MAX_DEFINITION_XML_LENGTH } from '../../src/limits.ts';

const fixtures = fileURLToPath(new URL('../definitions-xml', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flownexus-objects-'));
});
afterEach(() => rm(folder, { recursive: true }));

function xml(id: number): string {
  return `<LWM2M><Object><Name>N</Name><Description1>D</Description1><ObjectID>${id}</ObjectID></Object></LWM2M>`;
}

async function write(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, text);
  return file;
}

async function idsOf(options = {}): Promise<{ ids: number[]; problems: string[] }> {
  const { definitions, problems } = await loadObjectFolder(folder, options);
  return {
    ids: definitions.map(({ id }) => id),
    problems: problems.map(({ file, error }) => `${file.slice(folder.length + 1)}: ${error.message}`),
  };
}

describe('loadObjectFile', () => {
  test('gives the definitions of a file', async () => {
    const definitions = await loadObjectFile(join(fixtures, 'schema-1.1.xml'));
    expect(definitions.map(({ id, version }) => [id, version])).toEqual([
      [33001, '2.1'],
      [33001, '1.0'],
    ]);
    expect(definitions[0]).not.toHaveProperty('description');
  });

  test('hands its options on', async () => {
    const file = await write('a.xml', xml(1));
    const warnings: string[] = [];
    const onWarning = (_: unknown, where: string): unknown => warnings.push(where);
    const [definition] = await loadObjectFile(file, { descriptions: true, onWarning });
    expect(definition?.description).toBe('D');
    expect(warnings.length).toBeGreaterThan(0);
    expect(new Set(warnings)).toEqual(new Set([file]));
  });

  test('rejects for what is no definition, no file, too long, or not there', async () => {
    await expect(loadObjectFile(join(fixtures, 'document-type.xml'))).rejects.toThrow(DecodeError);
    await expect(loadObjectFile(folder)).rejects.toThrow(Lwm2mError);
    const long = await write('long.xml', '');
    await truncate(long, MAX_DEFINITION_XML_LENGTH + 1);
    await expect(loadObjectFile(long)).rejects.toMatchObject({ offset: MAX_DEFINITION_XML_LENGTH });
    await expect(loadObjectFile(join(folder, 'none.xml'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('loadObjectFolder', () => {
  test('reads the XML files in the order of their names, and says what is wrong with others', async () => {
    await write('b.XML', xml(2));
    await write('a.xml', xml(1));
    await write('broken.xml', '<LWM2M>');
    await write('c.xml', xml(3));
    await write('.hidden.xml', xml(4));
    await write('read.me', 'text');
    await write('sub/d.xml', xml(5));
    expect(await idsOf()).toEqual({
      ids: [1, 2, 3],
      problems: ['broken.xml: expected well-formed XML, found an element that does not end at offset 7'],
    });
  });

  test('goes into folders when asked, down to a depth', async () => {
    await write('a.xml', xml(1));
    await write('b/b.xml', xml(2));
    await write('b/c/d.xml', xml(3));
    await write('.hidden/e.xml', xml(4));
    await write(`${'x/'.repeat(MAX_DEFINITION_FOLDER_DEPTH)}f.xml`, xml(5));
    await write(`${'x/'.repeat(MAX_DEFINITION_FOLDER_DEPTH + 1)}g.xml`, xml(6));
    expect(await idsOf({ recursive: true })).toEqual({ ids: [1, 2, 3, 5], problems: [] });
  });

  test('follows links to files within the folder only', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'flownexus-objects-'));
    try {
      await writeFile(join(outside, 'o.xml'), xml(9));
      await write('..data/a.xml', xml(1));
      await symlink(join(folder, '..data', 'a.xml'), join(folder, 'a.xml'));
      await symlink(join(outside, 'o.xml'), join(folder, 'o.xml'));
      await symlink(join(folder, 'none'), join(folder, 'dangling.xml'));
      await symlink(folder, join(folder, 'loop'));
      await symlink(outside, join(folder, 'outside'));
      const { ids, problems } = await idsOf({ recursive: true });
      expect(ids).toEqual([1]);
      expect(problems).toEqual([
        expect.stringMatching(/^dangling\.xml: ENOENT/),
        'o.xml: expected a file within the folder, found a link out of it',
      ]);
    } finally {
      await rm(outside, { recursive: true });
    }
  });

  test('a folder beside it whose name starts alike is not within it', async () => {
    await write('objects/a.xml', xml(1));
    await write('objects-private/b.xml', xml(2));
    await symlink(join(folder, 'objects-private', 'b.xml'), join(folder, 'objects', 'b.xml'));
    const { definitions, problems } = await loadObjectFolder(join(folder, 'objects'));
    expect(definitions.map(({ id }) => id)).toEqual([1]);
    expect(problems).toHaveLength(1);
  });

  test('a folder that has the name of a file is none', async () => {
    await write('a.xml/b.txt', '');
    expect(await idsOf()).toEqual({ ids: [], problems: [] });
  });

  test('rejects when the folder is not there', async () => {
    await expect(loadObjectFolder(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('is bounded', async () => {
    for (let start = 0; start <= MAX_DEFINITION_FILES; start += 512) {
      const numbers = Array.from({ length: 512 }, (_, index) => start + index);
      await Promise.all(numbers.map((number) => writeFile(join(folder, `${String(number)}.xml`), '')));
    }
    const { problems } = await loadObjectFolder(folder);
    expect(problems).toHaveLength(MAX_DEFINITION_FILES + 1);
    expect(
      problems.filter(({ error }) => error.message === `expected at most ${MAX_DEFINITION_FILES} files, found more`),
    ).toHaveLength(1);
  });
});
