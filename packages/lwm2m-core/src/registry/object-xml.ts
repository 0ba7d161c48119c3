import { XmlElement } from '@rgrove/parse-xml';
import { copyOf } from '../copy-of.ts';
import type { ObjectDefinition, ResourceDefinition, ResourceOperations } from '../definition.ts';
import { DecodeError } from '../errors.ts';
import { MAX_OBJECT_DEFINITIONS, MAX_RESOURCE_DEFINITIONS } from '../limits.ts';
import type { ResourceType } from '../value.ts';
import { registeredUrn } from './object-urn.ts';
import { isVersion } from './object-version.ts';
import { parseXmlDocument } from './xml-document.ts';

/** A deviation from the schema that was tolerated. */
export interface ObjectXmlWarning {
  readonly message: string;
  /** In characters from the start of the document. */
  readonly offset: number;
}

export interface ObjectXmlOptions {
  /** Keeps the descriptions of Objects and Resources, which take several times the memory of all else. */
  readonly descriptions?: boolean;
  /** Hears of each deviation that was tolerated. */
  readonly onWarning?: (warning: ObjectXmlWarning) => void;
}

interface Reading {
  readonly descriptions: boolean;
  readonly onWarning: ((warning: ObjectXmlWarning) => void) | undefined;
}

/** The names of the schema (TS Core, Appendix D.1) and those of the online editor, without regard to case and blanks. */
const TYPES: ReadonlyMap<string, ResourceType> = new Map([
  ['string', 'string'],
  ['integer', 'integer'],
  ['unsignedinteger', 'unsignedInteger'],
  ['unsigned', 'unsignedInteger'],
  ['float', 'float'],
  ['boolean', 'boolean'],
  ['opaque', 'opaque'],
  ['time', 'time'],
  ['objlnk', 'objlnk'],
  ['corelnk', 'corelnk'],
  ['none', 'none'],
  ['', 'none'],
]);

const OPERATIONS: ReadonlyMap<string, ResourceOperations> = new Map([
  ['', ''],
  ['R', 'R'],
  ['W', 'W'],
  ['RW', 'RW'],
  ['WR', 'RW'],
  ['E', 'E'],
]);

const DEFAULT_VERSION = '1.0';

/**
 * Reads a document of object definitions: the XML files of the OMA registry and of vendors, in either version of their
 * schema (LWM2M.xsd, LWM2M-v1_1.xsd). Blanks at the ends of texts and within them are made single, Resources are put in
 * the order of their ids.
 *
 * Tolerated: a version of the Object or of LwM2M that is absent or empty (the former is then that of the URN, else both
 * are 1.0), `Unsigned` for `Unsigned Integer`, types and operations in any case, and entities of HTML. Tolerated with a
 * warning each: a name, a URN, `MultipleInstances` or `Mandatory` that is absent or not of the schema (a URN then follows
 * from id and version, a flag is false), a URN with another id or version, an element twice (the first counts), and an
 * Object without Resources. Elements beyond the schema are ignored.
 *
 * @throws DecodeError `ERR_LWM2M_DEFINITION`, with the offset in characters, for all else: what is not XML, a document
 *   type declaration, no Object, an id that is none or occurs twice, an unknown type, operation or form of version, and
 *   what is beyond a bound
 *
 * @example
 * ```ts
 * const registry = await ObjectRegistry.bundled();
 * registry.addAll(parseObjectXml(text));
 * ```
 */
export function parseObjectXml(
  document: string | Uint8Array,
  options: ObjectXmlOptions = {},
): readonly ObjectDefinition[] {
  const reading: Reading = { descriptions: options.descriptions === true, onWarning: options.onWarning };
  const root = parseXmlDocument(document);
  if (root.name !== 'LWM2M') throw broken('an LWM2M element', 'another', root);
  const elements = childElements(root).filter(({ name }) => name === 'Object');
  if (elements.length === 0) throw broken('an Object', 'none', root);
  const definitions = new Map<string, ObjectDefinition>();
  for (const element of elements) {
    if (definitions.size === MAX_OBJECT_DEFINITIONS) {
      throw broken(`at most ${MAX_OBJECT_DEFINITIONS} Objects`, 'another', element);
    }
    const definition = readObject(element, reading);
    const key = `${definition.id}:${definition.version}`;
    if (definitions.has(key)) throw broken('each Object once per version', 'one again', element);
    definitions.set(key, definition);
  }
  return [...definitions.values()];
}

function readObject(element: XmlElement, reading: Reading): ObjectDefinition {
  const fields = fieldsOf(element, reading);
  const id = readId(textOf(fields.get('ObjectID')), 'an ObjectID', fields.get('ObjectID') ?? element);
  const name = readName(fields, element, reading);
  const statedUrn = textOf(fields.get('ObjectURN'));
  const urn = /^urn:oma:lwm2m:[a-z]+:(\d+)(?::(\d{1,5}\.\d{1,5}))?$/i.exec(statedUrn);
  const version = readVersion(fields.get('ObjectVersion')) ?? urn?.[2] ?? DEFAULT_VERSION;
  if (urn === null || Number(urn[1]) !== id || (urn[2] ?? DEFAULT_VERSION) !== version) {
    warn(reading, 'expected the URN of the Object in its version', fields.get('ObjectURN') ?? element);
  }
  const definition = {
    id,
    version,
    lwm2mVersion: readVersion(fields.get('LWM2MVersion')) ?? DEFAULT_VERSION,
    name,
    urn: statedUrn === '' ? registeredUrn(id, version) : statedUrn,
    multiple: readFlag(fields, 'MultipleInstances', 'Multiple', 'Single', element, reading),
    mandatory: readFlag(fields, 'Mandatory', 'Mandatory', 'Optional', element, reading),
    resources: readResources(fields.get('Resources'), element, reading),
  };
  const description = describe([fields.get('Description1'), fields.get('Description2')], reading);
  return Object.freeze(description === undefined ? definition : { ...definition, description });
}

