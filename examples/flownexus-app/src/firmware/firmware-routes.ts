import { z } from 'zod';
import { ApiError } from '../http/errors.ts';
import { ANSWERED, type Route, route } from '../http/route.ts';
import { listOf, pageCursor, pageLimit, storableText } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { type FirmwareItem, firmwareItemSchema } from './firmware-item.ts';
import { compare, type FirmwareRepository, type StoredPackage } from './firmware-repository.ts';
import { sendPackage } from './send-package.ts';

export const COLLECTION = '/api/v1/firmware';
export const TAG = 'Firmware';

const ITEM = `${COLLECTION}/{id}`;
const COLUMNS = ['id', 'version', 'fileName', 'size', 'sha256', 'notes', 'createdAt', 'createdBy', 'damage', 'downloadsStarted', 'downloadsCompleted', 'downloadedBytes'] as const; // prettier-ignore
const ID_LENGTH = 64;

const params = z.object({ id: storableText.min(1).max(ID_LENGTH) });
/** What people write about a package. */
export const notes = storableText.trim().min(1).max(limits.firmwareNotesLength);
/** `<createdAt>.<id>`. */
const cursor = pageCursor
  .regex(/^\d{1,16}\.[0-9a-f-]{36}$/, 'expected a nextCursor of the same list')
  .transform((text) => {
    const [createdAt, id = ''] = text.split('.');
    return { createdAt: Number(createdAt), id };
  });

export interface FirmwareRoutesOptions {
  readonly repository: FirmwareRepository;
  readonly itemOf: (stored: StoredPackage) => FirmwareItem;
  readonly folder: string;
}

/** `/api/v1/firmware`, but for the upload. */
export function firmwareRoutes({ repository, itemOf, folder }: FirmwareRoutesOptions): Route[] {
  const find = (id: string): StoredPackage => known(repository.byId(id), id);
  return [
    route({
      method: 'get',
      path: COLLECTION,
      operationId: 'listFirmware',
      summary: 'Firmware packages, the newest first',
      tag: TAG,
      access: 'read',
      query: z.strictObject({ limit: pageLimit, cursor: cursor.optional() }),
      answers: { 200: { description: 'A page of them', schema: listOf(firmwareItemSchema, 'FirmwareList') } },
      handle: ({ query: { limit, cursor: after } }) => {
        const rest = repository.list().filter((each) => after === undefined || compare(each, after) > 0);
        const page = rest.slice(0, limit);
        const last = page.at(-1);
        const nextCursor = last === undefined || page.length === rest.length ? null : `${last.createdAt}.${last.id}`;
        const items = page.map(itemOf);
        return { body: { items, nextCursor }, csv: { columns: COLUMNS, rows: items.map(csvRow) } };
      },
    }),
    route({
      method: 'get',
      path: ITEM,
      operationId: 'getFirmware',
      summary: 'A firmware package',
      tag: TAG,
      access: 'read',
      params,
      answers: { 200: { description: 'It', schema: firmwareItemSchema }, 404: { description: 'There is none' } },
      handle: ({ params: { id } }) => ({ body: itemOf(find(id)) }),
    }),
    route({
      method: 'get',
      path: `${ITEM}/file`,
      operationId: 'getFirmwareFile',
      summary: 'The bytes of a firmware package',
      description: 'Of a range, too (`Range`, RFC 9110).',
      tag: TAG,
      access: 'read',
      params,
      answers: {
        200: { description: 'The bytes', contentType: 'application/octet-stream' },
        206: { description: 'Those of the range', contentType: 'application/octet-stream' },
        404: { description: 'There is none' },
        410: { description: 'Its file can not be used any more' },
        416: { description: 'It has nothing of the range' },
      },
      handle: async ({ params: { id }, response }): Promise<typeof ANSWERED> => {
        const stored = find(id);
        response.attachment(stored.fileName);
        // What people fetch is no download by a device.
        await sendPackage(response, folder, stored, () => undefined);
        return ANSWERED;
      },
    }),
    route({
      method: 'patch',
      path: ITEM,
      operationId: 'changeFirmware',
      summary: 'Changes the notes of a firmware package',
      tag: TAG,
      access: 'operate',
      params,
      body: z.strictObject({ notes: notes.nullable() }).meta({ id: 'FirmwareChange' }),
      answers: { 200: { description: 'The package', schema: firmwareItemSchema }, 404: { description: 'There is none' } }, // prettier-ignore
      handle: async ({ params: { id }, body }) => {
        const stored = known(await repository.changeNotes(id, body.notes), id);
        return { body: itemOf(stored), audit: { version: stored.version } };
      },
    }),
    route({
      method: 'delete',
      path: ITEM,
      operationId: 'deleteFirmware',
      summary: 'Deletes a firmware package',
      tag: TAG,
      access: 'operate',
      params,
      answers: {
        204: { description: 'It is gone, also for devices that are just fetching it over CoAP' },
        404: { description: 'There is none' },
        409: { description: 'An update that is not over needs it' },
      },
      handle: async ({ params: { id } }) => {
        const { version } = find(id);
        if (!(await repository.delete(id))) known(undefined, id);
        return { status: 204, audit: { version } };
      },
    }),
  ];
}

function known(stored: StoredPackage | undefined, id: string): StoredPackage {
  if (stored === undefined) throw new ApiError(404, 'not-found', `there is no firmware package ${JSON.stringify(id)}`);
  return stored;
}

function csvRow({ downloads, ...item }: FirmwareItem): (string | number | null)[] {
  const { id, version, fileName, size, sha256, notes: text, createdAt, createdBy, damage } = item;
  const { started, completed, bytes } = downloads;
  return [id, version, fileName, size, sha256, text, createdAt, createdBy, damage, started, completed, bytes];
}
