import { opendir, readFile, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { ObjectDefinition } from '../definition.ts';
import { DecodeError, Lwm2mError } from '../errors.ts';
import {
  MAX_DEFINITION_FILES,
  MAX_DEFINITION_FOLDER_DEPTH,
  MAX_DEFINITION_XML_LENGTH,
  MAX_OBJECT_DEFINITIONS,
} from '../limits.ts';
import { parseObjectXml, type ObjectXmlWarning } from '../registry/object-xml.ts';

export interface LoadObjectOptions {
  /** Keeps the descriptions of Objects and Resources, which take several times the memory of all else. */
  readonly descriptions?: boolean;
  /** Hears of each deviation from the schema that was tolerated, with the path of the file. */
  readonly onWarning?: (warning: ObjectXmlWarning, file: string) => void;
}

export interface LoadObjectFolderOptions extends LoadObjectOptions {
  /** Reads the folders within the folder as well. */
  readonly recursive?: boolean;
}

/** Why a file, or a folder within the folder, was left out. */
export interface ObjectFileProblem {
  /** The path: that of the folder and what is below it. */
  readonly file: string;
  /** A DecodeError for what is in the file, an Lwm2mError for a bound or a link, else the error of the file system. */
  readonly error: Error;
}

export interface LoadedObjects {
  /** In the order of the files, and in that of each file. */
  readonly definitions: readonly ObjectDefinition[];
  readonly problems: readonly ObjectFileProblem[];
}

/**
 * Reads one XML file of object definitions. Rejects with a DecodeError `ERR_LWM2M_DEFINITION` as {@link parseObjectXml}
 * throws it, and with the error of the file system when the file can not be read.
 */
export async function loadObjectFile(
  file: string,
  options: LoadObjectOptions = {},
): Promise<readonly ObjectDefinition[]> {
  const { descriptions = false, onWarning } = options;
  const status = await stat(file);
  // A pipe or a device may never end.
  if (!status.isFile()) throw refused('a file', 'something else');
  if (status.size > MAX_DEFINITION_XML_LENGTH) {
    const expected = `a length up to ${MAX_DEFINITION_XML_LENGTH}`;
    throw new DecodeError('ERR_LWM2M_DEFINITION', expected, `${status.size}`, MAX_DEFINITION_XML_LENGTH);
  }
  return parseObjectXml(await readFile(file), {
    descriptions,
    ...(onWarning !== undefined && { onWarning: (warning) => onWarning(warning, file) }),
  });
}

/**
 * Reads all XML files of a folder, by their names in order; names that start with a dot are left out. A file that is no
 * document of definitions, or can not be read, is a problem and no more. Symbolic links are followed to files within the
 * folder, where orchestrators put them, not out of it and not to folders.
 *
 * Where files define the same version of an Object, `definitions` has each of them; a registry takes the last.
 *
 * Rejects with the error of the file system when the folder itself can not be read.
 *
 * @example
 * ```ts
 * const { definitions, problems } = await loadObjectFolder('objects');
 * registry.addAll(definitions);
 * for (const { file, error } of problems) console.warn(`${file}: ${error.message}`);
 * ```
 */
export async function loadObjectFolder(folder: string, options: LoadObjectFolderOptions = {}): Promise<LoadedObjects> {
  const root = await realpath(folder);
  const within = root.endsWith(sep) ? root : root + sep;
  const { files, problems } = await findFiles(folder, options.recursive === true ? MAX_DEFINITION_FOLDER_DEPTH : 0);
  const definitions: ObjectDefinition[] = [];
  for (const file of files) {
    try {
      if (!(await realpath(file)).startsWith(within)) throw refused('a file within the folder', 'a link out of it');
      const found = await loadObjectFile(file, options);
      if (definitions.length + found.length > MAX_OBJECT_DEFINITIONS) {
        throw refused(`at most ${MAX_OBJECT_DEFINITIONS} definitions`, 'more');
      }
      definitions.push(...found);
    } catch (error) {
      problems.push({ file, error: error as Error });
    }
  }
  return { definitions, problems };
}

interface Search {
  readonly files: string[];
  readonly problems: ObjectFileProblem[];
  /** Of files and folders. */
  count: number;
}

/** Finds the XML files of a folder, and of those within it down to a depth, in the order of their names. */
async function findFiles(
  folder: string,
  depth: number,
  search: Search = { files: [], problems: [], count: 0 },
): Promise<Search> {
  const names: { readonly name: string; readonly isFolder: boolean }[] = [];
  for await (const entry of await opendir(folder)) {
    const isFolder = entry.isDirectory();
    if (entry.name.startsWith('.') || !(isFolder ? depth > 0 : /\.xml$/i.test(entry.name))) continue;
    names.push({ name: entry.name, isFolder });
    if (names.length > MAX_DEFINITION_FILES) break;
  }
  names.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, isFolder } of names) {
    const path = join(folder, name);
    if (search.count === MAX_DEFINITION_FILES) {
      search.problems.push({ file: path, error: refused(`at most ${MAX_DEFINITION_FILES} files`, 'more') });
      break;
    }
    search.count += 1;
    if (!isFolder) search.files.push(path);
    else {
      await findFiles(path, depth - 1, search).catch((error: unknown) => {
        search.problems.push({ file: path, error: error as Error });
      });
    }
  }
  return search;
}

function refused(expected: string, found: string): Lwm2mError {
  return new Lwm2mError('ERR_LWM2M_DEFINITION', `expected ${expected}, found ${found}`);
}
