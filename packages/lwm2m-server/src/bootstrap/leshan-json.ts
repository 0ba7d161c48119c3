import {
  formatPath,
  parsePath,
  pathOf,
  type ResourceInstanceNode,
  type ResourceNode,
  type ResourceValue,
} from '@flownexus/lwm2m-core';
import { BOOLEAN, listOf, objectAt, TEXT, UINT16, wrongJson } from '../downlink/json-form.ts';
import type { BootstrapConfiguration, BootstrapInstance } from './bootstrap-configuration.ts';
import { DEFAULT_DELETES, isUnnamed } from './bootstrap-plan.ts';
import { checkBootstrapConfiguration } from './check-configuration.ts';
import { inWordsOfBootstrap } from './configuration-json.ts';
import { LESHAN_SECTIONS, type LeshanField, type LeshanSection } from './leshan-fields.ts';

/** Beside the sections. */
const TO_DELETE = 'toDelete';
const AUTO_ID = 'autoIdForSecurityObject';
const CONTENT_FORMAT = 'contentFormat';
/** Names of formats as Leshan has them. */
const FORMAT_NAMES: Readonly<Record<string, number>> = { TLV: 11_542, SENML_JSON: 110, SENML_CBOR: 112 };

/**
 * Reads the configuration that the REST interface of Leshan's bootstrap server takes: `{ servers, security, toDelete, … }`, as `JSON.parse` gives it. Fields that are null
 * are absent; without `toDelete` nothing is deleted. A server has `lifetime` 86400, `notifIfDisabled` true and `binding` `U` where these are absent, as in Leshan: a device may
 * refuse a Server Object without them.
 *
 * @throws Lwm2mServerError `ERR_LWM2M_SERVER_BOOTSTRAP` for anything else: it says what was expected, and where, as a JSON pointer
 *
 * @example
 * configurations.set('dev', parseBootstrapJson(request.body));
 */
export function parseBootstrapJson(json: unknown): BootstrapConfiguration {
  return inWordsOfBootstrap(() => {
    const fields = presentFields(json, '');
    const isAutoId = fields.has(AUTO_ID) && BOOLEAN.parse(fields.get(AUTO_ID), `/${AUTO_ID}`);
    const instances = LESHAN_SECTIONS.flatMap((section) =>
      parseSection(section, fields.get(section.name), section.objectId === 0 && isAutoId),
    );
    const deletes = fields.has(TO_DELETE) ? listOf(TEXT).parse(fields.get(TO_DELETE), `/${TO_DELETE}`) : [];
    const contentFormat = fields.has(CONTENT_FORMAT) ? parseFormat(fields.get(CONTENT_FORMAT)) : undefined;
    const known = [TO_DELETE, AUTO_ID, CONTENT_FORMAT, ...LESHAN_SECTIONS.map(({ name }) => name)];
    checkNames(fields, known, '');
    const configuration = { deletes, instances, ...(contentFormat === undefined ? {} : { contentFormat }) };
    checkBootstrapConfiguration(configuration);
    return configuration;
  });
}

/**
 * A configuration as Leshan's bootstrap server has it, for `JSON.stringify`. `parseBootstrapJson` gives the same again, with its Objects in the order that Leshan has and what a server has to have.
 *
 * @throws RangeError for what has no place in it: other Objects and Resources, questions, and free ids of other Objects than the Security Object or of some of its instances only
 */
export function formatBootstrapJson(configuration: BootstrapConfiguration): Readonly<Record<string, unknown>> {
  const { deletes = DEFAULT_DELETES, instances, queries = [], contentFormat } = configuration;
  if (queries.length > 0) throw noPlace('questions');
  const security = instances.filter(({ path }) => parsePath(path).objectId === 0);
  const isAutoId = security.length > 0 && security.every((instance) => isUnnamed(instance));
  const json: Record<string, unknown> = { [AUTO_ID]: isAutoId, [TO_DELETE]: deletes };
  if (contentFormat !== undefined) json[CONTENT_FORMAT] = contentFormat;
  for (const { name } of LESHAN_SECTIONS) json[name] = {};
  for (const instance of instances) {
    const { objectId, objectInstanceId } = parsePath(instance.path);
    const section = LESHAN_SECTIONS.find((candidate) => candidate.objectId === objectId);
    if (section === undefined) throw noPlace(instance.path);
    const id = objectInstanceId ?? (isAutoId && objectId === 0 ? security.indexOf(instance) : undefined);
    if (id === undefined) throw noPlace(`an instance of ${instance.path} with any id`);
    (json[section.name] as Record<string, unknown>)[id] = formatInstance(section, instance);
  }
  return json;
}

