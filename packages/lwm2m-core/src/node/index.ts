/**
 * Object definitions from the file system.
 *
 * @module
 */
export {
  loadObjectFile,
  loadObjectFolder,
  type LoadObjectFolderOptions,
  type LoadObjectOptions,
  type LoadedObjects,
  type ObjectFileProblem,
} from './load-objects.ts';
