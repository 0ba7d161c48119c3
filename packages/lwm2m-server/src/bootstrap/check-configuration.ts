import {
  ContentFormat,
  encodePayload,
  formatPath,
  Lwm2mError,
  parsePath,
  pathLevel,
  UNASSIGNED_INSTANCE_ID,
  type ObjectRegistry,
} from '@flownexus/lwm2m-core';
import { limits } from '../limits.ts';
import type { BootstrapConfiguration, BootstrapQuery } from './bootstrap-configuration.ts';
import { writesOf } from './bootstrap-plan.ts';
import { WRITE_FORMATS } from './write-formats.ts';

const OPERATIONS: readonly BootstrapQuery['operation'][] = ['discover', 'read'];
const TIMES: readonly BootstrapQuery['when'][] = ['first', 'afterDeletes', 'beforeFinish'];

/**
 * Checks what can be written to a device: the form of a configuration, and that its values are of their types.
 *
 * @throws TypeError where something is missing or is no list, RangeError that says what else is wrong with it
 * @throws DecodeError `ERR_LWM2M_PATH` for a path that is none
 */
export function checkBootstrapConfiguration(configuration: BootstrapConfiguration): void {
  checkShape(configuration);
  const { deletes = [], instances, queries = [], contentFormat } = configuration;
  const longest = limits.maxBootstrapInstances;
  if (deletes.length > longest || instances.length > longest || queries.length > longest) {
    throw new RangeError(`a bootstrap configuration has at most ${longest} of each`);
  }
  for (const path of deletes) checkLevel(path, [0, 1, 2], 'a Delete is of /, an Object or an Object Instance');
  const written = new Set<string>();
  for (const { path, resources } of instances) {
    checkLevel(path, [1, 2], 'what is written is an Object Instance');
    const parsed = parsePath(path);
    if (pathLevel(parsed) === 2) {
      const name = formatPath(parsed); // `1/0` is `/1/0`
      // TS Core §7.2
      if (parsed.objectInstanceId === UNASSIGNED_INSTANCE_ID) throw new RangeError(`${name} can not be written`);
      if (written.has(name)) throw new RangeError(`${name} is written twice`);
      written.add(name);
    }
    if (new Set(resources.map(({ id }) => id)).size < resources.length) {
      throw new RangeError(`a Resource of ${path} is there twice`);
    }
  }
  for (const { operation, path, when } of queries) {
    // Stores have plain data, which may come from anywhere: what is no question would end a session without a word.
    if (!OPERATIONS.includes(operation)) throw new RangeError(`a question is a ${OPERATIONS.join(' or a ')}`);
    if (when !== undefined && !TIMES.includes(when)) throw new RangeError(`a question is asked ${TIMES.join(' or ')}`);
    // TS Core §6.1.7. Keys are never read.
    if (operation === 'discover') checkLevel(path, [0, 1], 'a Bootstrap-Discover is of / or of an Object');
    else if (!/^\/[12](?:\/|$)/.test(path))
      throw new RangeError('a Bootstrap-Read is of what is in the Objects 1 and 2');
    else checkLevel(path, [1, 2], 'a Bootstrap-Read is of an Object or an Object Instance');
  }
  if (contentFormat !== undefined && !WRITE_FORMATS.includes(contentFormat)) {
    throw new RangeError(`Object Instances are not written in the Content-Format ${contentFormat}`);
  }
  checkEncodable(configuration, ContentFormat.TLV);
}

/** What callers without types leave out would else be told in words of the engine. */
function checkShape(configuration: unknown): void {
  const { deletes = [], instances, queries = [] } = fieldsOf(configuration);
  if (!isList(instances)) throw new TypeError('a bootstrap configuration has `instances`, a list of Object Instances');
  if (!isList(deletes)) throw new TypeError('`deletes` of a bootstrap configuration is a list of paths');
  if (!isList(queries)) throw new TypeError('`queries` of a bootstrap configuration is a list of questions');
  for (const instance of instances) {
    const { path, resources } = fieldsOf(instance);
    if (typeof path !== 'string') throw new TypeError('an Object Instance that is written has a `path`');
    if (!isList(resources)) throw new TypeError(`${path} is written with \`resources\`, a list of Resources`);
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/**
 * Checks that all Object Instances can be written in a Content-Format. It is done before the first Delete: a device whose accounts are deleted, and not written,
 * has none any more.
 *
 * @throws RangeError that names the Object Instance
 */
export function checkEncodable(
  configuration: BootstrapConfiguration,
  contentFormat: number,
  objects?: ObjectRegistry,
): void {
  for (const { path, instance } of writesOf(configuration)) {
    try {
      encodePayload(instance, contentFormat, path, objects);
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof TypeError || error instanceof Lwm2mError)) throw error;
      throw new RangeError(`${path} can not be written: ${error.message}`, { cause: error });
    }
  }
}

function checkLevel(path: string, levels: readonly number[], rule: string): void {
  const parsed = parsePath(path);
  if (parsed.prefix !== undefined || !levels.includes(pathLevel(parsed))) throw new RangeError(`${rule}, not ${path}`);
}