function parseSection(
  { name, objectId, fields }: LeshanSection,
  json: unknown,
  isAutoId: boolean,
): readonly BootstrapInstance[] {
  if (json === undefined) return [];
  return [...presentFields(json, `/${name}`)].map(([key, instance]) => {
    const place = `/${name}/${key}`;
    const id = parseId(key, place);
    const given = presentFields(instance, place);
    checkNames(
      given,
      fields.map((field) => field.name),
      place,
    );
    const resources = fields.flatMap((field): ResourceNode[] => {
      if (given.has(field.name)) return [parseResource(field, given.get(field.name), `${place}/${field.name}`)];
      const { resourceId, type, absent } = field;
      return absent === undefined ? [] : [{ kind: 'singleResource', id: resourceId, type, value: absent }];
    });
    return { path: isAutoId ? `/${objectId}` : formatPath(pathOf(objectId, id)), resources };
  });
}

function parseResource(
  { resourceId: id, type, form, multiple }: LeshanField,
  json: unknown,
  place: string,
): ResourceNode {
  if (multiple === undefined) return { kind: 'singleResource', id, type, value: form.parse(json, place) };
  const values: readonly (readonly [number, ResourceValue])[] =
    multiple === 'list'
      ? listOf(form)
          .parse(json, place)
          .map((value, index) => [index, value] as const)
      : [...presentFields(json, place)].map(
          ([key, value]) => [parseId(key, `${place}/${key}`), form.parse(value, `${place}/${key}`)] as const,
        );
  const instances = values.map(([instanceId, value]): ResourceInstanceNode => {
    return { kind: 'resourceInstance', id: instanceId, type, value };
  });
  return { kind: 'multipleResource', id, type, instances: instances.toSorted((a, b) => a.id - b.id) };
}

function formatInstance({ fields }: LeshanSection, { path, resources }: BootstrapInstance): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const resource of resources) {
    const field = fields.find(({ resourceId }) => resourceId === resource.id);
    if (field === undefined || (field.multiple === undefined) !== (resource.kind === 'singleResource')) {
      throw noPlace(`${path}/${resource.id}`);
    }
    json[field.name] = formatResource(field, resource);
  }
  return json;
}

function formatResource({ form, multiple }: LeshanField, resource: ResourceNode): unknown {
  if (resource.kind === 'singleResource') return form.format(resource.value);
  const values = resource.instances.map(({ id, value }) => [String(id), form.format(value)] as const);
  return multiple === 'list' ? values.map(([, value]) => value) : Object.fromEntries(values);
}

function parseFormat(json: unknown): number {
  if (typeof json !== 'string') return UINT16.parse(json, `/${CONTENT_FORMAT}`);
  const contentFormat = Object.hasOwn(FORMAT_NAMES, json) ? FORMAT_NAMES[json] : undefined;
  if (contentFormat === undefined) {
    throw wrongJson(`one of ${Object.keys(FORMAT_NAMES).join(', ')}`, `/${CONTENT_FORMAT}`);
  }
  return contentFormat;
}

/** The fields of an object that are not null. Leshan's own names begin with a capital here and there. */
function presentFields(json: unknown, place: string): ReadonlyMap<string, unknown> {
  const entries = Object.entries(objectAt(json, place)).filter(([, value]) => value !== null && value !== undefined);
  return new Map(entries.map(([name, value]) => [`${name.slice(0, 1).toLowerCase()}${name.slice(1)}`, value]));
}

function checkNames(fields: ReadonlyMap<string, unknown>, known: readonly string[], place: string): void {
  for (const name of fields.keys()) {
    if (!known.includes(name)) throw wrongJson(`the fields ${known.join(', ')} alone`, place);
  }
}

function parseId(key: string, place: string): number {
  if (/^(?:0|[1-9][0-9]{0,4})$/.test(key) && Number(key) <= 0xffff) return Number(key);
  throw wrongJson('an id from 0 to 65535 as the name', place);
}

function noPlace(what: string): RangeError {
  return new RangeError(`the bootstrap configuration of Leshan has no place for ${what}`);
}
