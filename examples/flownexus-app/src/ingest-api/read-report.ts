import {
  DecodeError,
  type DefinitionSource,
  formatPath,
  parsePath,
  type Path,
  pathOf,
  recordsFromNode,
  type ResourceRecord,
  UNASSIGNED_INSTANCE_ID,
} from '@flownexus/lwm2m-core';
import { nodeFromJson, nodesFromJson } from '@flownexus/lwm2m-core/node-json';
import { ApiError } from '../http/errors.ts';
import type { NewEvent } from '../values/batch.ts';
import type { CompositeBody, SingleBody } from './report-bodies.ts';
import { tolerantNode } from './tolerant-values.ts';

const strict = { refuseOtherTypes: true };

/**
 * The values of a single report.
 *
 * @throws ApiError 400 with the place, for what is no node and for a value that does not fit the type of its Resource
 */
export function readSingle({ obj_id: objectId, val }: SingleBody, definitions: DefinitionSource): ResourceRecord[] {
  const path = pathOf(objectId, 0, Number(val.id));
  return atPlace('', () => recordsFromNode(nodeFromJson(tolerantNode(val), path, definitions, strict), path));
}

/**
 * The values of a composite report, in either of its shapes.
 *
 * @throws ApiError as {@link readSingle}
 */
export function readComposite({ val }: CompositeBody, definitions: DefinitionSource): ResourceRecord[] {
  const records = typeof val['kind'] === 'string' ? readTree(val, definitions) : readNodes(val, definitions);
  const unplaced = records.find(({ path }) => path.objectInstanceId === UNASSIGNED_INSTANCE_ID);
  if (unplaced !== undefined) {
    throw wrong('', `the Object Instance of ${formatPath(unplaced.path)} needs an id`);
  }
  const paths = new Set<string>();
  for (const { path } of records) {
    const text = formatPath(path);
    if (paths.has(text)) throw wrong('', `${text} is there twice`);
    paths.add(text);
  }
  return records;
}

/** An event for each Object that has values. */
export function eventsByObject(records: readonly ResourceRecord[]): NewEvent[] {
  const byObject = Map.groupBy(records.keys(), (index) => records[index]?.path.objectId);
  return [...byObject].map(([objectId, indexes]) => ({
    eventType: String(objectId),
    source: 'ingest',
    severity: 'info',
    records: indexes,
  }));
}

function readTree(val: CompositeBody['val'], definitions: DefinitionSource): ResourceRecord[] {
  const path = pathOfTree(val);
  return atPlace('', () => recordsFromNode(nodeFromJson(tolerantNode(val), path, definitions, strict), path));
}

function pathOfTree({ kind, id }: Readonly<Record<string, unknown>>): Path {
  if (kind === 'root') return pathOf();
  if (kind !== 'obj') throw wrong('kind', 'expected obj or root: another node stands below its path');
  if (!/^\d{1,5}$/.test(String(id)) || Number(id) > 65_535) throw wrong('id', 'expected an id of 0 to 65535');
  return pathOf(Number(id));
}

function readNodes(val: CompositeBody['val'], definitions: DefinitionSource): ResourceRecord[] {
  const there = Object.entries(val).filter(([, node]) => node !== null);
  for (const [key] of there) atPlace(key, () => parsePath(key));
  const json = Object.fromEntries(there.map(([key, node]) => [key, tolerantNode(node)]));
  const nodes = atPlace('', () => nodesFromJson(json, definitions, strict));
  return [...nodes].flatMap(([path, node]) => recordsFromNode(node, path));
}

/** What the library refuses, told with its place in the body. */
function atPlace<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const { pointer = '', expected, found } = error;
    const steps = pointer.split('/').slice(1).map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~')); // prettier-ignore
    throw wrong([place, ...steps].filter((step) => step !== '').join('.'), `expected ${expected.replace(/ at (?:\/.*|the top)$/, '')}, found ${found}`); // prettier-ignore
  }
}

function wrong(place: string, message: string): ApiError {
  const path = place === '' ? 'body.val' : `body.val.${place}`;
  return new ApiError(400, 'bad-body', `${path}: ${message}`, [{ path, message }]);
}
