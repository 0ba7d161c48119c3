import type { FirmwareUpdater } from '@flownexus/lwm2m-server';
import { z } from 'zod';
import type { Database } from '../database/open-database.ts';
import { ApiError } from '../http/errors.ts';
import type { Principal } from '../http/principal.ts';
import { type Reply, type Route, route } from '../http/route.ts';
import { endpointParams, listOf, pageLimit, queryFlag, storableText } from '../http/schemas.ts';
import type { Beginnings } from './beginnings.ts';
import type { FirmwareSource } from './firmware-source.ts';
import { formatUpdateMetadata } from './firmware-metadata.ts';
import { settingsBodyOf, toUpdateOptions, updateBody, type UpdateSettingsBody } from './update-body.ts';
import { phaseSchema, stateSchema, updateDetailSchema, type UpdateItem, updateItemSchema } from './update-item.ts';
import type { UpdateReader } from './update-reader.ts';
import { checkTarget } from './update-targets.ts';
import { callingUpdater } from './updater-errors.ts';

export const TAG = 'Firmware';
const COLLECTION = '/api/v1/firmware-updates';
const ITEM = `${COLLECTION}/{id}`;

export const idParams = z.object({ id: storableText.min(1).max(64) });
/** The position of a row. */
export const positionCursor = z
  .string()
  .regex(/^\d{1,15}$/, 'expected a nextCursor of the same list')
  .transform(Number)
  .optional()
  .meta({ description: '`nextCursor` of the page before', override: { type: 'string' } });

export interface UpdateRoutesOptions {
  readonly database: Database;
  readonly updater: Pick<FirmwareUpdater, 'update' | 'get' | 'cancel'>;
  readonly source: FirmwareSource;
  readonly reader: UpdateReader;
  readonly beginnings: Beginnings;
}

/** `/api/v1/firmware-updates` and `/api/v1/endpoints/{name}/firmware-updates`: updates of single endpoints, and what became of all. */
export function updateRoutes({ database, updater, source, reader, beginnings }: UpdateRoutesOptions): Route[] {
  const begin = async (
    endpoint: string,
    firmware: string,
    settings: UpdateSettingsBody,
    principal: Principal | undefined,
  ): Promise<Reply> => {
    await checkTarget(database, endpoint, beginnings);
    const { id } = await withPackage(source, firmware, ({ version }) => {
      const metadata = formatUpdateMetadata({ createdBy: principal?.actor, firmwareVersion: version });
      return callingUpdater(() => updater.update(endpoint, { ...toUpdateOptions(firmware, settings), metadata }));
    });
    return {
      status: 201,
      headers: { Location: `${COLLECTION}/${id}` },
      body: await reader.get(id),
      audit: { update: id, endpoint, firmware },
    };
  };
  const begun = {
    201: { description: 'It is stored, and begins', schema: updateDetailSchema },
    404: { description: 'No endpoint of that name is known' },
    409: { description: 'The endpoint has an update that is under way' },
    422: { description: 'There is no such package, or the endpoint has none of the Objects 5, 9 and 33629' },
  };
  const found = { 200: { description: 'It', schema: updateDetailSchema }, 404: { description: 'There is none' } };

  return [
    route({
      method: 'post',
      path: '/api/v1/endpoints/{name}/firmware-updates',
      operationId: 'updateFirmware',
      summary: 'Updates the firmware of an endpoint',
      description:
        'It goes on by itself until it is finished, whatever the device does meanwhile, and over a restart of the app: a device that sleeps or is away is updated when it ' +
        'comes back.',
      tag: TAG,
      access: 'operate',
      params: endpointParams,
      body: updateBody,
      answers: begun,
      handle: ({ params: { name }, body: { firmware, ...settings }, principal }) =>
        beginnings.run(() => begin(name, firmware, settings, principal)),
    }),
    route({
      method: 'get',
      path: COLLECTION,
      operationId: 'listFirmwareUpdates',
      summary: 'Firmware updates of all endpoints, the latest first',
      tag: TAG,
      access: 'read',
      query: z.strictObject({
        endpoint: endpointParams.shape.name.optional(),
        campaign: storableText.max(64).optional(),
        firmware: storableText.max(64).optional(),
        state: stateSchema.optional(),
        phase: phaseSchema.optional(),
        finished: queryFlag.optional(),
        limit: pageLimit,
        cursor: positionCursor,
      }),
      answers: {
        200: {
          description: 'A page of them; a table for who accepts text/csv',
          schema: listOf(updateItemSchema, 'FirmwareUpdateList'),
        },
      },
      handle: async ({ query: { limit, cursor, ...filters } }) => {
        const body = await reader.page(filters, { limit, cursor });
        return { body, csv: { columns: csvColumns, rows: body.items.map(csvRow) } };
      },
    }),
    route({
      method: 'get',
      path: ITEM,
      operationId: 'getFirmwareUpdate',
      summary: 'One update with its settings and its history',
      tag: TAG,
      access: 'read',
      params: idParams,
      answers: found,
      handle: async ({ params: { id } }) => ({ body: await reader.get(id) }),
    }),
    route({
      method: 'post',
      path: `${ITEM}/cancel`,
      operationId: 'cancelFirmwareUpdate',
      summary: 'Takes an update back',
      description:
        'A device that may have a part of the package is asked to throw that away. An installation that has begun goes on at the device.',
      tag: TAG,
      access: 'operate',
      params: idParams,
      answers: { ...found, 409: { description: 'It is finished already' } },
      handle: async ({ params: { id } }) => {
        await reader.get(id);
        if (!(await callingUpdater(() => updater.cancel(id))))
          throw new ApiError(409, 'conflict', 'it is finished already');
        return { body: await reader.get(id) };
      },
    }),
    route({
      method: 'post',
      path: `${ITEM}/retry`,
      operationId: 'retryFirmwareUpdate',
      summary: 'Tries an update that did not succeed once more',
      description: 'A new update with the same package and settings.',
      tag: TAG,
      access: 'operate',
      params: idParams,
      answers: { ...begun, 409: { description: 'It is not finished yet, or it has succeeded, or another is under way' } }, // prettier-ignore
      handle: async ({ params: { id }, principal }) => {
        const { finished, phase, endpoint, firmware } = await reader.get(id);
        if (!finished) throw new ApiError(409, 'conflict', 'it is not finished yet');
        if (phase === 'SUCCEEDED') throw new ApiError(409, 'conflict', 'it has succeeded');
        const update = await updater.get(id);
        if (update === undefined) throw new ApiError(404, 'not-found', 'there is no firmware update of that id');
        return beginnings.run(() => begin(endpoint, firmware, settingsBodyOf(update), principal));
      },
    }),
  ];
}

/** Begins an update with a package, which is not deleted before the update is stored. Rejects with an {@link ApiError} 422 when there is none of that id. */
export async function withPackage<T>(
  source: FirmwareSource,
  firmware: string,
  begin: (known: { readonly version: string }) => Promise<T>,
): Promise<T> {
  const begun = await source.using(firmware, begin);
  if (begun !== undefined) return begun;
  throw new ApiError(422, 'unknown-firmware', 'no firmware package of that id is known', [{ path: 'body.firmware', message: 'no firmware package of that id is known' }]); // prettier-ignore
}

const csvColumns = Object.keys(updateItemSchema.shape) as (keyof UpdateItem)[];

function csvRow(item: UpdateItem): (string | number | boolean | null)[] {
  return csvColumns.map((column) => item[column]);
}
