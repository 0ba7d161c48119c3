import type { FirmwareUpdater } from '@flownexus/lwm2m-server';
import { z } from 'zod';
import type { Database } from '../database/open-database.ts';
import { ApiError } from '../http/errors.ts';
import { type Reply, type Route, route } from '../http/route.ts';
import { listOf, pageLimit } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import type { EndpointSelection } from '../operations/operation-body.ts';
import { Serial } from '../serial.ts';
import { beginCampaign, type NewCampaign } from './begin-campaign.ts';
import type { Beginnings } from './beginnings.ts';
import { campaignDetailSchema, type CampaignItem, campaignItemSchema, campaignStateSchema } from './campaign-item.ts';
import type { CampaignReader } from './campaign-reader.ts';
import type { FirmwareSource } from './firmware-source.ts';
import { campaignBody } from './update-body.ts';
import { idParams, positionCursor, TAG } from './update-routes.ts';
import { selectTargets } from './update-targets.ts';
import { callingUpdater } from './updater-errors.ts';

const COLLECTION = '/api/v1/firmware-campaigns';
const ITEM = `${COLLECTION}/{id}`;

export interface CampaignRoutesOptions {
  readonly database: Database;
  readonly updater: Pick<FirmwareUpdater, 'campaign' | 'campaigns'>;
  readonly source: FirmwareSource;
  readonly reader: CampaignReader;
  readonly beginnings: Beginnings;
}

/** `/api/v1/firmware-campaigns`: updates of many endpoints with one package. */
export function campaignRoutes({ database, updater, source, reader, beginnings }: CampaignRoutesOptions): Route[] {
  const begin = async (
    campaign: Omit<NewCampaign, 'targets'>,
    endpoints: EndpointSelection,
    atOnce: boolean,
  ): Promise<Reply> => {
    const id = await beginnings.run(async () => {
      const targets = await selectTargets(database, endpoints, { atOnce, beginnings });
      return beginCampaign({ updater, source, reader }, { ...campaign, targets });
    });
    const body = await reader.get(id);
    const { firmware, total, leftOut } = body;
    return {
      status: 201,
      headers: { Location: `${COLLECTION}/${id}` },
      body,
      audit: { campaign: id, firmware, total, leftOut },
    };
  };
  /** One after another: who asks twice is not to have everything done twice. */
  const retries = new Serial();
  const begun = {
    201: { description: 'It is stored; the answer names endpoints that are left out', schema: campaignDetailSchema },
    409: { description: 'No endpoint is left, or there are more campaigns or endpoints than may be' },
    422: { description: 'There is no such package' },
  };
  const found = {
    200: { description: 'It', schema: campaignDetailSchema },
    404: { description: 'There is none' },
  };
  /** `POST …/pause` and its like. */
  const action = (
    name: 'pause' | 'resume' | 'cancel',
    { summary, description, refusal }: { readonly summary: string; readonly description: string; readonly refusal: string }, // prettier-ignore
  ): Route =>
    route({
      method: 'post',
      path: `${ITEM}/${name}`,
      operationId: `${name}FirmwareCampaign`,
      summary,
      description,
      tag: TAG,
      access: 'operate',
      params: idParams,
      answers: { ...found, 409: { description: refusal } },
      handle: async ({ params: { id } }) => {
        await reader.get(id);
        if (!(await callingUpdater(() => updater.campaigns[name](id)))) throw new ApiError(409, 'conflict', refusal);
        return { body: await reader.get(id) };
      },
    });

  return [
    route({
      method: 'post',
      path: COLLECTION,
      operationId: 'beginFirmwareCampaign',
      summary: 'Updates the firmware of many endpoints',
      description:
        'The endpoints are selected now, also for a campaign that begins later. Those are left out that are not known, or registered without an Object that firmware is ' +
        'updated by; and of a campaign that begins at once those that have an update under way.',
      tag: TAG,
      access: 'operate',
      body: campaignBody,
      bodyLimit: limits.bulkBodyBytes,
      answers: begun,
      handle: ({ body: { endpoints, ...body }, principal }) => {
        const atOnce = body.startAt === undefined || Date.parse(body.startAt) <= Date.now();
        return begin({ ...body, createdBy: principal?.actor }, endpoints, atOnce);
      },
    }),
    route({
      method: 'get',
      path: COLLECTION,
      operationId: 'listFirmwareCampaigns',
      summary: 'Firmware campaigns, the latest first',
      tag: TAG,
      access: 'read',
      query: z.strictObject({ state: campaignStateSchema.optional(), limit: pageLimit, cursor: positionCursor }),
      answers: {
        200: {
          description: 'A page of them; a table for who accepts text/csv',
          schema: listOf(campaignItemSchema, 'FirmwareCampaignList'),
        },
      },
      handle: async ({ query: { state, limit, cursor } }) => {
        const body = await reader.page(state, { limit, cursor });
        return { body, csv: { columns: csvColumns, rows: body.items.map(csvRow) } };
      },
    }),
    route({
      method: 'get',
      path: ITEM,
      operationId: 'getFirmwareCampaign',
      summary: 'One campaign: how its updates stand, and why some failed',
      tag: TAG,
      access: 'read',
      params: idParams,
      answers: found,
      handle: async ({ params: { id } }) => ({ body: await reader.get(id) }),
    }),
    action('pause', {
      summary: 'Begins no further update',
      description: 'Those that are under way go on.',
      refusal: 'it neither runs nor is it scheduled',
    }),
    action('resume', {
      summary: 'Goes on with a campaign',
      description: 'One that is PAUSED before its time is SCHEDULED again.',
      refusal: 'it is neither PAUSED nor STOPPED',
    }),
    action('cancel', {
      summary: 'Ends a campaign',
      description: 'Its updates are taken back, those too that are under way.',
      refusal: 'it is over already',
    }),
    route({
      method: 'post',
      path: `${ITEM}/retry`,
      operationId: 'retryFirmwareCampaign',
      summary: 'Tries the updates that failed once more',
      description: 'A new campaign with the same package and settings, of the endpoints whose update FAILED.',
      tag: TAG,
      access: 'operate',
      params: idParams,
      answers: { ...begun, 404: found[404], 409: { description: 'It runs or is scheduled, none has failed, or they are being tried already' } }, // prettier-ignore
      handle: ({ params: { id }, principal }) =>
        retries.run(async () => {
          const { state, name, firmware, concurrency, stopAtFailureShare, settings } = await reader.get(id);
          if (state === 'RUNNING' || state === 'SCHEDULED') throw new ApiError(409, 'conflict', 'it is not over yet');
          const names = await reader.failed(id);
          if (names.length === 0) throw new ApiError(409, 'conflict', 'none of its updates has failed');
          if (await reader.isRetried(id)) throw new ApiError(409, 'conflict', 'another campaign tries them already');
          return begin({ ...settings, name, firmware, concurrency, stopAtFailureShare, retryOf: id, createdBy: principal?.actor }, { names }, true); // prettier-ignore
        }),
    }),
  ];
}

const csvColumns = Object.keys(campaignItemSchema.shape) as (keyof CampaignItem)[];

function csvRow(item: CampaignItem): (string | number | boolean | null)[] {
  return csvColumns.map((column) => {
    const value = item[column];
    return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
  });
}