function readResources(
  element: XmlElement | undefined,
  object: XmlElement,
  reading: Reading,
): ReadonlyMap<number, ResourceDefinition> {
  const items = element === undefined ? [] : childElements(element).filter(({ name }) => name === 'Item');
  if (items.length === 0) warn(reading, 'expected Resources, found none', object);
  const resources = new Map<number, ResourceDefinition>();
  for (const item of items) {
    if (resources.size === MAX_RESOURCE_DEFINITIONS) {
      throw broken(`at most ${MAX_RESOURCE_DEFINITIONS} Resources`, 'another', item);
    }
    const resource = readResource(item, reading);
    if (resources.has(resource.id)) throw broken('each Resource once', 'one again', item);
    resources.set(resource.id, resource);
  }
  return new Map([...resources].sort(([a], [b]) => a - b));
}

function readResource(item: XmlElement, reading: Reading): ResourceDefinition {
  const fields = fieldsOf(item, reading);
  const typeElement = fields.get('Type');
  const type = TYPES.get(textOf(typeElement).replaceAll(' ', '').toLowerCase());
  if (type === undefined) throw broken('a type of LwM2M', 'another', typeElement ?? item);
  const operationsElement = fields.get('Operations');
  const operations = OPERATIONS.get(textOf(operationsElement).toUpperCase());
  if (operations === undefined) throw broken('R, W, RW, E or nothing', 'something else', operationsElement ?? item);
  const definition = {
    id: readId(oneLine(item.attributes['ID'] ?? ''), 'an ID', item),
    name: readName(fields, item, reading),
    operations,
    type,
    multiple: readFlag(fields, 'MultipleInstances', 'Multiple', 'Single', item, reading),
    mandatory: readFlag(fields, 'Mandatory', 'Mandatory', 'Optional', item, reading),
    range: textOf(fields.get('RangeEnumeration')) || undefined,
    units: textOf(fields.get('Units')) || undefined,
  };
  const description = describe([fields.get('Description')], reading);
  return Object.freeze(description === undefined ? definition : { ...definition, description });
}

function childElements(element: XmlElement): XmlElement[] {
  return element.children.filter((child) => child instanceof XmlElement);
}

/** The elements within one by their names. */
function fieldsOf(element: XmlElement, reading: Reading): ReadonlyMap<string, XmlElement> {
  const fields = new Map<string, XmlElement>();
  for (const child of childElements(element)) {
    if (fields.has(child.name)) warn(reading, 'expected the element once, found it again', child);
    else fields.set(child.name, child);
  }
  return fields;
}

function textOf(element: XmlElement | undefined): string {
  return element === undefined ? '' : oneLine(element.text);
}

/** Some ranges and names span lines. */
function oneLine(text: string): string {
  return copyOf(text.replace(/\s+/g, ' ').trim());
}

function readId(text: string, expected: string, element: XmlElement): number {
  if (!/^\d{1,5}$/.test(text)) throw broken(expected, text === '' ? 'none' : 'something else', element);
  const id = Number(text);
  if (id > 65_535) throw broken('an id up to 65535', 'a greater one', element);
  return id;
}

function readName(fields: ReadonlyMap<string, XmlElement>, element: XmlElement, reading: Reading): string {
  const name = textOf(fields.get('Name'));
  if (name === '') warn(reading, 'expected a name, found none', element);
  return name;
}

function readVersion(element: XmlElement | undefined): string | undefined {
  const text = textOf(element);
  if (element === undefined || text === '') return undefined;
  if (!isVersion(text)) throw broken('a version of the form major.minor', 'another', element);
  return text;
}

function readFlag(
  fields: ReadonlyMap<string, XmlElement>,
  name: string,
  set: string,
  unset: string,
  element: XmlElement,
  reading: Reading,
): boolean {
  const text = textOf(fields.get(name)).toLowerCase();
  if (text === set.toLowerCase()) return true;
  if (text !== unset.toLowerCase()) warn(reading, `expected ${set} or ${unset}`, fields.get(name) ?? element);
  return false;
}

/** The texts one below the other, with their lines but without blanks at the ends of these. */
function describe(elements: readonly (XmlElement | undefined)[], reading: Reading): string | undefined {
  if (!reading.descriptions) return undefined;
  const texts = elements.flatMap((element) => {
    const lines = (element?.text ?? '').split('\n').map((line) => line.trim());
    return lines.join('\n').trim() || [];
  });
  return texts.length === 0 ? undefined : copyOf(texts.join('\n\n'));
}

function warn(reading: Reading, message: string, element: XmlElement): void {
  reading.onWarning?.({ message, offset: element.start });
}

function broken(expected: string, found: string, element: XmlElement): DecodeError {
  return new DecodeError('ERR_LWM2M_DEFINITION', expected, found, element.start);
}
