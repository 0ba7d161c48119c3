import { endpointNameProblem } from '@flownexus/lwm2m-server';
import { sql, type SqlBool } from 'kysely';
import type { Database } from '../database/open-database.ts';
import { PAGE_SIZE } from '../database/pages.ts';
import { ApiError } from '../http/errors.ts';
import { limits } from '../limits.ts';
import type { EndpointSelection } from '../operations/operation-body.ts';
import { knownEndpoints, selectEndpoints } from '../operations/select-endpoints.ts';
import type { Beginnings } from './beginnings.ts';
import type { LeftOut } from './campaign-item.ts';

/** The endpoints that a campaign can update, and those that it can not with the reason. */
export interface UpdateTargets {
  readonly names: readonly string[];
  readonly leftOut: readonly LeftOut[];
}

const OBJECTS = ['/5', '/9', '/33629'];
const NO_OBJECT = 'it has none of Objects 5, 9 and 33629';

/** Rejects with a 404 for an endpoint that is not known, and a 422 for one that is registered without an Object that firmware is updated by. One that is being removed is not known. */
export async function checkTarget(
  { reads }: Database,
  name: string,
  beginnings: Pick<Beginnings, 'isLeaving'>,
): Promise<void> {
  const row = await reads.selectFrom('Endpoint').select(['registered', 'object_links']).where('endpoint', '=', name).executeTakeFirst(); // prettier-ignore
  if (row === undefined || beginnings.isLeaving(name))
    throw new ApiError(404, 'unknown-endpoint', `no endpoint named ${JSON.stringify(name)} is known`);
  if (!canBeUpdated(row)) throw new ApiError(422, 'no-firmware-object', NO_OBJECT);
}

/**
 * Which endpoints of a selection can be updated: those that are known and not registered without an Object that firmware is updated by. `atOnce`: those are
 * left out, too, that have an update under way.
 *
 * @throws ApiError 409 for more endpoints than a campaign may have
 */
export async function selectTargets(
  database: Database,
  selection: EndpointSelection,
  { atOnce, beginnings }: { readonly atOnce: boolean; readonly beginnings: Pick<Beginnings, 'isLeaving'> },
): Promise<UpdateTargets> {
  // prettier-ignore
  const { names: named } = selection;
  const selected =
    named === undefined
      ? await selectEndpoints(database, selection, limits.firmwareCampaignEndpoints + 1)
      : [...new Set(named)];
  if (selected.length > limits.firmwareCampaignEndpoints) {
    throw new ApiError(409, 'quota-exceeded', `a campaign is for ${String(limits.firmwareCampaignEndpoints)} endpoints at most`); // prettier-ignore
  }
  const known = named === undefined ? undefined : await knownEndpoints(database, selected, selection);
  const names: string[] = [];
  const leftOut: LeftOut[] = [];
  for (let from = 0; from < selected.length; from += PAGE_SIZE) {
    const page = selected.slice(from, from + PAGE_SIZE);
    const unable = await withoutObject(database, page);
    const busy = atOnce ? await underWay(database, page) : new Set<string>();
    for (const endpoint of page) {
      if (known?.has(endpoint) === false || beginnings.isLeaving(endpoint))
        leftOut.push({ endpoint, code: 'unknown-endpoint', message: endpointNameProblem(endpoint) ?? 'it is not known, or not one of those that were selected' }); // prettier-ignore
      else if (unable.has(endpoint)) leftOut.push({ endpoint, code: 'no-firmware-object', message: NO_OBJECT });
      else if (busy.has(endpoint))
        leftOut.push({ endpoint, code: 'conflict', message: 'it has an update that is under way' }); // prettier-ignore
      else names.push(endpoint);
    }
  }
  return { names, leftOut };
}

/** The first of those that are left out, as many as are kept with a campaign. */
export function firstOf(leftOut: readonly LeftOut[]): LeftOut[] {
  const kept: LeftOut[] = [];
  let characters = 0;
  for (const each of leftOut.slice(0, limits.firmwareLeftOut)) {
    characters += JSON.stringify(each).length;
    if (characters > limits.firmwareLeftOutCharacters) break;
    kept.push(each);
  }
  return kept;
}

async function withoutObject({ longReads }: Database, names: readonly string[]): Promise<Set<string>> {
  const rows = await longReads.selectFrom('Endpoint').select(['endpoint', 'registered', 'object_links']).where('endpoint', 'in', names).where('registered', '=', 1).execute(); // prettier-ignore
  return new Set(rows.filter((row) => !canBeUpdated(row)).map(({ endpoint }) => endpoint));
}

async function underWay({ longReads }: Database, names: readonly string[]): Promise<Set<string>> {
  const rows = await longReads
    .selectFrom('FirmwareUpdate')
    .select('endpoint')
    .where('endpoint', 'in', names)
    .where(sql<SqlBool>`finished = 0`)
    .where('phase', '!=', 'QUEUED')
    .execute();
  return new Set(rows.map(({ endpoint }) => endpoint));
}

/** One that is not registered may have the Object when it registers. */
function canBeUpdated({
  registered,
  object_links: text,
}: {
  readonly registered: number;
  readonly object_links: string;
}): boolean {
  // prettier-ignore
  if (registered === 0) return true;
  const links = JSON.parse(text) as string[];
  return links.some((link) => OBJECTS.some((object) => link === object || link.startsWith(`${object}/`)));
}
