import { parsePath, pathLevel } from '@flownexus/lwm2m-core';
import { limits } from '../limits.ts';
import type { BootstrapConfiguration } from './bootstrap-configuration.ts';
import { WRITE_FORMATS } from './write-formats.ts';

/**
 * Checks what can be written to a device.
 *
 * @throws RangeError that says what is wrong with it
 * @throws DecodeError `ERR_LWM2M_PATH` for a path that is none
 */
export function checkBootstrapConfiguration(configuration: BootstrapConfiguration): void {
  const { deletes = [], instances, queries = [], contentFormat } = configuration;
  const longest = limits.maxBootstrapInstances;
  if (deletes.length > longest || instances.length > longest || queries.length > longest) {
    throw new RangeError(`a bootstrap configuration has at most ${longest} of each`);
  }
  for (const path of deletes) checkLevel(path, [0, 1, 2], 'a Delete is of /, an Object or an Object Instance');
  const written = new Set<string>();
  for (const { path, resources } of instances) {
    checkLevel(path, [1, 2], 'what is written is an Object Instance');
    if (pathLevel(parsePath(path)) === 2) {
      if (written.has(path)) throw new RangeError(`${path} is written twice`);
      written.add(path);
    }
    if (new Set(resources.map(({ id }) => id)).size < resources.length) {
      throw new RangeError(`a Resource of ${path} is there twice`);
    }
  }
  for (const { operation, path } of queries) {
    // TS Core §6.1.7. Keys are never read.
    if (operation === 'discover') checkLevel(path, [0, 1], 'a Bootstrap-Discover is of / or of an Object');
    else if (!/^\/[12](?:\/|$)/.test(path))
      throw new RangeError('a Bootstrap-Read is of what is in the Objects 1 and 2');
    else checkLevel(path, [1, 2], 'a Bootstrap-Read is of an Object or an Object Instance');
  }
  if (contentFormat !== undefined && !WRITE_FORMATS.includes(contentFormat)) {
    throw new RangeError(`Object Instances are not written in the Content-Format ${contentFormat}`);
  }
}

function checkLevel(path: string, levels: readonly number[], rule: string): void {
  const parsed = parsePath(path);
  if (parsed.prefix !== undefined || !levels.includes(pathLevel(parsed))) throw new RangeError(`${rule}, not ${path}`);
}
