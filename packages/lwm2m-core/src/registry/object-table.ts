import type { ObjectDefinition, ResourceDefinition, ResourceOperations } from '../definition.ts';
import { Lwm2mError } from '../errors.ts';
import { MAX_RESOURCE_DEFINITIONS } from '../limits.ts';
import type { ResourceType } from '../value.ts';
import { registeredUrn } from './object-urn.ts';

/*
 * The text form of many object definitions: a line of the Resources that several of them have, then one line per Object
 * and version, where a number stands for one of the former, counted from 0:
 *
 *   table    = shared *( LF line )
 *   shared   = [ resource *( TAB resource ) ]
 *   line     = id TAB version TAB lwm2mVersion TAB flags TAB name TAB urn *( TAB ( resource / number ) )
 *   resource = id "^" type operations flags "^" name [ "^" range [ "^" units ] ]
 *
 * `flags` has `*` for multiple and `!` for mandatory. `urn` is empty when it follows from id and version. Type and
 * operations are one letter each, as in the tables below.
 */

const TYPES: Readonly<Record<string, ResourceType>> = {
  s: 'string',
  i: 'integer',
  u: 'unsignedInteger',
  f: 'float',
  b: 'boolean',
  o: 'opaque',
  t: 'time',
  l: 'objlnk',
  c: 'corelnk',
  n: 'none',
};

const OPERATIONS: Readonly<Record<string, ResourceOperations>> = { '-': '', R: 'R', W: 'W', B: 'RW', E: 'E' };

/** A definition that may still be text. */
export interface DefinitionEntry {
  readonly id: number;
  readonly version: string;
  /** The definition, parsed at the first call. */
  definition(): ObjectDefinition;
}

/** The entry of a definition that is there already. */
export function entryOf(definition: ObjectDefinition): DefinitionEntry {
  return { id: definition.id, version: definition.version, definition: () => definition };
}

/** A Resource that several Objects have, as text until it is first asked for. */
interface SharedResource {
  readonly text: string;
  definition: ResourceDefinition | undefined;
}

/**
 * The entries of an object table. Only ids and versions are read at once; the rest of a line is parsed at first use.
 *
 * @throws Lwm2mError `ERR_LWM2M_DEFINITION` for a line without them; `definition()` throws it for what else is wrong
 */
export function parseObjectTable(text: string): readonly DefinitionEntry[] {
  const [first = '', ...lines] = text.split('\n');
  const shared = first.split('\t').map((resource): SharedResource => ({ text: resource, definition: undefined }));
  return lines.map((line, index) => {
    const lineNumber = index + 2;
    const match = /^(\d{1,5})\t(\d+\.\d+)\t/.exec(line);
    if (match === null) throw malformed(`expected an id and a version in line ${lineNumber}`);
    const [, id = '', version = ''] = match;
    let parsed: ObjectDefinition | undefined;
    return { id: Number(id), version, definition: () => (parsed ??= parseLine(line, lineNumber, shared)) };
  });
}

function parseLine(line: string, lineNumber: number, shared: readonly SharedResource[]): ObjectDefinition {
  const [id = '', version = '', lwm2mVersion = '', flags = '', name = '', urn, ...resources] = line.split('\t');
  if (urn === undefined) throw malformed(`expected the fields of an object in line ${lineNumber}`);
  if (resources.length > MAX_RESOURCE_DEFINITIONS) throw malformed(`found too many resources in line ${lineNumber}`);
  return Object.freeze({
    id: Number(id),
    version,
    lwm2mVersion,
    name,
    urn: urn === '' ? registeredUrn(Number(id), version) : urn,
    multiple: flags.includes('*'),
    mandatory: flags.includes('!'),
    resources: new Map(
      resources.map((resource) => {
        const common = /^\d+$/.test(resource) ? shared[Number(resource)] : undefined;
        const definition = common?.definition ?? parseResource(common?.text ?? resource, lineNumber);
        if (common !== undefined) common.definition = definition;
        return [definition.id, definition];
      }),
    ),
  });
}

function parseResource(text: string, lineNumber: number): ResourceDefinition {
  const [id = '', codes = '', name = '', range = '', units = ''] = text.split('^');
  const type = TYPES[codes.charAt(0)];
  const operations = OPERATIONS[codes.charAt(1)];
  if (!/^\d{1,5}$/.test(id) || type === undefined || operations === undefined) {
    throw malformed(`expected a resource in line ${lineNumber}`);
  }
  return Object.freeze({
    id: Number(id),
    name,
    operations,
    type,
    multiple: codes.includes('*'),
    mandatory: codes.includes('!'),
    range: range === '' ? undefined : range,
    units: units === '' ? undefined : units,
  });
}

function malformed(message: string): Lwm2mError {
  return new Lwm2mError('ERR_LWM2M_DEFINITION', message);
}
