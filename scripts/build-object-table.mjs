// Writes the table of registered Objects that @flownexus/lwm2m-core ships, from a file with one definition per line in
// JSON: node scripts/build-object-table.mjs <objects.jsonl>
// The form of the table is described in packages/lwm2m-core/src/registry/object-table.ts.
import { readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { parseObjectTable } from '../packages/lwm2m-core/src/registry/object-table.ts';

const OUTPUT = new URL('../packages/lwm2m-core/src/registry/bundled-objects.ts', import.meta.url);

// Their files carry no licence.
const UNLICENSED = new Set([3443, 10244]);

const TYPE_NAMES = { unsigned_integer: 'unsignedInteger' };
const TYPE_CODES = {
  string: 's',
  integer: 'i',
  unsignedInteger: 'u',
  float: 'f',
  boolean: 'b',
  opaque: 'o',
  time: 't',
  objlnk: 'l',
  corelnk: 'c',
  none: 'n',
};
const OPERATION_CODES = { '': '-', R: 'R', W: 'W', RW: 'B', E: 'E' };

/** One line of the input with every field present and blanks (some ranges span lines) made single. */
function normalize(line) {
  const { id, version, lwm2mVersion, name, urn, multiple = false, mandatory = false, resources } = JSON.parse(line);
  return {
    id,
    version,
    lwm2mVersion,
    name: oneLine(name),
    urn,
    multiple,
    mandatory,
    resources: resources
      .map((resource) => ({
        id: resource.id,
        name: oneLine(resource.name),
        operations: resource.operations,
        type: TYPE_NAMES[resource.type] ?? resource.type,
        multiple: resource.multiple ?? false,
        mandatory: resource.mandatory ?? false,
        range: oneLine(resource.range),
        units: oneLine(resource.units),
      }))
      .sort((a, b) => a.id - b.id),
  };
}

function oneLine(text) {
  return text?.replace(/\s+/g, ' ').trim() || undefined;
}

function flags({ multiple, mandatory }) {
  return (multiple ? '*' : '') + (mandatory ? '!' : '');
}

function formatObject(object, shared) {
  const { id, version } = object;
  const registered = `urn:oma:lwm2m:${id < 1024 ? 'oma' : id < 10_241 ? 'ext' : 'x'}:${id}`;
  const implied = version === '1.0' ? registered : `${registered}:${version}`;
  const urn = object.urn === implied ? '' : object.urn;
  const head = [id, version, object.lwm2mVersion, flags(object), object.name, urn];
  const resources = object.resources.map(formatResource);
  return [...head, ...resources.map((resource) => shared.get(resource) ?? resource)].join('\t');
}

function formatResource(resource) {
  const codes = TYPE_CODES[resource.type] + OPERATION_CODES[resource.operations] + flags(resource);
  return [resource.id, codes, resource.name, resource.range, resource.units].join('^').replace(/\^+$/, '');
}

/** The resources that more than one object has, those of most objects first, by their text with their numbers. */
function sharedResources(objects) {
  const counts = new Map();
  for (const resource of objects.flatMap(({ resources }) => resources).map(formatResource)) {
    counts.set(resource, (counts.get(resource) ?? 0) + 1);
  }
  const shared = [...counts].filter(([, count]) => count > 1).sort(([, a], [, b]) => b - a);
  return new Map(shared.map(([resource], index) => [resource, index]));
}

const [input] = process.argv.slice(2);
if (input === undefined) throw new Error('usage: node scripts/build-object-table.mjs <objects.jsonl>');
const objects = readFileSync(input, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map(normalize)
  .filter(({ id }) => !UNLICENSED.has(id))
  .sort((a, b) => a.id - b.id || a.version.localeCompare(b.version, 'en', { numeric: true }));
const shared = sharedResources(objects);
const table = [[...shared.keys()].join('\t'), ...objects.map((object) => formatObject(object, shared))].join('\n');

// What the package reads back has to be what went in.
parseObjectTable(table).forEach((entry, index) => {
  const { resources, ...object } = entry.definition();
  if (!isDeepStrictEqual({ ...object, resources: [...resources.values()] }, objects[index])) {
    throw new Error(`object ${entry.id} version ${entry.version} does not survive the table`);
  }
});
if (/[`\\]|\$\{/.test(table)) throw new Error('the table has characters that a template literal can not hold');

writeFileSync(
  OUTPUT,
  `// Written by scripts/build-object-table.mjs, whose output this is: change that, not this. Sources and licences: NOTICE.

/** The registered Objects in the form that object-table.ts describes. */
export const BUNDLED_OBJECTS: string = \`${table}\`;
`,
);
console.log(`${objects.length} definitions, ${Buffer.byteLength(table)} bytes`);
